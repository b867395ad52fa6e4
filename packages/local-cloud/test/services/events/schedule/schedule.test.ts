import { describe, expect, it } from "vitest";
import { parseSchedule } from "../../../../src/services/events/schedule/schedule.ts";

// Protects when a schedule fires, and which texts are none.

const AFTER = "2026-11-21T10:02:30Z";

const next = (text: string, after = AFTER) => {
  const afterMs = Date.parse(after);
  const atMs = parseSchedule(text).next(afterMs, Date.parse("2026-11-21T10:00:30Z"));
  return atMs === undefined ? undefined : new Date(atMs).toISOString().slice(0, 19);
};

describe("a schedule", () => {
  it.each([
    ["rate(5 minutes)", "2026-11-21T10:05:30"],
    ["rate(1 minute)", "2026-11-21T10:03:30"],
    ["rate(1 day)", "2026-11-22T10:00:30"],
    ["cron(0/15 * * * ? *)", "2026-11-21T10:15:00"],
    ["cron(0 10 * * ? *)", "2026-11-22T10:00:00"],
    ["cron(0 18 ? * MON-FRI *)", "2026-11-23T18:00:00"],
    ["cron(0 8 1 * ? *)", "2026-12-01T08:00:00"],
    ["cron(15 10 ? * 6L *)", "2026-11-27T10:15:00"],
    ["cron(0 2 ? * SAT#3 *)", "2026-12-19T02:00:00"],
    ["cron(0 0 L * ? *)", "2026-11-30T00:00:00"],
    ["cron(0 0 29W 11 ? *)", "2026-11-30T00:00:00"],
    ["cron(0/5 5 ? JAN 1-5 2027)", "2027-01-03T05:00:00"],
    ["cron(5,35 14 * * ? *)", "2026-11-21T14:05:00"],
    ["cron(15 10 ? * 6L 2002-2005)", undefined],
  ])("%s after a Saturday morning: %s", (text, expected) => {
    expect(next(text)).toBe(expected);
  });

  it("does not fire twice at the moment it fired", () => {
    expect(next("cron(0 10 * * ? *)", "2026-11-22T10:00:00Z")).toBe("2026-11-23T10:00:00");
    expect(next("rate(5 minutes)", "2026-11-21T10:05:30Z")).toBe("2026-11-21T10:10:30");
  });

  it.each([
    "rate(10 seconds)",
    "rate(1 minutes)",
    "rate(10 minute)",
    "rate(0 minutes)",
    "rate( 10 minutes )",
    " rate(10 minutes)",
    "cron(0 1 * * * *)",
    "cron(7 20 * * NOT *)",
    "cron(INVALID)",
    "cron(71 8 1 * ? *)",
    "cron(0 dummy ? * MON-FRI *)",
    "cron(0/0 8 1 * ? *)",
  ])("is not %j", (text) => {
    expect(() => parseSchedule(text)).toThrow("Parameter ScheduleExpression is not valid.");
  });
});
