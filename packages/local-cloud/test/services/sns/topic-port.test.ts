import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TopicMessage } from "../../../src/data-plane/ports.ts";
import { type TestCore, testCore } from "../lambda/cloud-core.ts";
import { QUEUE, TOPIC } from "./sns-cloud.ts";

// Protects what other services can do with topics: publish and hear what became of it, or not wait for it.

let test: TestCore;
beforeEach(async () => {
  test = await testCore();
  await test.call("sns", "CreateTopic", { Name: "orders" });
  await test.call("sns", "Subscribe", { TopicArn: TOPIC, Protocol: "sqs", Endpoint: QUEUE });
});
afterEach(() => test.close());

const ROLE = { account: "000000000000", arn: "arn:aws:iam::000000000000:role/app" };
const publish = async (more: Partial<TopicMessage> = {}) => {
  const topics = await test.core.cloud.port("topics");
  return topics.publish({ topicArn: TOPIC, message: "hello", publisher: ROLE, ...more });
};

async function sent(): Promise<unknown[]> {
  await test.clock.advance(0);
  const items = (await test.core.cloud.port("outbox")).items();
  return items.map(({ body }) => JSON.parse(body) as unknown);
}

describe("the topics port", () => {
  it("publishes", async () => {
    const attributes = { size: { type: "Number", value: "5" } } as const;
    const result = await publish({ subject: "Hi", attributes });
    expect(result.kind).toBe("published");
    expect(await sent()).toMatchObject([
      {
        Subject: "Hi",
        Message: "hello",
        MessageAttributes: { size: { Type: "Number", Value: "5" } },
      },
    ]);
  });

  it.each<[string, Partial<TopicMessage>, string, string]>([
    ["a topic that is not there", { topicArn: `${TOPIC}-2` }, "NotFound", "Topic does not exist"],
    [
      "what is no topic",
      { topicArn: "orders" },
      "InvalidParameter",
      "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1",
    ],
    ["nothing", { message: "" }, "InvalidParameter", "Invalid parameter: Empty message"],
    [
      "too much",
      { message: "x".repeat(262_145) },
      "InvalidParameter",
      "Invalid parameter: Message too long",
    ],
    [
      "a stranger",
      { publisher: { account: "111122223333", arn: "arn:aws:iam::111122223333:role/x" } },
      "AuthorizationError",
      `User: arn:aws:iam::111122223333:role/x is not authorized to perform: SNS:Publish on resource: ${TOPIC}`,
    ],
  ])("refuses %s as a value, with AWS's words", async (_what, more, code, message) => {
    expect(await publish(more)).toEqual({ kind: "refused", code, message });
    expect(await sent()).toEqual([]);
  });
});

describe("the bus", () => {
  const event = {
    kind: "topicPublish",
    account: "000000000000",
    region: "us-east-1",
    topicArn: TOPIC,
    message: "from afar",
    attributes: { deployment: "d-1" },
  } as const;

  it("brings messages of those who do not wait", async () => {
    test.core.cloud.bus.publish(event);
    expect(await sent()).toMatchObject([
      { Message: "from afar", MessageAttributes: { deployment: { Type: "String", Value: "d-1" } } },
    ]);
  });

  it("and a warning when there is no such topic", async () => {
    test.core.cloud.bus.publish({ ...event, topicArn: `${TOPIC}-2` });
    expect(await sent()).toEqual([]);
    expect(test.warnings).toEqual([
      `sns: nothing was published to ${TOPIC}-2: Topic does not exist`,
    ]);
  });
});
