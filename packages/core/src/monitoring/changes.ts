/** What putting something changes. */
export type Change =
  | { readonly kind: "created" }
  | { readonly kind: "unchanged" }
  | { readonly kind: "changed"; readonly details: readonly string[] };

/**
 * @param before flat: what is compared, by the words that people are told.
 */
export function changeBetween(
  before: Readonly<Record<string, string>> | undefined,
  after: Readonly<Record<string, string>>,
): Change {
  if (before === undefined) return { kind: "created" };
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const details = names
    .filter((name) => before[name] !== after[name])
    .map((name) => `${name}: ${before[name] ?? "none"} → ${after[name] ?? "none"}`);
  return details.length === 0 ? { kind: "unchanged" } : { kind: "changed", details };
}
