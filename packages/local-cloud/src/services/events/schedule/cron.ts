import { dayOfMonth, dayOfWeek, type DayTest } from "./cron-days.ts";
import { numbersOf } from "./cron-field.ts";

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const FIRST_YEAR = 1970;
const LAST_YEAR = 2199;

/**
 * Minutes, hours, day of month, month, day of week, year; in UTC. One of the two days is "?". Undefined for text
 * that is none. Source: EventBridge user guide, "Cron expressions".
 */
export function parseCron(text: string): { next(afterMs: number): number | undefined } | undefined {
  const fields = /^cron\((.*)\)$/.exec(text)?.[1]?.trim().split(/\s+/) ?? [];
  const [minute = "", hour = "", dom = "", month = "", dow = "", year = ""] = fields;
  if (fields.length !== 6 || (dom === "?") === (dow === "?")) return undefined;
  const minutes = numbersOf(minute, { from: 0, to: 59 });
  const hours = numbersOf(hour, { from: 0, to: 23 });
  const months = numbersOf(month, { from: 1, to: 12, names: MONTHS });
  const years = numbersOf(year, { from: FIRST_YEAR, to: LAST_YEAR });
  const isDay = dow === "?" ? dayOfMonth(dom) : dayOfWeek(dow);
  if (!minutes || !hours || !months || !years || !isDay) return undefined;
  return { next: (afterMs) => nextTime({ minutes, hours, months, years, isDay }, afterMs) };
}

interface Cron {
  /** All sorted. */
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly months: readonly number[];
  readonly years: readonly number[];
  readonly isDay: DayTest;
}

function nextTime(cron: Cron, afterMs: number): number | undefined {
  const after = new Date(afterMs);
  for (const year of cron.years) {
    if (year < after.getUTCFullYear()) continue;
    for (const month of cron.months) {
      const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
      if (Date.UTC(year, month - 1, days + 1) <= afterMs) continue;
      for (let day = 1; day <= days; day++) {
        if (!cron.isDay({ year, month, day, days })) continue;
        const found = timeOfDay(cron, Date.UTC(year, month - 1, day), afterMs);
        if (found !== undefined) return found;
      }
    }
  }
  return undefined;
}

function timeOfDay({ hours, minutes }: Cron, dayMs: number, afterMs: number): number | undefined {
  for (const hour of hours) {
    for (const minute of minutes) {
      const atMs = dayMs + (hour * 60 + minute) * 60_000;
      if (atMs > afterMs) return atMs;
    }
  }
  return undefined;
}
