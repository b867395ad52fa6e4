// Protects time: alarms, retries and waits of the whole cloud hang on this order.
import { describe, expect, it } from "vitest";
import { virtualClock } from "../src/clock.ts";

const START_MS = 1_795_000_000_000;

function clockWithLog() {
  const errors: unknown[] = [];
  const clock = virtualClock(START_MS, (error) => void errors.push(error));
  const log: string[] = [];
  const note = (name: string) => () => void log.push(`${name}@${clock.nowMs() - START_MS}`);
  return { clock, log, note, errors };
}

describe("the virtual clock", () => {
  it("stands still until it is advanced", () => {
    const { clock } = clockWithLog();
    expect(clock.nowMs()).toBe(START_MS);
  });

  it("runs due tasks in the order of their times, each at its own time", async () => {
    const { clock, log, note } = clockWithLog();
    clock.schedule(START_MS + 300, note("c"));
    clock.schedule(START_MS + 100, note("a"));
    clock.schedule(START_MS + 100, note("b"));
    clock.schedule(START_MS + 301, note("late"));
    await clock.advance(300);
    expect(log).toEqual(["a@100", "b@100", "c@300"]);
    expect(clock.nowMs()).toBe(START_MS + 300);
  });

  it("runs tasks that tasks schedule, when they fall due on the way", async () => {
    const { clock, log, note } = clockWithLog();
    clock.schedule(START_MS + 100, () => {
      note("first")();
      clock.schedule(START_MS + 150, note("second"));
    });
    await clock.advance(200);
    expect(log).toEqual(["first@100", "second@150"]);
  });

  it("awaits each task before the next", async () => {
    const { clock, log, note } = clockWithLog();
    clock.schedule(START_MS + 1, async () => {
      await Promise.resolve();
      await Promise.resolve();
      note("slow")();
    });
    clock.schedule(START_MS + 2, note("next"));
    await clock.advance(2);
    expect(log).toEqual(["slow@1", "next@2"]);
  });

  it("lets what is running end before time moves", async () => {
    const { clock, log, note } = clockWithLog();
    clock.schedule(START_MS, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      note("began before")();
    });
    await Promise.resolve();
    clock.schedule(START_MS + 1, note("due"));
    await clock.advance(1);
    expect(log).toEqual(["began before@0", "due@1"]);
  });

  it("runs a task that is already due without being advanced", async () => {
    const { clock, log, note } = clockWithLog();
    clock.schedule(START_MS, note("now"));
    expect(log).toEqual([]);
    await Promise.resolve();
    expect(log).toEqual(["now@0"]);
  });

  it("does not run what was cancelled", async () => {
    const { clock, log, note } = clockWithLog();
    clock.schedule(START_MS + 1, note("cancelled")).cancel();
    await clock.advance(10);
    expect(log).toEqual([]);
  });

  it("goes on after a task that throws, and reports it", async () => {
    const { clock, log, note, errors } = clockWithLog();
    clock.schedule(START_MS + 1, () => {
      throw new Error("boom");
    });
    clock.schedule(START_MS + 2, note("after"));
    await clock.advance(5);
    expect(log).toEqual(["after@2"]);
    expect(errors).toEqual([new Error("boom")]);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuses to advance by %s", (byMs) => {
    const { clock } = clockWithLog();
    expect(() => clock.advance(byMs)).toThrow(`got ${byMs}`);
  });
});
