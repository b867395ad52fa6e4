/** How finely and how late a source counts. Milliseconds. */
export interface FeedTiming {
  readonly resolutionMs: number;
  readonly lagMs: number;
}

/** How often a ramp looks whether it may rise, at most. */
const CONTROL_MS = 5000;
/** From the decision to turn back until no request reaches the canary. Unverified for AWS. */
export const ACTUATION_MS = 5000;
/** How long a change of weight takes to be true everywhere, if the target does not say. Unverified for AWS. */
export const PROPAGATION_MS = 1000;
/** A ramp's rise smaller than this is not worth the moment in which the weight is not steady. */
export const WORTHWHILE = 1.25;
/** Past this share of the threshold a step's weight does not rise: the evidence is to fall again first, or to be enough. */
export const SUSPICIOUS = 0.5;
/** From here on a change of weight would spoil a good part of a bucket, so it waits for the next to begin. */
export const COARSE_MS = 10_000;

/** A rise is judged on counts, so no more often than there are new ones. */
export function controlMs({ resolutionMs }: Pick<FeedTiming, "resolutionMs">): number {
  return Math.max(CONTROL_MS, resolutionMs);
}

/** From a failed request to the moment in which no more can fail: bucket, delay, decision, effect. */
export function reactionMs(feed: FeedTiming): number {
  return feed.resolutionMs + feed.lagMs + ACTUATION_MS + controlMs(feed);
}

/** Data that is later than this is no longer waited for. */
export function graceMs({ resolutionMs, lagMs }: FeedTiming): number {
  return lagMs + resolutionMs + 5000;
}
