// Protects how measured times are written.
import { expect, it } from "vitest";
import { formatElapsed } from "../src/elapsed.ts";

it.each([
  [0, "0s"],
  [350.4, "350ms"],
  [2000, "2s"],
  [12_430, "12.4s"],
  [60_000, "1m"],
  [303_200, "5m3s"],
  [3_900_000, "1h5m"],
  [90_000_000, "1d1h"],
])("writes %s ms as %s", (ms, text) => {
  expect(formatElapsed(ms)).toBe(text);
});
