export interface RampInput {
  readonly weightBps: number;
  /** U: 1 when nothing is known. */
  readonly riskBound: number;
  /** Of both versions together. */
  readonly requestsPerSecond: number;
  /** From a failure to the weight being back: bucket, delay of the counts, the controller's period, the platform. */
  readonly reactionMs: number;
  /** How many failed requests one reaction time may cost. */
  readonly failures: number;
  readonly minWeightBps: number;
  readonly maxWeightBps: number;
}

/** The most that a canary of which nothing is known may get. */
const UNPROVED_MAX_BPS = 1000;

/**
 * The weight at which a canary as bad as the risk bound allows costs `failures` requests before it is taken out.
 * Never below the present weight: a step back is a guard's business. Without a known request rate, or
 * a budget, it does not rise above the least weight.
 */
export function rampWeightBps(input: RampInput): number {
  const { weightBps, riskBound, minWeightBps } = input;
  const highest =
    riskBound >= 1 ? Math.min(input.maxWeightBps, UNPROVED_MAX_BPS) : input.maxWeightBps;
  const requests = (input.requestsPerSecond * input.reactionMs) / 1000;
  const isKnown = Number.isFinite(requests) && requests > 0 && input.failures > 0;
  // A bound of 0 divides to Infinity, which the highest weight cuts.
  const affordable = isKnown ? (10_000 * input.failures) / (requests * riskBound) : 0;
  const wanted = Math.min(Math.max(affordable, minWeightBps), highest);
  return Math.max(weightBps, Math.floor(wanted));
}
