const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** What {@link parseDuration} reads. */
export const DURATION_PATTERN = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/** Milliseconds for "90s", "5m", "1h30m", "500ms"; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  if (!DURATION_PATTERN.test(text)) return undefined;
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
