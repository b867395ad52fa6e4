import { describe, expect, it } from "vitest";
import { httpDelaysMs, managedDelayMs } from "../../../src/services/sns/delivery/retry-plan.ts";

// Protects when a failed delivery is tried again: AWS's phases, and its limits.

const POLICY = {
  minDelayTarget: 20,
  maxDelayTarget: 20,
  numRetries: 3,
  numMaxDelayRetries: 0,
  numNoDelayRetries: 0,
  numMinDelayRetries: 0,
  backoffFunction: "linear",
};
const seconds = (changes: Partial<typeof POLICY>) =>
  httpDelaysMs({ ...POLICY, ...changes }).map((delayMs) => delayMs / 1000);

describe("an HTTP endpoint", () => {
  it.each([
    ["by default", {}, [20, 20, 20]],
    ["never", { numRetries: 0 }, []],
    [
      "in phases",
      {
        numRetries: 4,
        numNoDelayRetries: 1,
        numMinDelayRetries: 1,
        numMaxDelayRetries: 1,
        maxDelayTarget: 60,
      },
      [0, 20, 20, 60],
    ],
    ["linearly", { minDelayTarget: 1, maxDelayTarget: 9, numRetries: 5 }, [1, 3, 5, 7, 9]],
    [
      "exponentially",
      { minDelayTarget: 1, maxDelayTarget: 16, numRetries: 5, backoffFunction: "exponential" },
      [1, 2, 4, 8, 16],
    ],
    ["no more often than it may", { numRetries: 2, numNoDelayRetries: 5 }, [0, 0]],
  ])("is tried again %s", (_how, changes, expected) => {
    expect(seconds(changes)).toEqual(expected);
  });

  it("is tried for an hour at most", () => {
    const delays = seconds({ minDelayTarget: 1000, maxDelayTarget: 1000, numRetries: 100 });
    expect(delays).toEqual([1000, 1000, 1000]);
  });
});

it("a function is tried 3 times at once, twice after a second, then slower and slower", () => {
  const delays = Array.from({ length: 16 }, (_, index) => managedDelayMs(index + 1));
  expect(delays.slice(0, 6)).toEqual([0, 0, 0, 1000, 1000, 1000]);
  expect(delays.slice(14)).toEqual([20_000, 20_000]);
  expect([managedDelayMs(100_015), managedDelayMs(100_016)]).toEqual([20_000, undefined]);
});
