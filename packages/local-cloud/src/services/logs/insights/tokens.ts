import { malformedQuery } from "../errors.ts";

export type TokenKind =
  | "field"
  | "word"
  | "number"
  | "duration"
  | "string"
  | "regex"
  | "symbol"
  | "end";

export interface Token {
  readonly kind: TokenKind;
  /** The meaning: without quotation marks, backticks or slashes. */
  readonly text: string;
  /** Offsets in the query; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
}

const SKIP = /(?:\s+|#[^\n]*)+/y;
const PATTERNS: readonly (readonly [TokenKind, RegExp])[] = [
  ["duration", /(\d+(?:ms|mo|[smhdwqy]))(?![\w.])/y],
  ["number", /(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w])/y],
  ["string", /"((?:[^"\\]|\\.)*)"/y],
  ["string", /'((?:[^'\\]|\\.)*)'/y],
  ["field", /`([^`]+)`/y],
  ["field", /(@[\w.:]+)/y],
  ["word", /([A-Za-z_$][\w$]*(?:\.[\w$@]+)*)/y],
  ["symbol", /(=~|!=|<=|>=|[|,()[\]=<>+\-*/%^])/y],
];
const REGEX = /\/((?:[^/\\\n]|\\.)+)\//y;

/** @throws {AwsError} MalformedQueryException, with the place in the query. */
export function tokensOf(query: string): Token[] {
  const tokens: Token[] = [];
  let at = skipBlank(query, 0);
  while (at < query.length) {
    const token = tokenAt(query, at, mayStartRegex(tokens.at(-1), tokens));
    if (token === undefined) throw unexpected(query, query[at] ?? "", at, at + 1);
    tokens.push(token);
    at = skipBlank(query, token.end);
  }
  tokens.push({ kind: "end", text: "<end>", start: query.length, end: query.length });
  return tokens;
}

function tokenAt(query: string, at: number, regexAllowed: boolean): Token | undefined {
  if (regexAllowed) {
    const text = matchAt(REGEX, query, at);
    if (text !== undefined) return { kind: "regex", text, start: at, end: REGEX.lastIndex };
  }
  for (const [kind, pattern] of PATTERNS) {
    const found = matchAt(pattern, query, at);
    if (found === undefined) continue;
    const text = kind === "string" ? found.replace(/\\(["'\\])/g, "$1") : found;
    return { kind, text, start: at, end: pattern.lastIndex };
  }
  return undefined;
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[1];
}

function skipBlank(query: string, at: number): number {
  SKIP.lastIndex = at;
  return SKIP.test(query) ? SKIP.lastIndex : at;
}

/** A slash divides, except after `like`, `=~` and in `parse`. */
function mayStartRegex(previous: Token | undefined, tokens: readonly Token[]): boolean {
  if (previous === undefined) return false;
  if (previous.text === "=~" || /^like$/i.test(previous.text)) return true;
  const command = tokens.findLastIndex(({ kind, text }) => kind === "symbol" && text === "|");
  return /^parse$/i.test(tokens[command + 1]?.text ?? "");
}

/** AWS's words for a query it cannot read. Source: quoted in public issue reports. */
export function unexpected(query: string, symbol: string, start: number, end: number): Error {
  const before = query.slice(0, start).split("\n");
  const position = before.at(-1)?.length ?? 0;
  return malformedQuery(
    `unexpected symbol found ${symbol} at line ${before.length} and position ${position}`,
    start,
    end,
  );
}
