import type { BakeCounts, RequestCounts } from "./event.ts";
import { change, note } from "./turn.ts";
import type { Turn } from "./turn.ts";

/** How the bake's traffic compares with the same hours before: information, never proof. */
export function receiveBake(turn: Turn, { now, dayBefore, weekBefore }: BakeCounts): Turn {
  const before = [
    ...(dayBefore === undefined ? [] : [`a day before ${rateText(dayBefore)}`]),
    ...(weekBefore === undefined ? [] : [`a week before ${rateText(weekBefore)}`]),
  ];
  const during = now === undefined ? "no whole minute counted yet, or no requests" : rateText(now);
  const same =
    before.length === 0 ? "nothing to compare with in the same hours before" : before.join(", ");
  const text = `the bake: ${during}; ${same} (information only)`;
  return note(endReport(turn), "observed", text, {
    now: countsOf(now),
    dayBefore: countsOf(dayBefore),
    weekBefore: countsOf(weekBefore),
  });
}

export function receiveBakeUnreadable(turn: Turn, why: string): Turn {
  return note(
    endReport(turn),
    "trouble",
    `the bake cannot be compared with the hours before: ${why}`,
  );
}

function endReport(turn: Turn): Turn {
  return change(turn, { isBakeReported: true });
}

function countsOf(counts: RequestCounts | undefined) {
  return counts === undefined ? null : { requests: counts.requests, errors: counts.errors };
}

function rateText({ requests, errors }: RequestCounts): string {
  const percent = requests === 0 ? 0 : (100 * errors) / requests;
  return `${errors} errors in ${requests} requests (${Number(percent.toPrecision(2))}%)`;
}
