// Protects the machine: a burst starts no more processes than the limit, nobody who waits is forgotten, and
// workers that idle for one function make room for another. Real processes; waiting is on answers only.
import { describe, expect, it } from "vitest";
import { gone, isAlive } from "../../support/processes.ts";
import {
  type Place,
  ProcessPlaces,
} from "../../../src/data-plane/function-workers/process-places.ts";
import { openBenches, PID } from "../../support/worker-benches.ts";

const startBench = openBenches();

const PID_AFTER_A_WHILE =
  "import os, time\ndef handler(event, context):\n  time.sleep(0.05)\n  return os.getpid()\n";
const HANGS = "import time\ndef handler(event, context):\n  time.sleep(60)\n";

describe("a burst beyond the limit", () => {
  it("is served by as many processes as may live", async () => {
    const bench = startBench({ processesMax: 2 });
    const version = await bench.version({ "app.py": PID_AFTER_A_WHILE });
    const answers = await Promise.all(Array.from({ length: 8 }, () => bench.invoke(version)));
    expect(answers.map(({ functionError }) => functionError)).toEqual(answers.map(() => undefined));
    expect(new Set(answers.map(({ payload }) => payload)).size).toBe(2);
  });

  it("is served in order of arrival over all functions", async () => {
    const bench = startBench({ processesMax: 1 });
    const busy = await bench.version({ "app.py": PID_AFTER_A_WHILE });
    const other = await bench.version({ "app.py": PID });
    const order: string[] = [];
    const call = async (name: string, version: typeof busy) => {
      const { functionError } = await bench.invoke(version);
      order.push(functionError ?? name);
    };
    await bench.invoke(busy);
    await Promise.all([call("1", busy), call("2", busy), call("other", other), call("3", busy)]);
    expect(order).toEqual(["1", "2", "other", "3"]);
  });

  it("fails when no worker comes free within the function's timeout, and says why", async () => {
    const bench = startBench({ processesMax: 1 });
    const hanging = bench.invoke(await bench.version({ "app.py": HANGS }, { timeoutSeconds: 2 }));
    const late = await bench.version({ "app.py": PID }, { timeoutSeconds: 1 });
    const answer = await bench.invoke(late);
    expect(answer.functionError).toBe("Unhandled");
    expect(answer.payload).toEqual({
      errorType: "Headgate.NoFreeWorker",
      errorMessage:
        `RequestId: ${answer.requestId} Error: no worker process came free in 1 s: functions that run, ` +
        "or provisioned concurrency, take all 1 that the local cloud starts at once. " +
        "Send fewer requests at once, or provision less.",
    });
    expect((await hanging).functionError).toBe("Unhandled");
    expect((await bench.invoke(late)).functionError).toBeUndefined();
  });

  it("ends with the cloud", async () => {
    const bench = startBench({ processesMax: 1 });
    const hanging = bench.invoke(await bench.version({ "app.py": HANGS }));
    const waiting = bench
      .invoke(await bench.version({ "app.py": PID }))
      .catch((error: Error) => error.message);
    const failing = hanging.catch((error: Error) => error.message);
    await bench.workers.close();
    expect(await waiting).toBe("the function workers are closed");
    await failing;
  });
});

describe("room for another function", () => {
  it("is made by the worker that has been idle longest", async () => {
    const bench = startBench({ processesMax: 2 });
    const [first, second, third] = await Promise.all(
      [1, 2, 3].map(() => bench.version({ "app.py": PID })),
    );
    if (first === undefined || second === undefined || third === undefined) throw new Error();
    const oldest = (await bench.invoke(first)).payload as number;
    const younger = (await bench.invoke(second)).payload as number;
    expect((await bench.invoke(third)).functionError).toBeUndefined();
    expect(isAlive(oldest)).toBe(false);
    expect((await bench.invoke(second)).payload).toBe(younger);
  });

  it("is not made by provisioned workers: they stay", async () => {
    const bench = startBench({ processesMax: 1 });
    const provisioned = await bench.version({ "app.py": PID });
    expect(await bench.workers.keepWarm(provisioned, 1)).toEqual({ ready: 1, failure: undefined });
    const warm = (await bench.invoke(provisioned)).payload;
    const other = await bench.version({ "app.py": PID }, { timeoutSeconds: 1 });
    expect((await bench.invoke(other)).payload).toMatchObject({
      errorType: "Headgate.NoFreeWorker",
    });
    expect((await bench.invoke(provisioned)).payload).toBe(warm);
  });

  it("is not there for more provisioned workers than the limit", async () => {
    const bench = startBench({ processesMax: 2 });
    const version = await bench.version({ "app.py": PID }, { timeoutSeconds: 1 });
    const { ready, failure } = await bench.workers.keepWarm(version, 3);
    expect(ready).toBe(0);
    expect(JSON.parse(Buffer.from(failure ?? []).toString())).toMatchObject({
      errorType: "Headgate.NoFreeWorker",
    });
  });
});

describe("reaping", () => {
  it("keeps as many as are provisioned", async () => {
    const bench = startBench({ reapIdleAfterMs: 1 });
    const version = await bench.version({ "app.py": PID_AFTER_A_WHILE });
    await bench.workers.keepWarm(version, 1);
    const answers = await Promise.all([bench.invoke(version), bench.invoke(version)]);
    const pids = answers.map(({ payload }) => payload as number);
    const reaped = await Promise.race(pids.map((pid) => gone(pid).then(() => pid)));
    const kept = pids.find((pid) => pid !== reaped);
    expect((await bench.invoke(version)).payload).toBe(kept);
  });
});

describe("a burst that would start many processes at once", () => {
  it("is served by those that are there, while a few start", async () => {
    const bench = startBench({ startsMax: 1 });
    const version = await bench.version({ "app.py": PID });
    const answers = await Promise.all(Array.from({ length: 20 }, () => bench.invoke(version)));
    expect(answers.map(({ functionError }) => functionError)).toEqual(answers.map(() => undefined));
    expect(new Set(answers.map(({ payload }) => payload)).size).toBeLessThan(answers.length);
  });

  it("waits in line until one has started, or will never", () => {
    let evictions = 0;
    const places = new ProcessPlaces({ max: 3, startsMax: 1, evictIdle: () => void evictions++ });
    const given: [string, Place][] = [];
    const queue = (name: string) =>
      places.queue({ give: (place) => void given.push([name, place]) });
    const first = places.take();
    expect(places.take()).toBeUndefined();
    for (const name of ["b", "c", "d"]) queue(name);
    expect([given.length, evictions]).toEqual([0, 0]);
    first?.started();
    first?.started();
    expect(given.map(([name]) => name)).toEqual(["b"]);
    given[0]?.[1].free();
    expect(given.map(([name]) => name)).toEqual(["b", "c"]);
    given[1]?.[1].started();
    expect(given.map(([name]) => name)).toEqual(["b", "c", "d"]);
    given[2]?.[1].started();
    expect(places.isFull).toBe(true);
    queue("e");
    expect([given.length, evictions]).toEqual([3, 1]);
    first?.free();
    first?.free();
    expect(given.map(([name]) => name)).toEqual(["b", "c", "d", "e"]);
  });
});
