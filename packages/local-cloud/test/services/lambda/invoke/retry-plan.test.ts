import { describe, expect, it } from "vitest";
import { type NextStep, nextStep } from "../../../../src/services/lambda/invoke/retry-plan.ts";
import type { AsyncEventRow, EventInvokeConfigRow } from "../../../../src/services/lambda/state.ts";

// Protects the plan of asynchronous retries: delays, counts, ages; a pure function.
const event: AsyncEventRow = {
  id: "1",
  functionName: "shop",
  qualifier: undefined,
  payload: Buffer.from("{}"),
  clientContext: undefined,
  traceId: undefined,
  queuedAtMs: 0,
  dueAtMs: 0,
  failures: 0,
  throttles: 0,
};
const config = (
  maximumRetryAttempts: number | undefined,
  maximumEventAgeSeconds?: number,
): EventInvokeConfigRow => ({
  functionName: "shop",
  qualifier: "$LATEST",
  maximumRetryAttempts,
  maximumEventAgeSeconds,
  onSuccess: undefined,
  onFailure: undefined,
  lastModifiedMs: 0,
});
const short = (step: NextStep) =>
  step.kind === "again" ? step.event.dueAtMs : `${step.condition} after ${step.event.failures}`;

describe("failures", () => {
  it("are retried one and two minutes after they ended", () => {
    expect(short(nextStep(event, "failed", undefined, 500))).toBe(60_500);
    const once = { ...event, failures: 1 };
    expect(short(nextStep(once, "failed", undefined, 70_000))).toBe(190_000);
    const twice = { ...event, failures: 2 };
    expect(short(nextStep(twice, "failed", undefined, 200_000))).toBe("RetriesExhausted after 3");
  });

  it("are retried as often and as long as configured", () => {
    expect(short(nextStep(event, "failed", config(0), 0))).toBe("RetriesExhausted after 1");
    expect(short(nextStep(event, "failed", config(1), 0))).toBe(60_000);
    expect(short(nextStep(event, "failed", config(undefined, 60), 0))).toBe(60_000);
    expect(short(nextStep(event, "failed", config(undefined, 60), 1))).toBe(
      "EventAgeExceeded after 1",
    );
  });
});

describe("throttles", () => {
  it("double from a second to five minutes", () => {
    const delays = [0, 1, 2, 8, 9, 20].map((throttles) =>
      short(nextStep({ ...event, throttles }, "throttled", undefined, 0)),
    );
    expect(delays).toEqual([1000, 2000, 4000, 256_000, 300_000, 300_000]);
  });

  it("end after six hours, or at once for a reservation of 0", () => {
    const sixHours = 21_600_000;
    const old = { ...event, throttles: 20 };
    expect(short(nextStep(old, "throttled", undefined, sixHours))).toBe("EventAgeExceeded after 0");
    expect(short(nextStep(event, "stopped", undefined, 0))).toBe("ZeroReservedConcurrency after 0");
  });

  it("start again after the function ran", () => {
    const step = nextStep({ ...event, throttles: 5 }, "failed", undefined, 0);
    expect(step.event.throttles).toBe(0);
  });
});
