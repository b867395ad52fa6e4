// Protects how people write and read times.
import { expect, it } from "vitest";
import { formatDuration, parseDuration } from "../src/durations.ts";

it.each([
  ["500ms", 500],
  ["90s", 90_000],
  ["1h30m", 5_400_000],
  ["1.5s", 1500],
  ["2d", 172_800_000],
  ["", undefined],
  ["5", undefined],
  ["5x", undefined],
  ["5m 3", undefined],
  ["-5m", undefined],
])("reads %j as %s", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

it.each([
  [350, "350ms"],
  [2000, "2s"],
  [12_400, "12.4s"],
  [303_000, "5m 3s"],
  [3_900_000, "1h 5m"],
  [90_000_000, "1d 1h"],
  [60_000, "1m"],
])("writes %s as %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
