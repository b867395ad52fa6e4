/** Chance with a seed: the same numbers on every machine. */
export class SeededChance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to below 1. Mulberry32, by Tommy Ettinger, in the public domain. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** How many of so many trials succeed. */
  binomial(trials: number, chance: number): number {
    if (chance <= 0) return 0;
    if (chance > 0.5) return trials - this.binomial(trials, 1 - chance);
    // Jumps from one success to the next.
    let successes = 0;
    let at = 0;
    for (;;) {
      at += Math.floor(Math.log(1 - this.next()) / Math.log1p(-chance)) + 1;
      if (at > trials) return successes;
      successes += 1;
    }
  }
}
