import type { StateValue } from "../state.ts";

/** A period of the evaluation range: did its value breach the threshold, or was there none? */
export type Verdict = "breaching" | "ok" | "missing";

export type MissingData = "missing" | "ignore" | "breaching" | "notBreaching";

export interface Rule {
  /** N: EvaluationPeriods. */
  readonly periods: number;
  /** M: DatapointsToAlarm. */
  readonly toAlarm: number;
  readonly missingData: MissingData;
}

interface Decision {
  /** "retain": the alarm stays as it is. */
  readonly state: StateValue | "retain";
  /** Indices of the periods that were looked at: N of them, newest first. */
  readonly evaluated: readonly number[];
}

/**
 * CloudWatch looks at more periods than N, so that a late value does not make an alarm lapse.
 * Source: AWS docs, "Configuring how CloudWatch alarms treat missing data", whose examples use
 * N = 3 and a range of 5. Unverified: that the range is N + 2 for every N and period.
 */
export function evaluationRange(periods: number): number {
  return periods + 2;
}

/**
 * The state that the verdicts (oldest first) call for.
 *
 * The newest N real values decide when there are so many. With fewer, missing periods fill up, counted
 * as the alarm says. Source: AWS docs, "Configuring how CloudWatch alarms treat missing data", with
 * its tables and "Avoiding premature transitions to alarm state".
 */
export function decide(verdicts: readonly Verdict[], rule: Rule): Decision {
  const newestFirst = verdicts.map((_, index) => verdicts.length - 1 - index);
  const real = newestFirst.filter((index) => verdicts[index] !== "missing");
  const counted = real.slice(0, rule.periods);
  const filled = newestFirst
    .filter((index) => verdicts[index] === "missing")
    .slice(0, rule.periods - counted.length);
  const evaluated = [...counted, ...filled].sort((left, right) => right - left);
  const breaching = counted.filter((index) => verdicts[index] === "breaching").length;
  const fills = filled.length > 0 && rule.missingData === "breaching" ? filled.length : 0;

  if (breaching + fills >= rule.toAlarm) return { state: "ALARM", evaluated };
  const isConclusive =
    filled.length === 0 ||
    breaching < counted.length ||
    rule.missingData === "breaching" ||
    rule.missingData === "notBreaching";
  if (isConclusive) return { state: "OK", evaluated };
  return { state: onlyBreachingOrMissing(verdicts, counted, rule), evaluated };
}

/** No value is good and too few are bad; missing data says nothing either way. */
function onlyBreachingOrMissing(
  verdicts: readonly Verdict[],
  counted: readonly number[],
  rule: Rule,
): Decision["state"] {
  if (rule.missingData === "ignore") return "retain";
  const oldest = counted.at(-1);
  if (oldest === undefined) return "INSUFFICIENT_DATA";
  // Premature: the value that makes the picture clear may still arrive.
  const age = verdicts.length - oldest;
  return age >= rule.toAlarm ? "ALARM" : "retain";
}
