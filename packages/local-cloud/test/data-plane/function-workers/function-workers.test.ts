// Protects how invocations meet worker processes: how many there are, what they share, and the limits on time
// and size. Real processes; waiting is on their answers and exits only.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import type { FunctionVersion } from "../../../src/data-plane/function-workers/function-workers.ts";
import {
  REQUEST_BYTES_MAX,
  RESPONSE_BYTES_MAX,
} from "../../../src/data-plane/function-workers/limits.ts";
import { gone, isAlive } from "../../support/processes.ts";
import { openBenches, PID } from "../../support/worker-benches.ts";
import { messagesOf } from "../../support/worker-cloud.ts";

const startBench = openBenches();

describe("concurrency", () => {
  /** Each invocation answers only after another one has come to the meeting point, so both must run at once. */
  async function meetingPoint(expected: number) {
    const waiting: (() => void)[] = [];
    const server = createServer((_request, response) => {
      waiting.push(() => response.end());
      if (waiting.length === expected) for (const answer of waiting) answer();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
  }

  const MEET = [
    "import os, urllib.request",
    "def handler(event, context):",
    "  if event.get('url'):",
    "    urllib.request.urlopen(event['url']).read()",
    "  return os.getpid()",
    "",
  ].join("\n");

  it("runs invocations at the same time, each in a process of its own, and uses those again", async () => {
    const bench = startBench();
    const version = await bench.version({ "app.py": MEET });
    const point = await meetingPoint(3);
    const together = await Promise.all(
      [1, 2, 3].map(() => bench.invoke(version, { url: point.url })),
    );
    point.close();
    const pids = new Set(together.map(({ payload }) => payload));
    expect(pids.size).toBe(3);
    const later = [await bench.invoke(version), await bench.invoke(version)];
    expect(later[0]?.payload).toBe(later[1]?.payload);
    expect(pids).toContain(later[0]?.payload);
    expect(later[0]?.initDurationMs).toBeUndefined();
  });

  it("gives each worker a log stream of its own", async () => {
    const bench = startBench();
    const version = await bench.version({ "app.py": MEET });
    const point = await meetingPoint(2);
    await Promise.all([1, 2].map(() => bench.invoke(version, { url: point.url })));
    point.close();
    expect(new Set(bench.logs.map(({ stream }) => stream)).size).toBe(2);
  });

  it("keeps versions apart although their code is the same", async () => {
    const bench = startBench();
    const first = await bench.version({ "app.py": PID });
    const second: FunctionVersion = { ...first, key: "other", version: "4" };
    const answers = [await bench.invoke(first), await bench.invoke(second)];
    expect(answers[0]?.payload).not.toBe(answers[1]?.payload);
  });
});

describe("timeouts", () => {
  it.each([
    [
      "python3.13",
      "app.py",
      "app.handler",
      "def handler(event, context):\n  import time, os\n  print('working')\n  if event.get('hang'):\n    time.sleep(600)\n  return os.getpid()\n",
    ],
    [
      "nodejs24.x",
      "index.js",
      "index.handler",
      "exports.handler = async (event) => { console.log('working'); if (event.hang) for (;;); return process.pid; };",
    ],
  ])(
    "ends a %s function and the process group it started",
    async (runtime, file, handler, code) => {
      const bench = startBench();
      const version = await bench.version(
        { [file]: code },
        { runtime, handler, timeoutSeconds: 1 },
      );
      const first = await bench.invoke(version);
      const late = await bench.invoke(version, { hang: true });
      expect(late.functionError).toBe("Unhandled");
      expect(late.payload).toEqual({
        errorType: "Sandbox.Timedout",
        errorMessage: `RequestId: ${late.requestId} Error: Task timed out after 1.00 seconds`,
      });
      expect(late.durationMs).toBe(1000);
      expect(late.logTail).toContain("working");
      expect(late.logTail).toMatch(
        new RegExp(
          `Z ${late.requestId} Task timed out after 1\\.00 seconds\nEND RequestId: ${late.requestId}\n`,
        ),
      );
      expect(late.logTail).toContain("Duration: 1000.00 ms\tBilled Duration: 1000 ms\t");
      await gone(first.payload as number);
      expect((await bench.invoke(version)).payload).not.toBe(first.payload);
    },
  );

  it("ends the processes that a function left behind, with it", async () => {
    const bench = startBench();
    const version = await bench.version(
      {
        "app.py":
          "import subprocess\ndef handler(event, context):\n  print(subprocess.Popen(['sleep', '600']).pid)\n  while True: pass\n",
      },
      { timeoutSeconds: 1 },
    );
    const { logTail } = await bench.invoke(version);
    const child = Number(/^(\d+)$/m.exec(logTail)?.[1]);
    expect(child).toBeGreaterThan(0);
    await gone(child);
  });
});

describe("a slow init", () => {
  it("may use up the function's timeout after its own, and is then ended", async () => {
    const bench = startBench({ initTimeoutMs: 50 });
    const version = await bench.version(
      { "app.py": "print('loading')\nwhile True: pass\n" },
      { timeoutSeconds: 1 },
    );
    const answer = await bench.invoke(version);
    expect(answer.payload).toMatchObject({ errorType: "Sandbox.Timedout" });
    expect(answer.logTail).toContain("loading\n");
    expect(answer.logTail).toContain("Phase: init\tStatus: error\tError Type: Sandbox.Timedout");
  });
});

describe("payload limits", () => {
  it.each([
    [
      "python3.13",
      "app.py",
      "app.handler",
      "def handler(event, context):\n  return event if isinstance(event, str) else 'x' * event\n",
    ],
    [
      "nodejs24.x",
      "index.js",
      "index.handler",
      "exports.handler = async (event) => typeof event === 'string' ? event : 'x'.repeat(event);",
    ],
  ])("let 6 MB through and refuse more, for %s", async (runtime, file, handler, code) => {
    const bench = startBench();
    const version = await bench.version({ [file]: code }, { runtime, handler });
    const large = "y".repeat(REQUEST_BYTES_MAX - 2);
    expect((await bench.invoke(version, large)).payload).toBe(large);
    const most = await bench.invoke(version, RESPONSE_BYTES_MAX - 2);
    expect(most.payload).toHaveLength(RESPONSE_BYTES_MAX - 2);
    const over = await bench.invoke(version, RESPONSE_BYTES_MAX - 1);
    expect(over.functionError).toBe("Unhandled");
    expect(over.payload).toEqual({
      errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
      errorType: "Function.ResponseSizeTooLarge",
    });
    expect((await bench.invoke(version, "small")).payload).toBe("small");
  });
});

describe("keeping warm", () => {
  it("initialises workers ahead and spares them from the reaper", async () => {
    const bench = startBench({ reapIdleAfterMs: 1 });
    const version = await bench.version({
      "app.py":
        "import os\ndef handler(event, context):\n  return [os.getpid(), os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']]\n",
    });
    expect(await bench.workers.keepWarm(version, 1)).toEqual({ ready: 1, failure: undefined });
    const first = await bench.invoke(version);
    const [pid, type] = first.payload as [number, string];
    expect(type).toBe("provisioned-concurrency");
    expect(first.initDurationMs).toBeUndefined();
    // Another key's worker comes and is reaped; the warm one stays.
    const other = await bench.invoke(await bench.version({ "app.py": PID }));
    await gone(other.payload as number);
    expect(isAlive(pid)).toBe(true);
    await bench.workers.keepWarm(version, 0);
    await gone(pid);
  });

  it("replaces a warm worker that crashed", async () => {
    const bench = startBench();
    const version = await bench.version({
      "app.py":
        "import os\ndef handler(event, context):\n  if event.get('exit'): os._exit(1)\n  return os.getpid()\n",
    });
    await bench.workers.keepWarm(version, 1);
    const before = await bench.invoke(version);
    await bench.invoke(version, { exit: true });
    const after = await bench.invoke(version);
    expect(after.payload).not.toBe(before.payload);
    expect(after.functionError).toBeUndefined();
  });

  it("says why a function cannot be loaded, and stops trying", async () => {
    const bench = startBench();
    const version = await bench.version({ "app.py": "raise ValueError('no table')\n" });
    const { ready, failure } = await bench.workers.keepWarm(version, 2);
    expect(ready).toBe(0);
    expect(JSON.parse(Buffer.from(failure ?? []).toString())).toMatchObject({
      errorType: "ValueError",
      errorMessage: "no table",
    });
    const initialised = messagesOf(bench).filter((message) => message.startsWith("INIT_START"));
    expect(initialised).toHaveLength(2);
  });
});
