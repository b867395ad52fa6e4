import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it, onTestFinished } from "vitest";
import { groupUsage } from "../../../src/data-plane/tasks/processes/group-usage.ts";
import { reaped } from "../../support/processes.ts";

// Protects what tasks are said to use: each process group its own, however shortly after the last look it began.

async function startGroup(): Promise<number> {
  const script = "console.log('up'); setInterval(() => {}, 1000)";
  const child = spawn(process.execPath, ["-e", script], { detached: true });
  const pid = child.pid ?? 0;
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await reaped(pid);
  });
  await once(child.stdout, "data");
  return pid;
}

it("finds a group that began just now, and nobody in one that is not there", async () => {
  const first = await startGroup();
  expect(await groupUsage(first)).toMatchObject({ cpuMs: expect.any(Number) });
  const second = await startGroup();
  const [one, other] = [await groupUsage(first), await groupUsage(second)];
  expect(one?.memoryBytes).toBeGreaterThan(1_000_000);
  expect(other?.memoryBytes).toBeGreaterThan(1_000_000);
  expect(await groupUsage(2 ** 30)).toBeUndefined();
});
