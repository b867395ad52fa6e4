import {
  ConfirmSubscriptionCommand,
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  ListSubscriptionsCommand,
  SetSubscriptionAttributesCommand,
  SubscribeCommand,
  UnsubscribeCommand,
} from "@aws-sdk/client-sns";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type Endpoint,
  QUEUE,
  type SnsCloud,
  startEndpoint,
  startSnsCloud,
  subscribeEndpoint,
  TOPIC,
} from "./sns-cloud.ts";

// Protects subscriptions: who must confirm, by which token and for how long, and how they end.

const DAY_MS = 24 * 3_600_000;
let cloud: SnsCloud;
let endpoint: Endpoint;
beforeEach(async () => {
  cloud = await startSnsCloud();
  endpoint = await startEndpoint();
  await cloud.createTopic();
});
afterEach(async () => {
  await cloud.close();
  await endpoint.close();
});

const attributes = async (SubscriptionArn: string) =>
  (await cloud.sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn }))).Attributes;
const list = async () =>
  (await cloud.sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: TOPIC }))).Subscriptions;
const unsubscribe = (SubscriptionArn: string) =>
  cloud.sns.send(new UnsubscribeCommand({ SubscriptionArn }));
const confirm = (Token: string, AuthenticateOnUnsubscribe?: string) =>
  cloud.sns.send(
    new ConfirmSubscriptionCommand({ TopicArn: TOPIC, Token, AuthenticateOnUnsubscribe }),
  );

interface Letter {
  readonly Type: string;
  readonly Token: string;
  readonly SubscribeURL: string;
  readonly UnsubscribeURL: string;
}

/** What the endpoint got since last asked. */
async function letters(): Promise<Letter[]> {
  await cloud.advance(0);
  return endpoint.received.splice(0).map(({ body }) => JSON.parse(body) as Letter);
}

describe("an HTTP endpoint", () => {
  it("is asked first, and hears nothing until it has confirmed", async () => {
    const input = { TopicArn: TOPIC, Protocol: "http", Endpoint: endpoint.url };
    const answer = await cloud.sns.send(new SubscribeCommand(input));
    expect(answer.SubscriptionArn).toBe("pending confirmation");
    expect(await list()).toMatchObject([
      { SubscriptionArn: "PendingConfirmation", Protocol: "http", Endpoint: endpoint.url },
    ]);
    await cloud.publish();
    await cloud.advance(0);
    const [request, ...others] = endpoint.received;
    expect(others).toEqual([]);
    expect(request).toMatchObject({
      method: "POST",
      path: "/hook",
      headers: {
        "content-type": "text/plain; charset=UTF-8",
        "user-agent": "Amazon Simple Notification Service Agent",
        "x-amz-sns-message-type": "SubscriptionConfirmation",
        "x-amz-sns-topic-arn": TOPIC,
      },
    });
    expect(request?.headers).not.toHaveProperty("x-amz-sns-subscription-arn");
    const letter = JSON.parse(request?.body ?? "") as Record<string, string>;
    expect(Object.keys(letter)).toEqual([
      "Type",
      "MessageId",
      "Token",
      "TopicArn",
      "Message",
      "SubscribeURL",
      "Timestamp",
      "SignatureVersion",
      "Signature",
      "SigningCertURL",
    ]);
    expect(letter["Message"]).toBe(
      `You have chosen to subscribe to the topic ${TOPIC}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
    );
    const page = await fetch(letter["SubscribeURL"] ?? "");
    expect(await page.text()).toMatch(
      /^<ConfirmSubscriptionResponse xmlns="http:\/\/sns.amazonaws.com\/doc\/2010-03-31\/"><ConfirmSubscriptionResult><SubscriptionArn>arn:aws:sns:us-east-1:000000000000:orders:[0-9a-f-]{36}</,
    );
    const [live] = (await list()) ?? [];
    expect(await attributes(live?.SubscriptionArn ?? "")).toMatchObject({
      PendingConfirmation: "false",
      ConfirmationWasAuthenticated: "false",
    });
    endpoint.received.splice(0);
    await cloud.publish();
    expect(await letters()).toMatchObject([{ Type: "Notification" }]);
  });

  it("is asked again when it is subscribed again", async () => {
    const arn = await cloud.subscribe({ Endpoint: endpoint.url });
    expect(await cloud.subscribe({ Endpoint: endpoint.url })).toBe(arn);
    const [first, second] = await letters();
    expect(first?.Token).not.toBe(second?.Token);
    expect((await confirm(first?.Token ?? "")).SubscriptionArn).toBe(arn);
    expect((await confirm(second?.Token ?? "")).SubscriptionArn).toBe(arn);
  });

  it("that does not confirm in two days was never there", async () => {
    const arn = await cloud.subscribe({ Endpoint: endpoint.url });
    const [letter] = await letters();
    await cloud.advance(2 * DAY_MS);
    expect(await list()).toEqual([]);
    await expect(attributes(arn)).rejects.toThrow("Subscription does not exist");
    await expect(confirm(letter?.Token ?? "")).rejects.toThrow("Invalid parameter: Token");
  });

  it.each([
    ["randomtoken", "Invalid token"],
    ["ab".repeat(144), "Invalid parameter: Token"],
  ])("is not confirmed by %s", async (token, message) => {
    await expect(confirm(token)).rejects.toMatchObject({
      name: "InvalidParameterException",
      message,
    });
    const query = `?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=${token}`;
    const page = await fetch(`${cloud.url}/_aws/sns/${query}`);
    expect(page.status).toBe(400);
    expect(await page.text()).toContain(`<Message>${message}</Message>`);
  });

  it("ends by its own link, and comes back by the link it then gets", async () => {
    const arn = await subscribeEndpoint(cloud, endpoint);
    await cloud.publish();
    const [notification] = await letters();
    expect((await fetch(notification?.UnsubscribeURL ?? "")).status).toBe(200);
    expect(await list()).toEqual([]);
    const { Attributes } = await cloud.sns.send(new GetTopicAttributesCommand({ TopicArn: TOPIC }));
    expect(Attributes).toMatchObject({ SubscriptionsDeleted: "1" });
    const [goodbye] = await letters();
    expect(goodbye?.Type).toBe("UnsubscribeConfirmation");
    await fetch(goodbye?.SubscribeURL ?? "");
    expect(await list()).toMatchObject([{ SubscriptionArn: arn }]);
  });

  it("may keep others from ending it", async () => {
    await cloud.subscribe({ Endpoint: endpoint.url });
    const [letter] = await letters();
    const { SubscriptionArn = "" } = await confirm(letter?.Token ?? "", "true");
    await cloud.publish();
    const [notification] = await letters();
    expect((await fetch(notification?.UnsubscribeURL ?? "")).status).toBe(403);
    expect(await list()).toHaveLength(1);
    await unsubscribe(SubscriptionArn);
    expect(await list()).toEqual([]);
    await unsubscribe(SubscriptionArn);
  });
});

describe("a mailbox", () => {
  it("confirms with the link in the outbox, and gets its mail there", async () => {
    await cloud.subscribe({ Protocol: "email", Endpoint: "ops@example.com" });
    const [letter] = await cloud.outbox();
    expect(letter).toMatchObject({
      protocol: "email",
      to: "ops@example.com",
      subject: "AWS Notification - Subscription Confirmation",
    });
    const link = /http:\S+/.exec(letter?.body ?? "")?.[0] ?? "";
    expect((await fetch(link)).status).toBe(200);
    await cloud.publish({ Subject: "Disk full", Message: "97%" });
    const [, mail] = await cloud.outbox();
    expect(mail?.subject).toBe("Disk full");
    expect(mail?.body).toMatch(/^97%\n/);
  });

  it("of a program gets JSON", async () => {
    await cloud.subscribe({ Protocol: "email-json", Endpoint: "ops@example.com" });
    const [letter] = await cloud.outbox();
    expect(JSON.parse(letter?.body ?? "")).toMatchObject({ Type: "SubscriptionConfirmation" });
  });

  it("list is short: the oldest letters go", async () => {
    await cloud.subscribe({ Protocol: "sms", Endpoint: "+15551234567" });
    const { PublishBatchCommand } = await import("@aws-sdk/client-sns");
    for (let round = 0; round < 101; round++) {
      const PublishBatchRequestEntries = Array.from({ length: 10 }, (_, index) => ({
        Id: `${index}`,
        Message: `${round * 10 + index}`,
      }));
      await cloud.sns.send(
        new PublishBatchCommand({ TopicArn: TOPIC, PublishBatchRequestEntries }),
      );
    }
    const items = await cloud.outbox();
    expect([items.length, items[0]?.body, items.at(-1)?.body]).toEqual([1000, "10", "1009"]);
  });
});

describe("a subscription", () => {
  // prettier-ignore
  it.each([
    ["carrier-pigeon", "x", "Invalid parameter: Amazon SNS does not support this protocol string: carrier-pigeon"],
    ["http", "https://example.com", "Invalid parameter: Endpoint must match the specified protocol"],
    ["email", "nobody", "Invalid parameter: Email address"],
    ["sqs", "http://example.com/queue", "Invalid parameter: SQS endpoint ARN"],
    ["sqs", `${QUEUE}.fifo`, "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"],
    ["lambda", "orders", "Invalid parameter: Lambda endpoint ARN"],
    ["sms", "+15--551234567", "Invalid SMS endpoint: +15--551234567"],
    ["sms", "NAA+15551234567", "Invalid SMS endpoint: NAA+15551234567"],
    ["firehose", "arn:aws:firehose:us-east-1:000000000000:deliverystream/x", "not available in the local cloud"],
    ["application", "arn:aws:sns:us-east-1:000000000000:endpoint/x", "not available in the local cloud"],
  ])("of %s to %s is refused", async (Protocol, Endpoint, message) => {
    await expect(cloud.subscribe({ Protocol, Endpoint })).rejects.toThrow(message);
    expect(await list()).toEqual([]);
  });

  it("to a telephone needs no confirmation, however the number is written", async () => {
    expect(await cloud.subscribe({ Protocol: "sms", Endpoint: "+12/34-567.890" })).toContain(TOPIC);
  });

  it("shows what is set", async () => {
    const arn = await cloud.subscribe({
      Protocol: "sqs",
      Endpoint: QUEUE,
      Attributes: {
        RawMessageDelivery: "True",
        RedrivePolicy: `{"deadLetterTargetArn":"${QUEUE}"}`,
      },
    });
    expect(await attributes(arn)).toEqual({
      ConfirmationWasAuthenticated: "true",
      Endpoint: QUEUE,
      Owner: "000000000000",
      PendingConfirmation: "false",
      Protocol: "sqs",
      RawMessageDelivery: "true",
      RedrivePolicy: `{"deadLetterTargetArn":"${QUEUE}"}`,
      SubscriptionArn: arn,
      SubscriptionPrincipal: "arn:aws:iam::000000000000:root",
      TopicArn: TOPIC,
    });
  });

  it("shows its delivery policy with all members", async () => {
    const arn = await cloud.subscribe({
      Endpoint: endpoint.url,
      Attributes: { DeliveryPolicy: '{"requestPolicy":{"headerContentType":"text/csv"}}' },
    });
    const { DeliveryPolicy = "", EffectiveDeliveryPolicy = "" } = (await attributes(arn)) ?? {};
    expect(JSON.parse(DeliveryPolicy)).toEqual({
      healthyRetryPolicy: null,
      sicklyRetryPolicy: null,
      throttlePolicy: null,
      requestPolicy: { headerContentType: "text/csv" },
      guaranteed: false,
    });
    expect(JSON.parse(EffectiveDeliveryPolicy)).toMatchObject({
      healthyRetryPolicy: { numRetries: 3 },
      requestPolicy: { headerContentType: "text/csv" },
    });
  });

  it("is made once, whoever asks for no more than it has", async () => {
    const subscribe = (Attributes?: Record<string, string>) =>
      cloud.subscribe({ Protocol: "sqs", Endpoint: QUEUE, Attributes });
    const arn = await subscribe({ RawMessageDelivery: "true" });
    expect(await subscribe({ FilterPolicyScope: "MessageAttributes" })).toBe(arn);
    expect(await subscribe()).toBe(arn);
    await expect(subscribe({ RawMessageDelivery: "false" })).rejects.toThrow(
      "Invalid parameter: Attributes Reason: Subscription already exists with different attributes",
    );
  });

  // prettier-ignore
  it.each([
    ["Colour", "red", "Invalid parameter: AttributeName"],
    ["RawMessageDelivery", "test-ValUe", "Invalid parameter: RawMessageDelivery: Invalid value [test-ValUe]. Must be true or false."],
    ["RawMessageDelivery", "", "Invalid parameter: RawMessageDelivery: Invalid value []. Must be true or false."],
    ["RedrivePolicy", '{"deadLetterTargetArn":"x"}', "Invalid parameter: RedrivePolicy: deadLetterTargetArn is an invalid arn"],
    ["RedrivePolicy", "{invalid", "Invalid parameter: RedrivePolicy: failed to parse JSON. Unexpected character ('i' (code 105)): was expecting double-quote to start field name\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 2]"],
    ["DeliveryPolicy", '{"requestPolicy":{"headerContentType":"a/b\\r\\nx: y"}}', "Invalid parameter: DeliveryPolicy: headerContentType must be a media type such as application/json"],
    ["DeliveryPolicy", '{"healthyRetryPolicy":{"numRetries":101}}', "Invalid parameter: DeliveryPolicy: healthyRetryPolicy.numRetries must be between 0 and 100"],
  ])("cannot have %s %j", async (AttributeName, AttributeValue, message) => {
    const SubscriptionArn = await cloud.subscribe({ Protocol: "sqs", Endpoint: QUEUE });
    await expect(
      cloud.sns.send(
        new SetSubscriptionAttributesCommand({ SubscriptionArn, AttributeName, AttributeValue }),
      ),
    ).rejects.toMatchObject({ name: "InvalidParameterException", message });
  });

  it.each([
    ["randomstring", "SubscriptionArn Reason: An ARN must have at least 6 elements, not 1"],
    [
      "arn:aws:sns:us-east-1:random",
      "SubscriptionArn Reason: An ARN must have at least 6 elements, not 5",
    ],
    ["arn:aws:sns:us-east-1:000000000000:random", "SubscriptionId"],
    ["", "SubscriptionArn Reason: no value for required parameter"],
  ])("does not end by %j", async (arn, message) => {
    await expect(unsubscribe(arn)).rejects.toThrow(`Invalid parameter: ${message}`);
  });

  it("is listed with those of other topics", async () => {
    const other = `${TOPIC}-2`;
    await cloud.createTopic({ Name: "orders-2" });
    await cloud.subscribe({ Protocol: "sqs", Endpoint: QUEUE });
    await cloud.subscribe({ Protocol: "sqs", Endpoint: QUEUE, TopicArn: other });
    const { Subscriptions } = await cloud.sns.send(new ListSubscriptionsCommand({}));
    expect(Subscriptions?.map(({ TopicArn }) => TopicArn)).toEqual([TOPIC, other]);
  });
});
