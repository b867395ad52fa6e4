import type { HeaderMatch, PathMatch, RuleMatch } from "./routing.ts";

/** What rules look at. */
export interface MatchedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** By lower-case name; the values of a repeated header joined. */
  header(lowerCaseName: string): string | undefined;
}

/** The lowest number first. */
export function byPriority<Rule extends { readonly priority: number }>(
  rules: Iterable<Rule>,
): Rule[] {
  return [...rules].sort((left, right) => left.priority - right.priority);
}

/** Whether all conditions of a rule hold. Source: AWS docs, "Listener rules". */
export function matchesRule(match: RuleMatch, request: MatchedRequest): boolean {
  if (match.method !== undefined && match.method !== request.method) return false;
  if (match.path !== undefined && !matchesPath(match.path, request.path)) return false;
  return match.headers.every((header) => matchesHeader(header, request));
}

/** Unverified: that a prefix need not end at a slash. */
function matchesPath({ kind, value, caseSensitive }: PathMatch, path: string): boolean {
  const [wanted, given] = compared(value, path, caseSensitive);
  return kind === "exact" ? given === wanted : given.startsWith(wanted);
}

function matchesHeader(
  { name, kind, value, caseSensitive }: HeaderMatch,
  request: MatchedRequest,
): boolean {
  const actual = request.header(name.toLowerCase());
  if (actual === undefined) return false;
  const [wanted, given] = compared(value, actual, caseSensitive);
  switch (kind) {
    case "exact":
      return given === wanted;
    case "prefix":
      return given.startsWith(wanted);
    case "contains":
      return given.includes(wanted);
    default:
      return kind satisfies never;
  }
}

function compared(wanted: string, given: string, caseSensitive: boolean): [string, string] {
  return caseSensitive ? [wanted, given] : [wanted.toLowerCase(), given.toLowerCase()];
}
