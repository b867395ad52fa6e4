// Protects the one way durations are written and read.
import { describe, expect, it } from "vitest";

import { formatDuration, parseDuration } from "../../src/index.ts";

describe("parseDuration", () => {
  it.each([
    ["500ms", 500],
    ["90s", 90_000],
    ["5m", 300_000],
    ["1.5h", 5_400_000],
    ["1h30m", 5_400_000],
    ["2d", 172_800_000],
    ["0s", 0],
  ])("reads %s", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(["", "5", "5 m", "m", "-5m", "5min", "1h 30m", "1e3s"])("refuses %j", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe("formatDuration", () => {
  it.each([0, 1, 999, 1000, 61_000, 3_600_000, 90_061_001])(
    "writes %d ms so that it is read back",
    (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    },
  );
});
