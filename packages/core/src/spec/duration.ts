import { z } from "zod";

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/** What a person may write for a duration, for messages. */
export const DURATION_EXPECTED = `a duration longer than 0, such as "90s", "5m", "1h30m" or "500ms"`;

/** Milliseconds for "90s", "5m", "1h30m", "500ms"; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(PART)) {
    totalMs += Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
  }
  return Math.round(totalMs);
}

/** "1h30m" for 5400000: the shortest text that {@link parseDuration} reads back; "0s" for nothing. */
export function formatDuration(ms: number): string {
  let restMs = Math.round(ms);
  let text = "";
  for (const unit of ["d", "h", "m", "s", "ms"] as const) {
    const amount = Math.floor(restMs / UNIT_MS[unit]);
    if (amount > 0) text += `${amount}${unit}`;
    restMs -= amount * UNIT_MS[unit];
  }
  return text === "" ? "0s" : text;
}

function durationOf(isAllowed: (ms: number) => boolean, expected: string) {
  return z
    .string({ error: expected })
    .regex(DURATION, { error: expected })
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms !== undefined && isAllowed(ms)) return ms;
      context.addIssue({ code: "custom", message: expected });
      return z.NEVER;
    });
}

/** Written as text, read as milliseconds; longer than 0. */
export const duration = durationOf((ms) => ms > 0, DURATION_EXPECTED);

/** As {@link duration}, and "0s" is allowed. */
export const durationOrZero = durationOf(() => true, `a duration, such as "0s", "90s" or "5m"`);
