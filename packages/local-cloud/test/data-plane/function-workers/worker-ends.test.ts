// Protects that no worker process outlives its use: idle, retired, crashed or orphaned, it ends. Real processes;
// waiting is on their exits only.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { gone, isAlive, reaped } from "../../support/processes.ts";
import { openBenches, PID } from "../../support/worker-benches.ts";

const startBench = openBenches();

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
    await reaped(first.payload as number);
    const second = await bench.invoke(version);
    expect(second.functionError).toBeUndefined();
    expect(second.payload).not.toBe(first.payload);
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
