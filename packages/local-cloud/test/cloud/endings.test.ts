// Protects how the cloud ends: no function of its outlives it, a reset, or
// its sudden death.
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  type Runtime,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { gone, isAlive } from "../support/processes.ts";
import { zipOf } from "../support/worker-cloud.ts";
import { type ChildCloud, startChildCloud } from "./child-cloud.ts";

let scratch: string;
let cloud: ChildCloud;
beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), "headgate-endings-"));
  // A cloud that is killed leaves its unpacked functions behind; here they go with the folder.
  cloud = await startChildCloud({ env: { TMPDIR: scratch } });
});
afterEach(async () => {
  await cloud.end("SIGKILL");
  rmSync(scratch, { recursive: true });
});

/** Functions that tell their process and that of a child they start, then take a minute. */
const PYTHON = [
  "import os, subprocess, time",
  "def handler(event, context):",
  "    child = subprocess.Popen(['sleep', '60'])",
  "    with open(event + '.part', 'w') as file: file.write(f'{os.getpid()} {child.pid}')",
  "    os.rename(event + '.part', event)",
  "    time.sleep(60)",
].join("\n");
const NODE = [
  'import { spawn } from "node:child_process";',
  'import { renameSync, writeFileSync } from "node:fs";',
  "export const handler = async (event) => {",
  '  const child = spawn("sleep", ["60"]);',
  "  writeFileSync(`${event}.part`, `${process.pid} ${child.pid}`);",
  "  renameSync(`${event}.part`, event);",
  "  await new Promise((resolve) => setTimeout(resolve, 60_000));",
  "};",
].join("\n");

/** Starts one invocation of each kind; resolves with all their processes when they run. */
async function runBoth() {
  const Statement = [
    { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
  ];
  await cloud.client(IAMClient).send(
    new CreateRoleCommand({
      RoleName: "shop",
      AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }),
    }),
  );
  const kinds: readonly (readonly [Runtime, string, string])[] = [
    ["python3.13", "app.py", PYTHON],
    ["nodejs24.x", "app.mjs", NODE],
  ];
  const calls: Promise<unknown>[] = [];
  const pids: number[] = [];
  for (const [Runtime, file, text] of kinds) {
    const client = cloud.client(LambdaClient);
    const named = { FunctionName: file.replace(".", "-") };
    await client.send(
      new CreateFunctionCommand({
        ...named,
        Role: "arn:aws:iam::000000000000:role/shop",
        Runtime,
        Handler: "app.handler",
        Timeout: 120,
        Code: { ZipFile: await zipOf({ [file]: text }) },
      }),
    );
    await waitUntilFunctionActiveV2(
      { client, maxWaitTime: 20, minDelay: 0.05, maxDelay: 0.1 },
      named,
    );
    const marker = join(scratch, file);
    const Payload = Buffer.from(JSON.stringify(marker));
    calls.push(
      client.send(new InvokeCommand({ ...named, Payload })).then(
        (answer) => answer,
        (error: unknown) => error,
      ),
    );
    await vi.waitFor(() => expect(existsSync(marker)).toBe(true), 10_000);
    pids.push(...readFileSync(marker, "utf8").split(" ").map(Number));
  }
  expect(pids.map(isAlive)).toEqual([true, true, true, true]);
  return { pids, calls };
}

describe("running functions end", () => {
  it("with the cloud, when it is told to end", async () => {
    const { pids, calls } = await runBoth();
    const exitCode = await cloud.end("SIGTERM");
    await Promise.all(pids.map(gone));
    expect(exitCode).toBe(0);
    expect(cloud.complaints()).toBe("");
    for (const ending of await Promise.all(calls)) expect(ending).toBeInstanceOf(Error);
  });

  it("with a reset, and the cloud serves on", async () => {
    const { pids, calls } = await runBoth();
    const headers = { "x-headgate-admin": "1" };
    const reset = await fetch(`${cloud.url}/_headgate/reset`, { method: "POST", headers });
    expect(reset.status).toBe(200);
    await Promise.all(pids.map(gone));
    await Promise.all(calls);
    expect(cloud.complaints()).toBe("");
    const again = await fetch(`${cloud.url}/_headgate/health`);
    expect(await again.json()).toMatchObject({ status: "ready" });
  });

  it("with the cloud, when it is killed", async () => {
    const { pids } = await runBoth();
    await cloud.end("SIGKILL");
    await Promise.all(pids.map(gone));
    expect(pids.some(isAlive)).toBe(false);
  });
});
