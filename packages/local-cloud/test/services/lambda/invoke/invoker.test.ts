import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { InvokeRequest } from "../../../../src/data-plane/ports.ts";
import { PLACE, type TestCore, testCore } from "../cloud-core.ts";
import { arnOf, eventually, FAILING_APP, pythonApp } from "../lambda-cloud.ts";

// Protects what other services see: the `functions` port with resource policies, and what SNS gets.
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
  const sent = async () =>
    (await test.core.cloud.port("outbox"))
      .items()
      .map(({ body }) => JSON.parse(body) as { Message: string; MessageAttributes?: unknown });
  const sendEvent = () =>
    test.call("lambda", "Invoke", {
      FunctionName: "shop",
      InvocationType: "Event",
      Payload: Buffer.from('{"fail":"on purpose"}'),
    });
  const createTopic = async () => {
    await test.call("sns", "CreateTopic", { Name: "failures" });
    await test.call("sns", "Subscribe", {
      TopicArn: TOPIC,
      Protocol: "sqs",
      Endpoint: TOPIC.replace("sns", "sqs"),
    });
  };

  it("gets the event itself as dead letter, with what went wrong in the attributes", async () => {
    await createTopic();
    await test.create("shop", FAILING_APP, { DeadLetterConfig: { TargetArn: TOPIC } });
    await test.call("lambda", "PutFunctionEventInvokeConfig", {
      FunctionName: "shop",
      MaximumRetryAttempts: 0,
    });
    await sendEvent();
    await eventually(async () => expect(await sent()).toHaveLength(1));
    expect((await sent())[0]).toMatchObject({
      Message: '{"fail":"on purpose"}',
      MessageAttributes: {
        ErrorCode: { Type: "Number", Value: "200" },
        ErrorMessage: { Type: "String", Value: "on purpose" },
        RequestID: { Type: "String" },
      },
    });
    expect(test.samples("DeadLetterErrors", { FunctionName: "shop" })).toBeUndefined();
  });

  it("gets the record as failure destination", async () => {
    await createTopic();
    await test.create("shop", FAILING_APP);
    await test.call("lambda", "PutFunctionEventInvokeConfig", {
      FunctionName: "shop",
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: TOPIC } },
    });
    await sendEvent();
    await eventually(async () => expect(await sent()).toHaveLength(1));
    expect(JSON.parse((await sent())[0]?.Message ?? "")).toMatchObject({
      requestContext: { condition: "RetriesExhausted" },
      responsePayload: { errorMessage: "on purpose" },
    });
  });

  it("without the topic, the function's metrics say that nobody was told", async () => {
    await test.create("shop", FAILING_APP, { DeadLetterConfig: { TargetArn: TOPIC } });
    await test.call("lambda", "PutFunctionEventInvokeConfig", {
      FunctionName: "shop",
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: TOPIC } },
    });
    await sendEvent();
    await eventually(() => {
      expect(test.samples("DeadLetterErrors", { FunctionName: "shop" })?.sum).toBe(1);
    });
    expect(test.samples("DestinationDeliveryFailures", { FunctionName: "shop" })?.sum).toBe(1);
    expect(test.warnings.join()).toContain("Topic does not exist");
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
