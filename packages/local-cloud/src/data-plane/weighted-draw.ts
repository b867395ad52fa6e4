import type { Random } from "../random.ts";

/** Draws one for one request: its share is its weight over the sum of all. Undefined when all weigh nothing. */
export function drawByWeight<One extends { readonly weight: number }>(
  weighted: readonly One[],
  random: Random,
): One | undefined {
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return undefined;
  let drawn = random.int(total);
  return weighted.find(({ weight }) => (drawn -= weight) < 0);
}
