import { formatDuration } from "@headgate/core/duration";

/** A measured time, rounded to what a person reads: "350ms", "12.4s", "5m3s", "1h5m", "1d1h". */
export function formatElapsed(ms: number): string {
  if (ms < 1000) return formatDuration(ms);
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(1))}s`;
  const unitMs = ms < 3_600_000 ? 1000 : ms < 86_400_000 ? 60_000 : 3_600_000;
  return formatDuration(Math.round(ms / unitMs) * unitMs);
}
