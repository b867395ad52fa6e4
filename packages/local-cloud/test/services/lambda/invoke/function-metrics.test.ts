import { afterEach, beforeEach, expect, it } from "vitest";
import { PLACE, type TestCore, testCore } from "../cloud-core.ts";
import { eventually, FAILING_APP, pythonApp } from "../lambda-cloud.ts";

// Protects AWS/Lambda's metrics: every dimension set, zero samples of Errors, throttles on their own.
let test: TestCore;
beforeEach(async () => {
  test = await testCore();
});
afterEach(() => test.close());

const invoke = (FunctionName: string, Qualifier?: string) =>
  test.call("lambda", "Invoke", { FunctionName, Qualifier });
const sum = (metric: string, dimensions: Record<string, string>) =>
  test.samples(metric, dimensions)?.sum;

it("counts an invocation in the account, the function, the alias and the version that ran", async () => {
  await test.create("shop", pythonApp("one"), { Publish: true });
  await test.call("lambda", "CreateAlias", {
    FunctionName: "shop",
    Name: "live",
    FunctionVersion: "1",
  });
  await invoke("shop");
  await invoke("shop", "live");
  await invoke("shop", "live");
  await invoke("shop", "1");
  const FunctionName = "shop";
  for (const metric of ["Invocations", "Duration", "Errors"]) {
    const count = (dimensions: Record<string, string>) => test.samples(metric, dimensions)?.count;
    expect([metric, count({})]).toEqual([metric, 4]);
    expect(count({ FunctionName })).toBe(4);
    expect(count({ FunctionName, Resource: "shop" })).toBe(1);
    expect(count({ FunctionName, Resource: "shop:1" })).toBe(1);
    expect(count({ FunctionName, Resource: "shop:live" })).toBe(2);
    expect(count({ FunctionName, Resource: "shop:live", ExecutedVersion: "1" })).toBe(2);
    expect(count({ FunctionName, Resource: "shop:1", ExecutedVersion: "1" })).toBeUndefined();
  }
  expect(sum("Invocations", { FunctionName })).toBe(4);
  expect(sum("Errors", { FunctionName })).toBe(0);
  expect(test.samples("ConcurrentExecutions", {})?.max).toBe(1);
  expect(test.samples("UnreservedConcurrentExecutions", {})?.max).toBe(1);
  expect(test.samples("ConcurrentExecutions", { FunctionName })?.count).toBe(4);
});

it("counts failures as invocations and as errors", async () => {
  await test.create("failing", FAILING_APP);
  await invoke("failing");
  expect(sum("Invocations", { FunctionName: "failing" })).toBe(1);
  expect(sum("Errors", { FunctionName: "failing", Resource: "failing" })).toBe(1);
});

it("counts throttles as neither", async () => {
  await test.create("stopped", pythonApp("x"));
  await test.call("lambda", "PutFunctionConcurrency", {
    FunctionName: "stopped",
    ReservedConcurrentExecutions: 0,
  });
  await expect(invoke("stopped")).rejects.toMatchObject({ code: "TooManyRequestsException" });
  expect(sum("Throttles", { FunctionName: "stopped" })).toBe(1);
  expect(sum("Throttles", { FunctionName: "stopped", Resource: "stopped" })).toBe(1);
  expect(test.samples("Invocations", { FunctionName: "stopped" })).toBeUndefined();
});

it("counts events received, their age, and those that were given up", async () => {
  await test.create("failing", FAILING_APP);
  const send = { FunctionName: "failing", InvocationType: "Event" };
  await test.call("lambda", "Invoke", send);
  const FunctionName = "failing";
  await eventually(() => expect(sum("Errors", { FunctionName })).toBe(1));
  await test.clock.advance(60_000);
  await test.clock.advance(120_000);
  await eventually(() => expect(sum("AsyncEventsDropped", { FunctionName })).toBe(1));
  expect(sum("AsyncEventsReceived", { FunctionName })).toBe(1);
  expect(test.samples("AsyncEventAge", { FunctionName })).toMatchObject({
    count: 3,
    sum: 0 + 60_000 + 180_000,
  });
  expect(sum("Invocations", { FunctionName })).toBe(3);
});

it("counts a throttled event's attempts, a second after the first and doubling", async () => {
  await test.create("narrow", pythonApp("x"), { Publish: true });
  const FunctionName = "narrow";
  // All of the reservation is provisioned for version 1: nothing is left for $LATEST.
  await test.call("lambda", "PutProvisionedConcurrencyConfig", {
    FunctionName,
    Qualifier: "1",
    ProvisionedConcurrentExecutions: 1,
  });
  await test.call("lambda", "PutFunctionConcurrency", {
    FunctionName,
    ReservedConcurrentExecutions: 1,
  });
  const functions = await test.core.cloud.port("functions");
  await functions.invoke({
    ...PLACE,
    functionName: "narrow",
    payload: Buffer.from("{}"),
    invocationType: "Event",
  });
  const throttles = () => sum("Throttles", { FunctionName });
  await eventually(() => expect(throttles()).toBe(1));
  const expected = [1000, 2000, 4000];
  for (const [index, delayMs] of expected.entries()) {
    await test.clock.advance(delayMs - 1);
    expect(throttles()).toBe(index + 1);
    await test.clock.advance(1);
    expect(throttles()).toBe(index + 2);
  }
  await test.call("lambda", "DeleteFunctionConcurrency", { FunctionName });
  await test.clock.advance(8000);
  await eventually(() => expect(sum("Invocations", { FunctionName })).toBe(1));
});
