// Protects the server against clients that break off, say nothing, or speak no HTTP.
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { deepEqual } from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { lambdaCloud } from "../services/lambda/lambda-cloud.ts";
import { startTestCloud, type TestCloud } from "../support/test-cloud.ts";
import { rawBytes } from "./raw-call.ts";

/** Says that it has begun, then takes its time. */
const SLOW = [
  "import time",
  "def handler(event, context):",
  "    open(event['marker'], 'w').close()",
  "    time.sleep(event['seconds'])",
].join("\n");

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(async () => {
  deepEqual(cloud.warnings, []);
  await cloud.close();
});

describe("a connection", () => {
  it("with bytes that are no HTTP is answered and closed", async () => {
    const inputs = ["1603010200010001fc0303", "00".repeat(64), "ff".repeat(64)].map((hex) =>
      Buffer.from(hex, "hex"),
    );
    for (const bytes of [
      ...inputs,
      "hello\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    ]) {
      expect(await rawBytes(cloud.port, bytes)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    }
    const header = `GET / HTTP/1.1\r\nHost: a\r\nX: ${"a".repeat(20_000)}\r\n\r\n`;
    expect(await rawBytes(cloud.port, header)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it("with a path that no URL has is answered", async () => {
    for (const path of ["/%zz/%00", "/../..", "//", "/_aws/nope", "/_aws/execute-api/x/%zz", "*"]) {
      const head = `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
      expect(await rawBytes(cloud.port, head)).toMatch(/^HTTP\/1\.1 40[34] /);
    }
  });

  it("that ends in the middle of a request harms nobody", async () => {
    const heads = [
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf",
      "POST /_aws/execute-api/a/b HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf",
      "POST /_headgate/advance HTTP/1.1\r\nHost: a\r\nx-headgate-admin: 1\r\nContent-Length: 9\r\n\r\n{",
      "POST / HTTP/1.1\r\nHo",
    ];
    for (const head of heads) {
      const socket = connect(cloud.port, "127.0.0.1");
      await new Promise<void>((resolve) => {
        socket.write(head, () => resolve());
      });
      socket.resetAndDestroy();
    }
    expect((await fetch(`${cloud.url}/_headgate/health`)).status).toBe(200);
  });
});

it("a client that goes away during an invocation leaves nothing behind", async () => {
  const scratch = mkdtempSync(join(tmpdir(), "headgate-away-"));
  const { cloud: own, lambda, create, close } = await lambdaCloud();
  await create("slow", {}, SLOW);
  const invoke = (marker: string, seconds: number, abortSignal?: AbortSignal) =>
    lambda.send(
      new InvokeCommand({
        FunctionName: "slow",
        Payload: Buffer.from(JSON.stringify({ marker: join(scratch, marker), seconds })),
      }),
      abortSignal === undefined ? {} : { abortSignal },
    );
  const aborter = new AbortController();
  const call = invoke("first", 1, aborter.signal);
  await vi.waitFor(() => expect(existsSync(join(scratch, "first"))).toBe(true), 10_000);
  aborter.abort();
  await expect(call).rejects.toMatchObject({ name: "AbortError" });
  const { FunctionError, StatusCode } = await invoke("second", 0);
  expect([StatusCode, FunctionError]).toEqual([200, undefined]);
  expect(own.warnings).toEqual([]);
  await close();
  rmSync(scratch, { recursive: true });
});

it("a thousand idle connections leave the cloud serving", async () => {
  const open = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect(cloud.port, "127.0.0.1", () => resolve(socket));
      socket.once("error", reject);
    });
  const sockets: Socket[] = [];
  try {
    for (let index = 0; index < 1000; index++) sockets.push(await open());
    for (let index = 0; index < 20; index++) {
      const { Functions } = await cloud.client(LambdaClient).send(new ListFunctionsCommand({}));
      expect(Functions).toEqual([]);
    }
  } finally {
    for (const socket of sockets) socket.destroy();
  }
});
