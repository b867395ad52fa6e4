import type { FeedTiming } from "../analysis/timing.ts";
import { formatDuration } from "../duration.ts";
import { DUE_BEFORE_MS } from "../rollout/course.ts";
import type { CheckSpec, RolloutSpec } from "../spec/schema.ts";
import { backgroundChecks, comparisonOf } from "./plan.ts";
import { scheduleOfStrategy } from "./schedule.ts";

/** What of a platform's own course cannot be watched by counts that come as late as a source's do. */
export interface UnwatchedCourse {
  readonly detail: string;
  readonly hint: string;
}

/** The first weight's time, and the whole course's. Milliseconds. */
interface Times {
  readonly stepMs: number;
  readonly lastMs: number;
}

const MINUTE_MS = 60_000;

/**
 * Whether a platform that moves by itself moves before anything can be known of the weight before: a decision comes
 * shortly before each of its moves, and the newest count is then as old as the source is late.
 */
export function unwatchedCourse(spec: RolloutSpec, feed: FeedTiming): readonly UnwatchedCourse[] {
  const schedule = scheduleOfStrategy(spec.strategy) ?? [];
  const stepMs = schedule[1]?.afterMs;
  if (stepMs === undefined) return [];
  const times = { stepMs, lastMs: schedule.at(-1)?.afterMs ?? stepMs };
  const background = backgroundChecks(spec);
  return [
    ...comparedLate(spec, feed, times),
    ...spec.checks
      .filter(({ name, dryRun }) => background.includes(name) && !dryRun)
      .flatMap((check) => checkedLate(check, feed, times)),
  ];
}

/** One whole bucket has to be counted, and a weight comes at any moment of another. */
function comparedLate(
  spec: RolloutSpec,
  feed: FeedTiming,
  { stepMs, lastMs }: Times,
): readonly UnwatchedCourse[] {
  const comparison = comparisonOf(spec);
  if (comparison === undefined) return [];
  const knownMs = 2 * feed.resolutionMs + feed.lagMs;
  const neededMs = knownMs + DUE_BEFORE_MS;
  if (stepMs >= neededMs) return [];
  const known = `${told(feed)}, so that the first whole ${formatDuration(feed.resolutionMs)} of a weight may be known only after ${formatDuration(knownMs)}`;
  if (lastMs >= neededMs) {
    const detail = `${known}; CodeDeploy moves every ${formatDuration(stepMs)}: a fault is met at a weight that is up to ${Math.ceil(neededMs / stepMs)} moves higher`;
    return [{ detail, hint: hintFor(neededMs, "at each weight") }];
  }
  const then =
    comparison.underpowered === "promote"
      ? "what is bad goes out unproved"
      : "what is good is turned back too, for want of proof";
  const detail = `${known}; CodeDeploy has moved everything after ${formatDuration(lastMs)}: ${then}`;
  return [{ detail, hint: hintFor(neededMs, "before the last weight") }];
}

/** A check that is not measured yet holds every rise, and CodeDeploy cannot be held. */
function checkedLate(
  { name, window, interval, initialDelay }: CheckSpec,
  feed: FeedTiming,
  { stepMs }: Times,
): readonly UnwatchedCourse[] {
  const { resolutionMs, lagMs } = feed;
  const lengthMs = Math.ceil((window ?? interval) / resolutionMs) * resolutionMs;
  const firstMs = initialDelay + resolutionMs + lengthMs + lagMs;
  const neededMs = firstMs + DUE_BEFORE_MS;
  if (stepMs >= neededMs) return [];
  const detail = `${told(feed)}, so that check ${name}, over ${formatDuration(lengthMs)}, may be measured first after ${formatDuration(firstMs)}; CodeDeploy moves on after ${formatDuration(stepMs)}: what is good is turned back too, since the check is not measured yet`;
  return [{ detail, hint: hintFor(neededMs, "before the second weight") }];
}

function told({ resolutionMs, lagMs }: FeedTiming): string {
  return `requests are counted by ${formatDuration(resolutionMs)}, ${formatDuration(lagMs)} late`;
}

/** CodeDeploy has whole minutes. */
function hintFor(neededMs: number, where: string): string {
  const minutes = formatDuration(Math.ceil(neededMs / MINUTE_MS) * MINUTE_MS);
  return `Take a deployment configuration with ${minutes} or more ${where} (Headgate decides ${formatDuration(DUE_BEFORE_MS)} before each move), or count by the second: analysis.source.embedded or prometheus.`;
}
