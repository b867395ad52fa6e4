import { matchesWildcard } from "../wildcard.ts";
import type { RequestKeys } from "./keys.ts";

/** Stand for a `*` and a `?` that are meant as such. From Unicode's private use area, so no request has them. */
const LITERAL = { star: "\uE000", mark: "\uE001" } as const;

/**
 * Puts the request's values in the place of variables: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`, and
 * `${*}`, `${?}`, `${$}` for the characters themselves.
 * Source: AWS docs, "IAM policy elements: Variables and tags".
 * @returns undefined when a variable has no value and no default: then the text matches nothing.
 */
export function withValues(text: string, keys: RequestKeys): string | undefined {
  if (!text.includes("${")) return text;
  let isKnown = true;
  const filled = text.replaceAll(
    /\$\{([^{},]+)(?:,\s*'([^']*)')?\}/g,
    (_all, name: string, byDefault: string | undefined) => {
      const key = name.trim();
      if (key === "*" || key === "?" || key === "$") return literal(key);
      const values = keys(key.toLowerCase());
      const value = values?.length === 1 ? values[0] : undefined;
      if (value === undefined && byDefault === undefined) isKnown = false;
      return literal(value ?? byDefault ?? "");
    },
  );
  return isKnown ? filled : undefined;
}

/** What a value says must not become a wildcard. */
function literal(value: string): string {
  return value.replaceAll("*", LITERAL.star).replaceAll("?", LITERAL.mark);
}

/** Takes back what `withValues` wrote for characters that are meant as such. */
export function plain(text: string): string {
  return text.replaceAll(LITERAL.star, "*").replaceAll(LITERAL.mark, "?");
}

/** Whether `text` is what a pattern with `*` and `?` describes; the pattern may come from `withValues`. */
export function isLike(pattern: string, text: string): boolean {
  if (pattern === "*") return true;
  const hasLiterals = pattern.includes(LITERAL.star) || pattern.includes(LITERAL.mark);
  return matchesWildcard(pattern, hasLiterals ? literal(text) : text, { oneCharacter: true });
}
