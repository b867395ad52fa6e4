import {
  CreateAliasCommand,
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  type InvokeWithResponseStreamResponseEvent,
  UpdateAliasCommand,
} from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  arnOf,
  errorOf,
  FAILING_APP,
  type LambdaCloud,
  lambdaCloud,
  pythonApp,
} from "../lambda-cloud.ts";

// Protects Invoke as clients see it: statuses, headers, errors, and the draw of a weighted alias.
let test: LambdaCloud;
beforeAll(async () => {
  test = await lambdaCloud();
  await test.create("shop", { Publish: true }, pythonApp("one"));
  await test.publish("shop", pythonApp("two"));
  await test.create("failing", {}, FAILING_APP);
});
afterAll(() => test.close());

describe("RequestResponse", () => {
  it("answers 200 with the payload and the version that ran", async () => {
    const Payload = Buffer.from('{"order":7}');
    const answered = await test.invoke("shop", { Payload });
    expect(answered).toMatchObject({ StatusCode: 200, ExecutedVersion: "$LATEST" });
    expect(answered.FunctionError).toBeUndefined();
    expect(answered.LogResult).toBeUndefined();
    expect(answered.json).toEqual({
      answer: "two",
      version: "$LATEST",
      arn: arnOf("shop"),
      event: { order: 7 },
    });
    // Without a payload the event is an empty object.
    expect((await test.invoke("shop")).json?.event).toEqual({});
  });

  it("answers 200 for a function that failed, and says so in a header", async () => {
    const failed = await test.invoke("failing", { Payload: Buffer.from('{"fail":"on purpose"}') });
    expect(failed).toMatchObject({ StatusCode: 200, FunctionError: "Unhandled" });
    expect(failed.$metadata.httpStatusCode).toBe(200);
    expect(JSON.parse(failed.text)).toMatchObject({
      errorMessage: "on purpose",
      errorType: "ValueError",
    });
  });

  it("gives the last of the log when asked to, in base64", async () => {
    const { LogResult = "", $metadata } = await test.invoke("shop", { LogType: "Tail" });
    const log = Buffer.from(LogResult, "base64").toString("utf8");
    expect(log).toContain("Version: $LATEST\n");
    expect(log).toMatch(/^START RequestId: [0-9a-f-]{36}/m);
    expect(log).toContain(`REPORT RequestId: ${$metadata.requestId}`);
    expect(Buffer.byteLength(log)).toBeLessThanOrEqual(4096);
  });

  it("refuses a body that is not JSON, and one that is too large", async () => {
    for (const Payload of [Buffer.from("{order:7}"), Buffer.from([0x22, 0x87, 0x22])]) {
      expect(await errorOf(test.invoke("shop", { Payload }))).toMatchObject({
        name: "InvalidRequestContentException",
        status: 400,
        Type: "User",
        message: expect.stringMatching(/^Could not parse request body into json: /),
      });
    }
    const Payload = Buffer.from(`"${"x".repeat(6_291_456)}"`);
    expect(await errorOf(test.invoke("shop", { Payload }))).toMatchObject({
      name: "RequestTooLargeException",
      status: 413,
      message:
        "6291458 byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)",
    });
  });

  it("names what it did not find", async () => {
    const missing = { name: "ResourceNotFoundException", status: 404 };
    expect(await errorOf(test.invoke("nobody"))).toMatchObject({
      ...missing,
      message: `Function not found: ${arnOf("nobody")}`,
    });
    expect(await errorOf(test.invoke("shop", { Qualifier: "7" }))).toMatchObject({
      ...missing,
      message: `Function not found: ${arnOf("shop", "7")}`,
    });
  });
});

describe("InvokeWithResponseStream", () => {
  const stream = async (FunctionName: string) => {
    const output = await test.lambda.send(
      new InvokeWithResponseStreamCommand({ FunctionName, LogType: "Tail" }),
    );
    const events: InvokeWithResponseStreamResponseEvent[] = [];
    for await (const event of output.EventStream ?? []) events.push(event);
    return { ...output, events };
  };

  it("gives the payload and then the end", async () => {
    const { StatusCode, ExecutedVersion, events } = await stream("shop:1");
    expect([StatusCode, ExecutedVersion]).toEqual([200, "1"]);
    const [chunk, end] = events;
    const payload = Buffer.from(chunk?.PayloadChunk?.Payload ?? []).toString();
    expect(JSON.parse(payload)).toMatchObject({ answer: "one", version: "1" });
    expect(end?.InvokeComplete?.ErrorCode).toBeUndefined();
    expect(Buffer.from(end?.InvokeComplete?.LogResult ?? "", "base64").toString()).toContain("END");
  });

  it("tells of a failure at the end", async () => {
    const { StatusCode, events } = await stream("failing");
    expect(StatusCode).toBe(200);
    expect(events).toHaveLength(1);
    expect(events[0]?.InvokeComplete).toMatchObject({
      ErrorCode: "Unhandled",
      ErrorDetails: expect.stringContaining("ValueError"),
    });
  });
});

it("answers 204 to DryRun and runs nothing", async () => {
  const dry = await test.invoke("shop", { InvocationType: "DryRun" });
  expect(dry).toMatchObject({ StatusCode: 204, text: "" });
  expect(dry.ExecutedVersion).toBeUndefined();
});

describe("a weighted alias", () => {
  /** P(X <= k) for X binomial(n, p), summed in logarithms. */
  const binomialCdf = (k: number, n: number, p: number): number => {
    let logTerm = n * Math.log1p(-p);
    let sum = Math.exp(logTerm);
    for (let i = 0; i < k; i++) {
      logTerm += Math.log((n - i) / (i + 1)) + Math.log(p / (1 - p));
      sum += Math.exp(logTerm);
    }
    return sum;
  };

  it("splits by an independent draw per invocation", async () => {
    await test.lambda.send(
      new CreateAliasCommand({
        FunctionName: "shop",
        Name: "live",
        FunctionVersion: "1",
        RoutingConfig: { AdditionalVersionWeights: { 2: 0.1 } },
      }),
    );
    const N = 1000;
    const drawn: string[] = [];
    // Ten at a time: enough to be quick, few enough for a small machine.
    for (let batch = 0; batch < N / 10; batch++) {
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => test.invoke("shop", { Qualifier: "live" })),
      );
      for (const { ExecutedVersion = "", json } of answers) {
        expect(json?.version).toBe(ExecutedVersion);
        expect(json?.answer).toBe(ExecutedVersion === "2" ? "two" : "one");
        drawn.push(ExecutedVersion);
      }
    }
    const canary = drawn.filter((version) => version === "2").length;
    // Seeded, but requests interleave: a fair draw leaves these bounds once in a million runs.
    expect(binomialCdf(canary, N, 0.1)).toBeGreaterThan(5e-7);
    expect(1 - binomialCdf(canary - 1, N, 0.1)).toBeGreaterThan(5e-7);
  });

  it("sends nothing at weight 0 and everything at weight 1, and keeps the alias in the ARN", async () => {
    for (const [weight, version] of [
      [0, "1"],
      [1, "2"],
    ] as const) {
      await test.lambda.send(
        new UpdateAliasCommand({
          FunctionName: "shop",
          Name: "live",
          RoutingConfig: { AdditionalVersionWeights: { 2: weight } },
        }),
      );
      const answers = await Promise.all(Array.from({ length: 20 }, () => test.invoke("shop:live")));
      for (const { ExecutedVersion, json } of answers) {
        expect(ExecutedVersion).toBe(version);
        expect(json?.arn).toBe(arnOf("shop", "live"));
      }
    }
  });
});

it("needs a name that is a name", async () => {
  const invalid = new InvokeCommand({ FunctionName: "arn:aws:lambda:us-east-1:1@function:f" });
  expect(await errorOf(test.lambda.send(invalid))).toMatchObject({
    name: "ValidationException",
    message: expect.stringContaining("at 'functionName' failed to satisfy constraint"),
  });
});
