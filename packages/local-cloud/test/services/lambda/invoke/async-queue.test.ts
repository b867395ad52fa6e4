import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  PutFunctionConcurrencyCommand,
  PutFunctionEventInvokeConfigCommand,
  type PutFunctionEventInvokeConfigCommandInput,
} from "@aws-sdk/client-lambda";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { arnOf, errorOf, eventually, type LambdaCloud, lambdaCloud } from "../lambda-cloud.ts";

// Protects asynchronous invocation on the virtual clock: retries, age, throttles, destinations, and that
// queued events survive the death of the cloud. Functions tell what they got by a line in a file.
let test: LambdaCloud;
let directory: string;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "headgate-async-"));
  test = await lambdaCloud({ clock: "virtual", dataDirectory: join(directory, "data") });
});
afterEach(async () => {
  await test.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Appends its event to the file `LINES`, and then fails unless the event says not to. */
const RECORDING_APP = [
  "import json, os",
  "def handler(event, context):",
  '    with open(os.environ["LINES"], "a") as lines:',
  '        lines.write(json.dumps(event) + "\\n")',
  '    if event.get("fail"):',
  '        raise ValueError("on purpose")',
  '    return {"ok": True}',
].join("\n");

const create = (name: string) =>
  test.create(
    name,
    { Environment: { Variables: { LINES: join(directory, name) } } },
    RECORDING_APP,
  );
const send = (name: string, event: unknown) =>
  test.invoke(name, { InvocationType: "Event", Payload: Buffer.from(JSON.stringify(event)) });
/** The events a function has been run with so far. */
function runs(name: string): Record<string, unknown>[] {
  try {
    const lines = readFileSync(join(directory, name), "utf8").trim().split("\n");
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  } catch {
    return [];
  }
}
const configure = (name: string, more: Partial<PutFunctionEventInvokeConfigCommandInput>) =>
  test.lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName: name, ...more }));
const runsBecome = (name: string, count: number) =>
  eventually(() => expect(runs(name)).toHaveLength(count));

describe("retries", () => {
  it("tries twice more, after one minute and then two, then tells the failure destination", async () => {
    await create("worker");
    await create("listener");
    await configure("worker", {
      DestinationConfig: { OnFailure: { Destination: arnOf("listener") } },
    });
    const accepted = await send("worker", { fail: true });
    expect(accepted).toMatchObject({ StatusCode: 202, text: "" });
    await runsBecome("worker", 1);
    await test.cloud.advance(59_999);
    expect(runs("worker")).toHaveLength(1);
    await test.cloud.advance(1);
    await runsBecome("worker", 2);
    await test.cloud.advance(119_999);
    expect(runs("worker")).toHaveLength(2);
    await test.cloud.advance(1);
    await runsBecome("worker", 3);
    await runsBecome("listener", 1);
    expect(runs("listener")[0]).toMatchObject({
      version: "1.0",
      requestContext: {
        requestId: accepted.$metadata.requestId,
        functionArn: arnOf("worker", "$LATEST"),
        condition: "RetriesExhausted",
        approximateInvokeCount: 3,
      },
      requestPayload: { fail: true },
      responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
      responsePayload: { errorMessage: "on purpose", errorType: "ValueError" },
    });
    await test.cloud.advance(3_600_000);
    expect(runs("worker")).toHaveLength(3);
  });

  it("tells the success destination, and nobody on failure", async () => {
    await create("worker");
    await create("listener");
    await configure("worker", {
      DestinationConfig: { OnSuccess: { Destination: arnOf("listener") } },
    });
    await send("worker", { order: 7 });
    await runsBecome("listener", 1);
    expect(runs("listener")[0]).toMatchObject({
      requestContext: { condition: "Success", approximateInvokeCount: 1 },
      requestPayload: { order: 7 },
      responseContext: { statusCode: 200, executedVersion: "$LATEST" },
      responsePayload: { ok: true },
    });
  });

  it("keeps to the configured number of attempts and to the maximum age", async () => {
    await create("worker");
    await create("listener");
    const DestinationConfig = { OnFailure: { Destination: arnOf("listener") } };
    await configure("worker", { MaximumRetryAttempts: 0, DestinationConfig });
    await send("worker", { fail: true });
    await runsBecome("listener", 1);
    // The first retry would come after 60 s: too late for an event that may be 60 s old at most.
    await configure("worker", { MaximumEventAgeInSeconds: 60, DestinationConfig });
    await send("worker", { fail: true });
    await runsBecome("worker", 2);
    await test.cloud.advance(60_000);
    await runsBecome("worker", 3);
    await runsBecome("listener", 2);
    const contexts = runs("listener").map(({ requestContext }) => requestContext);
    expect(contexts).toMatchObject([
      { condition: "RetriesExhausted", approximateInvokeCount: 1 },
      { condition: "EventAgeExceeded", approximateInvokeCount: 2 },
    ]);
  });
});

describe("throttles", () => {
  it("end an event at once when concurrency 0 is reserved", async () => {
    await create("worker");
    await create("listener");
    await configure("worker", {
      DestinationConfig: { OnFailure: { Destination: arnOf("listener") } },
    });
    await test.lambda.send(
      new PutFunctionConcurrencyCommand({
        FunctionName: "worker",
        ReservedConcurrentExecutions: 0,
      }),
    );
    await send("worker", { order: 7 });
    await runsBecome("listener", 1);
    const [record] = runs("listener");
    expect(record).toMatchObject({
      requestContext: { condition: "ZeroReservedConcurrency", approximateInvokeCount: 0 },
      requestPayload: { order: 7 },
    });
    expect(record).not.toHaveProperty("responsePayload");
    expect(runs("worker")).toHaveLength(0);
  });
});

describe("refusals", () => {
  it("happen before anything is queued", async () => {
    await create("worker");
    expect(await errorOf(send("nobody", {}))).toMatchObject({ name: "ResourceNotFoundException" });
    const large = await errorOf(send("worker", "x".repeat(1_048_576)));
    expect(large).toMatchObject({ name: "RequestTooLargeException", status: 413 });
    expect(runs("worker")).toHaveLength(0);
  });
});

describe("persistence", () => {
  it("goes on with a queued event after a restart", async () => {
    await create("worker");
    await send("worker", { fail: true });
    await runsBecome("worker", 1);
    await test.cloud.close();
    test = await lambdaCloudAgain();
    await test.cloud.advance(60_000);
    await runsBecome("worker", 2);
    expect(runs("worker")).toEqual([{ fail: true }, { fail: true }]);
  });

  /** The role is there already: only the cloud is started. */
  const lambdaCloudAgain = () =>
    lambdaCloud({ clock: "virtual", dataDirectory: join(directory, "data") }, "keep");
});
