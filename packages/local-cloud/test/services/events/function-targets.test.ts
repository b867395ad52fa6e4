import { afterEach, beforeEach, expect, it } from "vitest";
import { eventually } from "../lambda/lambda-cloud.ts";
import { PLACE, testCore, type TestCore } from "../lambda/cloud-core.ts";

// Protects a rule's function: it runs with the event when its policy lets this rule in, and not otherwise.

const ARN = "arn:aws:lambda:us-east-1:000000000000:function:hear";
const RULE = "arn:aws:events:us-east-1:000000000000:rule/orders";
const APP = "def handler(event, context):\n    print('heard ' + event['detail']['order'])\n";

let test: TestCore;
beforeEach(async () => {
  test = await testCore();
  await test.create("hear", APP);
  await events("PutRule", { Name: "orders", EventPattern: '{"source": ["shop"]}' });
  await events("PutTargets", { Rule: "orders", Targets: [{ Id: "1", Arn: ARN }] });
});
afterEach(() => test.close());

async function events(operation: string, input: object): Promise<void> {
  const { handlers } = await test.core.service("events");
  const caller = { accessKeyId: "test", arn: "arn:aws:iam::000000000000:root", userId: "" };
  const context = { ...PLACE, operation, requestId: "1", caller, signal: AbortSignal.any([]) };
  await handlers[operation]?.(input, context);
}

const order = (id: string) =>
  events("PutEvents", {
    Entries: [{ Source: "shop", DetailType: "order", Detail: JSON.stringify({ order: id }) }],
  });
const allow = (SourceArn: string, StatementId: string) =>
  test.call("lambda", "AddPermission", {
    FunctionName: "hear",
    StatementId,
    Action: "lambda:InvokeFunction",
    Principal: "events.amazonaws.com",
    SourceArn,
  });

it("runs when its policy lets the rule in", async () => {
  await order("lost");
  await allow(`${RULE}-other`, "other");
  await order("lost too");
  await test.clock.advance(0);
  expect(test.warnings).toEqual([
    expect.stringContaining(`No statement of the function's policy lets events.amazonaws.com`),
  ]);
  await allow(RULE, "ours");
  await order("7");
  await test.clock.advance(0);
  // The function runs in a process of its own, in its own time.
  await eventually(() => expect(heard()).toEqual(["heard 7"]));
  expect(test.invocations("hear")).toBe(1);
});

function heard(): string[] {
  const query = { order: "oldestFirst" } as const;
  const lines = [...test.core.cloud.logs.read(PLACE, "/aws/lambda/hear", query)];
  return lines.map(({ message }) => message.trim()).filter((line) => line.startsWith("heard"));
}
