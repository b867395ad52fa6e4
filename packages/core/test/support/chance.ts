import type { Chance } from "./world.ts";

/** Numbers from a seed (mulberry32); used up after `length` of them. */
export function seededChance(
  seed: number,
  length: number,
): Chance & { readonly isUsedUp: boolean } {
  let state = seed >>> 0;
  let drawn = 0;
  return {
    int(below) {
      drawn += 1;
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
    },
    get isUsedUp() {
      return drawn >= length;
    },
  };
}
