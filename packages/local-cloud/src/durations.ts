const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of "500ms", "90s", "5m", "2h" or "1d"; undefined for anything else. */
export function parseDurationMs(text: string): number | undefined {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  const unitMs = UNIT_MS[found?.[2] ?? ""];
  return found === null || unitMs === undefined ? undefined : Number(found[1]) * unitMs;
}
