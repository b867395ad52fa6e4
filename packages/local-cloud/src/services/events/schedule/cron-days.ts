import { numberOf, numbersOf } from "./cron-field.ts";

/** Whether a day is one of a schedule's; `days` is how many the month has. */
export type DayTest = (date: {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly days: number;
}) => boolean;

const WEEK = { from: 1, to: 7, names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] };

/** 1 is Sunday. */
function weekday(year: number, month: number, day: number): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;
}

/** "1", "L" for the last, "15W" for the weekday next to the 15th. */
export function dayOfMonth(field: string): DayTest | undefined {
  if (field === "L") return ({ day, days }) => day === days;
  const near = /^(\d+)W$/.exec(field);
  if (near !== null) {
    const wanted = Number(near[1]);
    return ({ year, month, day, days }) =>
      wanted >= 1 && wanted <= days && day === nearestWeekday(year, month, wanted, days);
  }
  const numbers = numbersOf(field, { from: 1, to: 31 });
  return numbers && (({ day }) => numbers.includes(day));
}

/** Never in another month. */
function nearestWeekday(year: number, month: number, wanted: number, days: number): number {
  switch (weekday(year, month, wanted)) {
    case 7:
      return wanted > 1 ? wanted - 1 : wanted + 2;
    case 1:
      return wanted < days ? wanted + 1 : wanted - 2;
    default:
      return wanted;
  }
}

/** "MON-FRI", "6L" for the last Friday, "SAT#3" for the third Saturday. */
export function dayOfWeek(field: string): DayTest | undefined {
  if (field === "L") return ({ year, month, day }) => weekday(year, month, day) === 7;
  const last = /^(\w+)L$/.exec(field);
  if (last !== null) {
    const wanted = numberOf(last[1] ?? "", WEEK);
    if (wanted === undefined) return undefined;
    return ({ year, month, day, days }) => day > days - 7 && weekday(year, month, day) === wanted;
  }
  const nth = /^(\w+)#([1-5])$/.exec(field);
  if (nth !== null) {
    const wanted = numberOf(nth[1] ?? "", WEEK);
    if (wanted === undefined) return undefined;
    return ({ year, month, day }) =>
      Math.ceil(day / 7) === Number(nth[2]) && weekday(year, month, day) === wanted;
  }
  const numbers = numbersOf(field, WEEK);
  return numbers && (({ year, month, day }) => numbers.includes(weekday(year, month, day)));
}
