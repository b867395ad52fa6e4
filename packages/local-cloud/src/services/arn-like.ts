import { matchesWildcard } from "../wildcard.ts";

/**
 * `ArnLike`: the six parts of an ARN are compared one by one, so that a wildcard in one of the first five
 * does not run over a colon; `*` in the last part also matches "/" and ":". What is no ARN matches
 * nothing, but "*" alone matches everything.
 * Source: AWS docs, "IAM JSON policy elements: condition operators".
 */
export function matchesArn(pattern: string, arn: string): boolean {
  if (pattern === "*") return true;
  const wanted = arnParts(pattern);
  const given = arnParts(arn);
  if (wanted === undefined || given === undefined) return false;
  return wanted.every((part, index) =>
    matchesWildcard(part, given[index] ?? "", { oneCharacter: true }),
  );
}

/** Undefined for what has fewer than six. */
function arnParts(arn: string): readonly string[] | undefined {
  const parts = arn.split(":");
  return parts.length < 6 ? undefined : [...parts.slice(0, 5), parts.slice(5).join(":")];
}
