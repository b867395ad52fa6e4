import type {
  HeaderMatch as HeaderShape,
  RuleMatch as MatchShape,
} from "@aws-sdk/client-vpc-lattice";
import type { HeaderMatch, PathMatch, RuleMatch } from "../../data-plane/vpc-lattice/routing.ts";
import { invalid } from "./errors.ts";

const METHODS: readonly string[] = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "CONNECT",
  "OPTIONS",
  "TRACE",
  "PATCH",
];

/** @throws {AwsError} ValidationException. Unverified: that a match must name at least one condition. */
export function readMatch(given: MatchShape | undefined): RuleMatch {
  const { method, pathMatch, headerMatches = [] } = given?.httpMatch ?? {};
  if (method === undefined && pathMatch === undefined && headerMatches.length === 0) {
    throw invalid("A rule must match on a method, a path or a header", "match.httpMatch");
  }
  if (method !== undefined && !METHODS.includes(method)) {
    throw invalid(
      `The method ${method} is invalid. Valid: ${METHODS.join(", ")}`,
      "match.httpMatch.method",
    );
  }
  return { method, path: readPath(pathMatch), headers: headerMatches.map(readHeader) };
}

function readPath(
  given: NonNullable<NonNullable<MatchShape["httpMatch"]>["pathMatch"]> | undefined,
): PathMatch | undefined {
  if (given === undefined) return undefined;
  const { exact, prefix } = given.match ?? {};
  const value = exact ?? prefix;
  if (value === undefined) {
    throw invalid("A path match must be exact or prefix", "match.httpMatch.pathMatch");
  }
  const kind = exact === undefined ? "prefix" : "exact";
  return { kind, value, caseSensitive: given.caseSensitive ?? false };
}

function readHeader({ name = "", match, caseSensitive = false }: HeaderShape): HeaderMatch {
  const { exact, prefix, contains } = match ?? {};
  if (exact !== undefined) return { name, kind: "exact", value: exact, caseSensitive };
  if (prefix !== undefined) return { name, kind: "prefix", value: prefix, caseSensitive };
  if (contains !== undefined) return { name, kind: "contains", value: contains, caseSensitive };
  throw invalid(
    "A header match must be exact, prefix or contains",
    "match.httpMatch.headerMatches",
  );
}

export function matchShape({ method, path, headers }: RuleMatch): MatchShape {
  return {
    httpMatch: {
      method,
      pathMatch: path && {
        match: path.kind === "exact" ? { exact: path.value } : { prefix: path.value },
        caseSensitive: path.caseSensitive,
      },
      headerMatches: headers.length === 0 ? undefined : headers.map(headerShape),
    },
  };
}

function headerShape({ name, kind, value, caseSensitive }: HeaderMatch): HeaderShape {
  switch (kind) {
    case "exact":
      return { name, match: { exact: value }, caseSensitive };
    case "prefix":
      return { name, match: { prefix: value }, caseSensitive };
    case "contains":
      return { name, match: { contains: value }, caseSensitive };
    default:
      return kind satisfies never;
  }
}
