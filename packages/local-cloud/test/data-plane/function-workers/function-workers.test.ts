// Protects the life of worker processes: how many there are, what they share, when they end, and that none
// outlives the cloud. Real processes; waiting is on their answers and exits only.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { FunctionVersion } from "../../../src/data-plane/function-workers/function-workers.ts";
import {
  REQUEST_BYTES_MAX,
  RESPONSE_BYTES_MAX,
} from "../../../src/data-plane/function-workers/limits.ts";
import {
  messagesOf,
  type WorkerBench,
  type WorkerBenchOptions,
  workerBench,
} from "../../support/worker-cloud.ts";

const open: WorkerBench[] = [];
const startBench = (options?: WorkerBenchOptions) => {
  const bench = workerBench(options);
  open.push(bench);
  return bench;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((bench) => bench.close()));
});

const PID = "import os\ndef handler(event, context):\n  return os.getpid()\n";

/** A zombie counts as gone: it has ended, and only its parent has yet to look. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

const gone = (pid: number) =>
  vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 5000, interval: 10 });

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

describe("the end of workers", () => {
  it("comes after idleness", async () => {
    const bench = startBench({ reapIdleAfterMs: 1 });
    const version = await bench.version({ "app.py": PID });
    const { payload } = await bench.invoke(version);
    await gone(payload as number);
    expect((await bench.invoke(version)).payload).not.toBe(payload);
  });

  it("comes when their key is retired, for a busy one after its answer", async () => {
    const bench = startBench();
    const version = await bench.version({
      "app.py":
        "import os, sys\ndef handler(event, context):\n  sys.stdin.close()\n  return os.getpid()\n",
    });
    const warm = await bench.invoke(version);
    const busy = bench.invoke(version);
    bench.workers.retire(version.key);
    const answer = await busy;
    expect(answer.payload).toBe(warm.payload);
    expect(answer.functionError).toBeUndefined();
    await gone(warm.payload as number);
    expect((await bench.invoke(version)).payload).not.toBe(warm.payload);
  });

  it("comes with the cloud's: nothing is left running, and what ran ends as exited", async () => {
    const bench = startBench();
    const idle = await bench.invoke(await bench.version({ "app.py": PID }));
    const hanging = await bench.version({
      "app.py":
        "import os\ndef handler(event, context):\n  if event.get('hang'):\n    while True: pass\n  return os.getpid()\n",
    });
    const busyPid = (await bench.invoke(hanging)).payload as number;
    const busy = bench.invoke(hanging, { hang: true });
    const starting = bench
      .invoke(await bench.version({ "app.py": PID }))
      .catch((error: Error) => error.message);
    await bench.workers.close();
    expect((await busy).payload).toMatchObject({
      errorType: "Runtime.ExitError",
      errorMessage: expect.stringContaining("signal: killed"),
    });
    expect(isAlive(idle.payload as number)).toBe(false);
    expect(isAlive(busyPid)).toBe(false);
    expect(await starting).toBeDefined();
    await expect(bench.invoke(hanging)).rejects.toThrow("closed");
  });

  it("comes by itself when the cloud's process is killed", async () => {
    const support = new URL("../../support/worker-cloud.ts", import.meta.url).href;
    const script = `
      import { workerBench } from ${JSON.stringify(support)};
      const bench = workerBench();
      const python = await bench.version({ "app.py": ${JSON.stringify(PID)} });
      const code = "exports.handler = async () => process.pid;";
      const node = await bench.version({ "index.js": code }, { runtime: "nodejs24.x", handler: "index.handler" });
      const pids = [(await bench.invoke(python)).payload, (await bench.invoke(node)).payload];
      console.log(JSON.stringify([bench.cloud.options.scratchDirectory, ...pids]));
    `;
    const cloud = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(cloud.stdout, "data")) as [Buffer];
    const [scratch, ...pids] = JSON.parse(line.toString()) as [string, number, number];
    expect(pids.map(isAlive)).toEqual([true, true]);
    cloud.kill("SIGKILL");
    await Promise.all(pids.map(gone));
    rmSync(scratch, { recursive: true, force: true });
  });

  it("comes before their credentials end", async () => {
    const bench = startBench();
    const version = await bench.version({ "app.py": PID });
    const first = await bench.invoke(version);
    const nowMs = bench.cloud.clock.nowMs();
    const clock = vi.spyOn(bench.cloud.clock, "nowMs");
    clock.mockReturnValue(nowMs + 12 * 3600 * 1000);
    const second = await bench.invoke(version);
    expect(second.payload).not.toBe(first.payload);
    await gone(first.payload as number);
  });
});

describe("a crash between invocations", () => {
  it("is not seen by the next one", async () => {
    const bench = startBench();
    const version = await bench.version(
      {
        "index.js":
          "exports.handler = async () => { setImmediate(() => process.exit(1)); return process.pid; };",
      },
      { runtime: "nodejs24.x", handler: "index.handler" },
    );
    const first = await bench.invoke(version);
    await gone(first.payload as number);
    const second = await bench.invoke(version);
    expect(second.functionError).toBeUndefined();
    expect(second.payload).not.toBe(first.payload);
  });
});

describe("calls of the AWS SDK", () => {
  /** An STS that remembers who called. */
  async function startSts() {
    const callers: string[] = [];
    const server = createServer((request, response) => {
      callers.push(/Credential=([^/]+)/.exec(request.headers.authorization ?? "")?.[1] ?? "");
      response.setHeader("content-type", "text/xml");
      response.end(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>000000000000</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    return { endpoint: `http://127.0.0.1:${port}`, callers, close: () => server.close() };
  }

  const CODE = {
    "index.mjs": [
      "import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';",
      "const client = new STSClient();",
      "export const handler = async () => (await client.send(new GetCallerIdentityCommand())).Account;",
    ].join("\n"),
  };

  it("reach the cloud with the role's credentials", async () => {
    const sts = await startSts();
    const bench = startBench({ endpoint: sts.endpoint });
    const version = await bench.version(CODE, { runtime: "nodejs24.x", handler: "index.handler" });
    expect((await bench.invoke(version)).payload).toBe("000000000000");
    sts.close();
    expect(sts.callers).toHaveLength(1);
    expect(bench.cloud.identities.identify(sts.callers[0] ?? "").caller.arn).toBe(
      "arn:aws:sts::000000000000:assumed-role/orders-role/orders",
    );
  });
});

describe("what cannot run", () => {
  it("is the function's failure, with a reason", async () => {
    const bench = startBench();
    const version = await bench.version({ "App.class": "" }, { runtime: "java21" });
    const answer = await bench.invoke(version);
    expect(answer.functionError).toBe("Unhandled");
    expect(answer.payload).toEqual({
      errorType: "Runtime.InvalidEntrypoint",
      errorMessage: `RequestId: ${answer.requestId} Error: the local cloud cannot run java21 (it runs python3.*, nodejs*.x and provided.*)`,
    });
    expect(answer.logTail).toContain("the local cloud cannot run java21");
  });

  it("is a wrapper script that is not there, as on AWS", async () => {
    const bench = startBench();
    const version = await bench.version(
      { "app.py": PID },
      { environment: { AWS_LAMBDA_EXEC_WRAPPER: "/var/task/missing" } },
    );
    const answer = await bench.invoke(version);
    expect(answer.payload).toEqual({
      errorType: "Runtime.ExitError",
      errorMessage: `RequestId: ${answer.requestId} Error: Runtime exited with error: exit status 127`,
    });
  });

  it("does not keep a wrapper script from running what can", async () => {
    const bench = startBench();
    const version = await bench.version(
      {
        "app.py": "import os\ndef handler(event, context):\n  return os.environ['WRAPPED']\n",
        wrapper: { text: '#!/bin/sh\nexport WRAPPED=yes\nexec "$@"\n', mode: 0o755 },
      },
      { environment: { AWS_LAMBDA_EXEC_WRAPPER: "/var/task/wrapper" } },
    );
    expect((await bench.invoke(version)).payload).toBe("yes");
  });
});

describe("unpacked code", () => {
  it("is shared by versions with the same zip", async () => {
    const bench = startBench();
    const code = "import os\ndef handler(event, context):\n  return os.getcwd()\n";
    const first = await bench.version({ "app.py": code });
    const second = { ...first, key: "second" };
    await bench.workers.unpack(first.codeSha256);
    const answers = await Promise.all([bench.invoke(first), bench.invoke(second)]);
    expect(answers[0]?.payload).toBe(answers[1]?.payload);
    expect(answers[0]?.payload).toContain(first.codeSha256);
    expect(existsSync(answers[0]?.payload as string)).toBe(true);
  });
});
