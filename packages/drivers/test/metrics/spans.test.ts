// Protects which periods are read: none that is not over, none that CloudWatch has already merged away.
import { describe, expect, it } from "vitest";
import { alignWindow, hourlyPeriods, longPeriods, wholeBuckets } from "../../src/metrics/spans.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = 1000 * DAY;

describe("a window on whole periods", () => {
  it("follows the one before it without a gap or an overlap", () => {
    const first = alignWindow({ fromMs: 5_000, toMs: 125_000 }, MINUTE, 5 * MINUTE);
    const second = alignWindow({ fromMs: 125_000, toMs: 245_000 }, MINUTE, 5 * MINUTE);
    expect(first).toEqual({ fromMs: 0, toMs: 120_000, periodMs: MINUTE });
    expect(second.fromMs).toBe(first.toMs);
  });

  it("never holds a period that is not over", () => {
    const window = { fromMs: 60_000, toMs: 119_999 };
    expect(alignWindow(window, MINUTE, 2 * MINUTE)).toMatchObject({ toMs: 60_000 });
  });

  it.each([
    // The window's length, the resolution, its age, and the period: one that CloudWatch has.
    [MINUTE, SECOND, 0, SECOND],
    [30 * MINUTE, SECOND, 0, 5 * SECOND],
    [2 * HOUR, SECOND, 0, 5 * SECOND],
    [4 * HOUR, SECOND, 0, MINUTE],
    [MINUTE, SECOND, 3 * HOUR, MINUTE],
    [DAY, MINUTE, 0, MINUTE],
    [3 * DAY, MINUTE, 0, 3 * MINUTE],
    [HOUR, MINUTE, 20 * DAY, 5 * MINUTE],
    [DAY, MINUTE, 70 * DAY, HOUR],
  ])(
    "of %i ms counted by %i ms, %i ms old, is read by %i ms",
    (spanMs, resolutionMs, ageMs, periodMs) => {
      const toMs = NOW - ageMs;
      expect(alignWindow({ fromMs: toMs - spanMs, toMs }, resolutionMs, NOW).periodMs).toBe(
        periodMs,
      );
    },
  );
});

describe("whole buckets", () => {
  it("lie within the window at both ends", () => {
    const window = { fromMs: NOW - 1999, toMs: NOW - 1 };
    expect(wholeBuckets(window, SECOND, NOW)).toEqual({
      fromMs: NOW - SECOND,
      toMs: NOW - SECOND,
      periodMs: SECOND,
    });
    expect(wholeBuckets({ fromMs: NOW - 2 * MINUTE, toMs: NOW }, MINUTE, NOW)).toEqual({
      fromMs: NOW - 2 * MINUTE,
      toMs: NOW,
      periodMs: MINUTE,
    });
  });

  it("by the second begin where CloudWatch still has them, by the minute go back for days", () => {
    const window = { fromMs: NOW - 5 * HOUR, toMs: NOW };
    const bySecond = wholeBuckets(window, SECOND, NOW);
    expect(NOW - bySecond.fromMs).toBeLessThan(3 * HOUR);
    expect(NOW - bySecond.fromMs).toBeGreaterThan(2 * HOUR);
    expect(wholeBuckets(window, MINUTE, NOW).fromMs).toBe(window.fromMs);
  });
});

describe("a baseline's periods", () => {
  it("are one, up to a day", () => {
    expect(longPeriods({ fromMs: NOW - HOUR - 1, toMs: NOW - 1 }, NOW)).toEqual({
      fromMs: NOW - HOUR,
      toMs: NOW - MINUTE,
      periodMs: HOUR - MINUTE,
    });
    expect(longPeriods({ fromMs: NOW - 3 * DAY, toMs: NOW }, NOW).periodMs).toBe(DAY);
  });

  it("of old data are on the grid that is kept", () => {
    const { fromMs, toMs, periodMs } = longPeriods(
      { fromMs: NOW - 80 * DAY - 1, toMs: NOW - 80 * DAY + 150 * MINUTE },
      NOW,
    );
    expect([fromMs % HOUR, toMs % HOUR, periodMs]).toEqual([0, 0, 2 * HOUR]);
  });
});

describe("a history's periods", () => {
  it("are whole hours, and minutes in a short window", () => {
    const day = hourlyPeriods({ fromMs: NOW - DAY - 1, toMs: NOW - 1 }, NOW);
    expect(day).toEqual({ fromMs: NOW - DAY, toMs: NOW - HOUR, periodMs: HOUR });
    expect(hourlyPeriods({ fromMs: NOW - HOUR, toMs: NOW }, NOW).periodMs).toBe(MINUTE);
  });
});
