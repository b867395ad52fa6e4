import { validation } from "../errors.ts";
import { parseCron } from "./cron.ts";

export interface Schedule {
  /** The first time after `afterMs`; undefined when there is none any more. */
  next(afterMs: number, fromMs: number): number | undefined;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/**
 * "rate(5 minutes)", counted from when the rule was made or enabled, or "cron(0 12 * * ? *)" in UTC.
 * @throws {AwsError} ValidationException
 */
export function parseSchedule(text: string): Schedule {
  const schedule = rateOf(text) ?? parseCron(text);
  if (schedule === undefined) throw validation("Parameter ScheduleExpression is not valid.");
  return schedule;
}

/** One minute, but five minutes. */
function rateOf(text: string): Schedule | undefined {
  const found = /^rate\(([1-9]\d*) (minute|hour|day)(s?)\)$/.exec(text);
  const unitMs = UNIT_MS[found?.[2] ?? ""];
  const count = Number(found?.[1]);
  if (unitMs === undefined || (count === 1) !== (found?.[3] === "")) return undefined;
  const everyMs = count * unitMs;
  return {
    next: (afterMs, fromMs) => fromMs + (Math.floor((afterMs - fromMs) / everyMs) + 1) * everyMs,
  };
}
