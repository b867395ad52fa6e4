import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CloudEventOf } from "../../../../src/bus.ts";
import type { InvokeRequest } from "../../../../src/data-plane/ports.ts";
import { PLACE, type TestCore, testCore } from "../cloud-core.ts";
import { arnOf, eventually, FAILING_APP, pythonApp } from "../lambda-cloud.ts";

// Protects what other services see: the `functions` port with resource policies, SNS and alarms by the bus.
let test: TestCore;
beforeEach(async () => {
  test = await testCore();
});
afterEach(() => test.close());

const API = "arn:aws:execute-api:us-east-1:000000000000:abc123";

describe("the functions port", () => {
  const invoke = async (more: Partial<InvokeRequest>) => {
    const functions = await test.core.cloud.port("functions");
    return functions.invoke({
      ...PLACE,
      functionName: "shop",
      payload: Buffer.from("{}"),
      invocationType: "RequestResponse",
      ...more,
    });
  };
  const source = { principal: "apigateway.amazonaws.com", arn: `${API}/prod/GET/orders` };

  it("lets a service in only where a statement of that very resource allows it", async () => {
    await test.create("shop", pythonApp("one"), { Publish: true });
    await test.call("lambda", "CreateAlias", {
      FunctionName: "shop",
      Name: "prod",
      FunctionVersion: "1",
    });
    const denied = { kind: "refused", code: "AccessDeniedException", status: 403 };
    expect(await invoke({ source })).toMatchObject(denied);
    await test.call("lambda", "AddPermission", {
      FunctionName: "shop",
      Qualifier: "prod",
      StatementId: "api",
      Action: "lambda:InvokeFunction",
      Principal: "apigateway.amazonaws.com",
      SourceArn: `${API}/*/GET/*`,
      SourceAccount: "000000000000",
    });
    expect(await invoke({ source, qualifier: "prod" })).toMatchObject({
      kind: "answered",
      executedVersion: "1",
    });
    expect(await invoke({ source, functionName: arnOf("shop", "prod") })).toMatchObject({
      kind: "answered",
    });
    for (const other of [undefined, "1", "$LATEST"]) {
      expect(await invoke({ source, qualifier: other })).toMatchObject(denied);
    }
    const post = { ...source, arn: `${API}/prod/POST/orders` };
    expect(await invoke({ source: post, qualifier: "prod" })).toMatchObject(denied);
    // Without a source the caller is the account itself.
    expect(await invoke({})).toMatchObject({ kind: "answered" });
  });

  it("gives refusals as values", async () => {
    expect(await invoke({ functionName: "nobody" })).toMatchObject({
      kind: "refused",
      code: "ResourceNotFoundException",
      status: 404,
      message: `Function not found: ${arnOf("nobody")}`,
    });
  });
});

describe("SNS", () => {
  const TOPIC = "arn:aws:sns:us-east-1:000000000000:failures";
  const published = () => {
    const events: CloudEventOf<"topicPublish">[] = [];
    test.core.cloud.bus.subscribe("topicPublish", (event) => void events.push(event));
    return events;
  };
  const sendEvent = () =>
    test.call("lambda", "Invoke", {
      FunctionName: "shop",
      InvocationType: "Event",
      Payload: Buffer.from('{"fail":"on purpose"}'),
    });

  it("gets the event itself as dead letter, with what went wrong in the attributes", async () => {
    await test.create("shop", FAILING_APP, { DeadLetterConfig: { TargetArn: TOPIC } });
    await test.call("lambda", "PutFunctionEventInvokeConfig", {
      FunctionName: "shop",
      MaximumRetryAttempts: 0,
    });
    const events = published();
    await sendEvent();
    await eventually(() => expect(events).toHaveLength(1));
    expect(events[0]).toMatchObject({
      ...PLACE,
      topicArn: TOPIC,
      message: '{"fail":"on purpose"}',
      attributes: { ErrorCode: "200", ErrorMessage: "on purpose", RequestID: expect.any(String) },
    });
  });

  it("gets the record as failure destination", async () => {
    await test.create("shop", FAILING_APP);
    await test.call("lambda", "PutFunctionEventInvokeConfig", {
      FunctionName: "shop",
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: TOPIC } },
    });
    const events = published();
    await sendEvent();
    await eventually(() => expect(events).toHaveLength(1));
    expect(JSON.parse(events[0]?.message ?? "")).toMatchObject({
      requestContext: { condition: "RetriesExhausted" },
      responsePayload: { errorMessage: "on purpose" },
    });
  });

  it("is the only queue there is: others are warned about, not forgotten in silence", async () => {
    const queue = TOPIC.replace("sns", "sqs");
    await test.create("shop", FAILING_APP, { DeadLetterConfig: { TargetArn: queue } });
    await test.call("lambda", "PutFunctionEventInvokeConfig", {
      FunctionName: "shop",
      MaximumRetryAttempts: 0,
    });
    await sendEvent();
    await eventually(() => expect(test.warnings).toHaveLength(1));
    expect(test.warnings[0]).toContain(queue);
  });
});

describe("alarms", () => {
  const ALARM = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors";
  const fire = () =>
    test.core.cloud.bus.publish({
      kind: "alarmAction",
      ...PLACE,
      actionArn: arnOf("shop"),
      alarmArn: ALARM,
      oldState: "OK",
      newState: "ALARM",
      subject: "ALARM",
      message: "{}",
      lambdaEvent: { alarmArn: ALARM },
    });

  it("invoke the function they name, when its policy lets CloudWatch", async () => {
    await test.create("shop", pythonApp("one"));
    fire();
    await eventually(() => expect(test.warnings).toHaveLength(1));
    expect(test.warnings[0]).toContain("no resource-based policy allows");
    await test.call("lambda", "AddPermission", {
      FunctionName: "shop",
      StatementId: "alarm",
      Action: "lambda:InvokeFunction",
      Principal: "lambda.alarms.cloudwatch.amazonaws.com",
      SourceArn: ALARM,
    });
    fire();
    await eventually(() => expect(test.invocations("shop")).toBe(1));
    expect(test.warnings).toHaveLength(1);
  });
});
