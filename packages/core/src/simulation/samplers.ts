import { logFactorial } from "./log-factorial.ts";
import type { Random } from "./random.ts";

/** Below this mean walking through the distribution is cheaper than rejecting. */
const WALK_BELOW = 10;

/** A draw from the Poisson distribution. */
export function poisson(random: Random, mean: number): number {
  if (mean <= 0) return 0;
  return mean < WALK_BELOW ? poissonByWalk(random, mean) : poissonByRejection(random, mean);
}

/** A draw from the binomial distribution: successes of `trials`, each with the chance `share`. */
export function binomial(random: Random, trials: number, share: number): number {
  if (trials <= 0 || share <= 0) return 0;
  if (share >= 1) return trials;
  if (share > 0.5) return trials - binomial(random, trials, 1 - share);
  return trials * share < WALK_BELOW
    ? binomialByWalk(random, trials, share)
    : binomialByRejection(random, trials, share);
}

function poissonByWalk(random: Random, mean: number): number {
  let left = random();
  let chance = Math.exp(-mean);
  let count = 0;
  while (left > chance && chance > 0) {
    left -= chance;
    count += 1;
    chance *= mean / count;
  }
  return count;
}

/** Source: Hörmann, The transformed rejection method for generating Poisson random variables (1993), PTRS. */
function poissonByRejection(random: Random, mean: number): number {
  const logMean = Math.log(mean);
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const logInverseAlpha = Math.log(1.1239 + 1.1328 / (b - 3.4));
  const squeeze = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = random() - 0.5;
    const v = random();
    const edge = 0.5 - Math.abs(u);
    const count = Math.floor(((2 * a) / edge + b) * u + mean + 0.43);
    if (edge >= 0.07 && v <= squeeze) return count;
    if (count < 0 || (edge < 0.013 && v > edge)) continue;
    const height = Math.log(v) + logInverseAlpha - Math.log(a / (edge * edge) + b);
    if (height <= count * logMean - mean - logFactorial(count)) return count;
  }
}

function binomialByWalk(random: Random, trials: number, share: number): number {
  const odds = share / (1 - share);
  let left = random();
  let chance = Math.exp(trials * Math.log1p(-share));
  let count = 0;
  while (left > chance && count < trials) {
    left -= chance;
    count += 1;
    chance *= (odds * (trials - count + 1)) / count;
  }
  return count;
}

/** Source: Hörmann, The generation of binomial random variates (1993), BTRS. `share` is at most a half. */
function binomialByRejection(random: Random, trials: number, share: number): number {
  const spread = Math.sqrt(trials * share * (1 - share));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * share;
  const centre = trials * share + 0.5;
  const squeeze = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * spread;
  const logOdds = Math.log(share / (1 - share));
  const mode = Math.floor((trials + 1) * share);
  const atMode = logFactorial(mode) + logFactorial(trials - mode);
  for (;;) {
    const u = random() - 0.5;
    const v = random();
    const edge = 0.5 - Math.abs(u);
    const count = Math.floor(((2 * a) / edge + b) * u + centre);
    if (edge >= 0.07 && v <= squeeze) return count;
    if (count < 0 || count > trials) continue;
    const height = Math.log((v * alpha) / (a / (edge * edge) + b));
    const density = atMode - logFactorial(count) - logFactorial(trials - count);
    if (height <= density + (count - mode) * logOdds) return count;
  }
}
