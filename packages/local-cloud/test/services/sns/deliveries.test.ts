import { createVerify, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { SetTopicAttributesCommand } from "@aws-sdk/client-sns";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type Endpoint,
  QUEUE,
  type SnsCloud,
  START_MS,
  startEndpoint,
  startSnsCloud,
  subscribeEndpoint,
  TOPIC,
} from "./sns-cloud.ts";

// Protects deliveries over real HTTP: headers and bodies as AWS sends them, signatures that verify, and
// retries as the policy says, on the cloud's clock.

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

const setTopic = (AttributeName: string, AttributeValue: string) =>
  cloud.sns.send(new SetTopicAttributesCommand({ TopicArn: TOPIC, AttributeName, AttributeValue }));

async function sum(MetricName: string): Promise<number | undefined> {
  const { Datapoints } = await cloud.client(CloudWatchClient).send(
    new GetMetricStatisticsCommand({
      Namespace: "AWS/SNS",
      MetricName,
      Dimensions: [{ Name: "TopicName", Value: "orders" }],
      StartTime: new Date(START_MS),
      EndTime: new Date(START_MS + 86_400_000),
      Period: 86_400,
      Statistics: ["Sum"],
    }),
  );
  return Datapoints?.[0]?.Sum;
}

describe("a notification", () => {
  it("is posted as AWS posts it", async () => {
    const arn = await subscribeEndpoint(cloud, endpoint);
    const MessageId = await cloud.publish({
      Subject: "Hi",
      MessageAttributes: { kind: { DataType: "String", StringValue: "new" } },
    });
    await cloud.advance(0);
    const [request] = endpoint.received;
    expect(request?.headers).toMatchObject({
      "content-type": "text/plain; charset=UTF-8",
      "x-amz-sns-message-type": "Notification",
      "x-amz-sns-message-id": MessageId,
      "x-amz-sns-topic-arn": TOPIC,
      "x-amz-sns-subscription-arn": arn,
      "accept-encoding": "gzip,deflate",
    });
    expect(request?.headers).not.toHaveProperty("x-amz-sns-rawdelivery");
    expect(request?.body).toContain(
      `{\n  "Type" : "Notification",\n  "MessageId" : "${MessageId}",\n  "TopicArn" : "${TOPIC}",\n  "Subject" : "Hi",\n  "Message" : "hello",\n  "Timestamp" : "2026-11-21T12:00:00.000Z",\n  "SignatureVersion" : "1",\n`,
    );
    expect(request?.body).toMatch(
      /,\n {2}"MessageAttributes" : \{\n {4}"kind" : \{"Type":"String","Value":"new"\}\n {2}\}\n\}$/,
    );
  });

  it("is only its text where that is wanted, of the type that is wanted", async () => {
    await subscribeEndpoint(cloud, endpoint, {
      RawMessageDelivery: "true",
      DeliveryPolicy: '{"requestPolicy":{"headerContentType":"text/csv"}}',
    });
    await cloud.publish({ Message: "a,b" });
    await cloud.advance(0);
    expect(endpoint.received).toMatchObject([
      { body: "a,b", headers: { "x-amz-sns-rawdelivery": "true", "content-type": "text/csv" } },
    ]);
  });

  it("names the login that is part of the address", async () => {
    const login = endpoint.url.replace("http://", "http://ann:p%40ss@");
    await cloud.subscribe({ Endpoint: login });
    await cloud.advance(0);
    expect(endpoint.received[0]?.headers.authorization).toBe(
      `Basic ${Buffer.from("ann:p@ss").toString("base64")}`,
    );
  });
});

describe("a signature", () => {
  /** As AWS tells its users to verify it, from the documented list of members. */
  async function verifies(letter: Record<string, string>, members: readonly string[]) {
    const page = await fetch(letter["SigningCertURL"] ?? "");
    const certificate = new X509Certificate(await page.text());
    expect(certificate.subject).toBe("CN=sns.amazonaws.com");
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(Date.parse(certificate.validFrom)).toBeLessThan(START_MS);
    expect(Date.parse(certificate.validTo)).toBeGreaterThan(START_MS);
    const text = members
      .filter((name) => letter[name] !== undefined)
      .map((name) => `${name}\n${letter[name]}\n`)
      .join("");
    return createVerify(letter["SignatureVersion"] === "2" ? "RSA-SHA256" : "RSA-SHA1")
      .update(text)
      .verify(certificate.publicKey, letter["Signature"] ?? "", "base64");
  }
  const NOTIFICATION = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
  const CONFIRMATION = [
    "Message",
    "MessageId",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
  ];

  it.each(["1", "2"])("of version %s verifies with the certificate it names", async (version) => {
    await setTopic("SignatureVersion", version);
    await cloud.subscribe({ Protocol: "sqs", Endpoint: QUEUE });
    await cloud.publish({ Subject: "Hi", Message: "häll\no \n" });
    await cloud.publish();
    const letters = (await cloud.outbox()).map(
      ({ body }) => JSON.parse(body) as Record<string, string>,
    );
    expect(letters).toHaveLength(2);
    for (const letter of letters) {
      expect(letter["SignatureVersion"]).toBe(version);
      expect(await verifies(letter, NOTIFICATION)).toBe(true);
      expect(await verifies({ ...letter, Message: "forged" }, NOTIFICATION)).toBe(false);
    }
  });

  it("is on confirmations too", async () => {
    await cloud.subscribe({ Endpoint: endpoint.url });
    await cloud.advance(0);
    const letter = JSON.parse(endpoint.received[0]?.body ?? "") as Record<string, string>;
    expect(await verifies(letter, CONFIRMATION)).toBe(true);
  });

  it("has a certificate of its own name only", async () => {
    const page = await fetch(`${cloud.url}/_aws/sns/SimpleNotificationService-0.pem`);
    expect(page.status).toBe(404);
  });
});

describe("a delivery that fails", () => {
  const times = async (steps: readonly number[]) => {
    const counts: number[] = [];
    for (const byMs of steps) {
      await cloud.advance(byMs);
      counts.push(endpoint.received.length);
    }
    return counts;
  };

  it("is tried three times more, twenty seconds apart, and then given up", async () => {
    await subscribeEndpoint(cloud, endpoint);
    endpoint.statuses.push(500, 503, 429, 500);
    await cloud.publish();
    expect(await times([0, 19_999, 1, 20_000, 20_000, 3_600_000])).toEqual([1, 1, 2, 3, 4, 4]);
    expect(await sum("NumberOfNotificationsFailed")).toBe(1);
    expect(await sum("NumberOfNotificationsDelivered")).toBeUndefined();
    expect(cloud.warnings.join()).toContain("in 4 attempts: the endpoint answered 500");
  });

  it("ends with the first success, the same message each time", async () => {
    await subscribeEndpoint(cloud, endpoint);
    endpoint.statuses.push(500);
    await cloud.publish();
    await cloud.advance(3_600_000);
    expect(endpoint.received).toHaveLength(2);
    expect(endpoint.received[0]?.body).toBe(endpoint.received[1]?.body);
    expect(await sum("NumberOfNotificationsDelivered")).toBe(1);
  });

  it("by the endpoint's own refusal is not tried again", async () => {
    await subscribeEndpoint(cloud, endpoint);
    endpoint.statuses.push(404);
    await cloud.publish();
    await cloud.advance(3_600_000);
    expect(endpoint.received).toHaveLength(1);
    expect(await sum("NumberOfNotificationsFailed")).toBe(1);
  });

  it("follows the delivery policy of its subscription", async () => {
    const healthyRetryPolicy = {
      minDelayTarget: 10,
      maxDelayTarget: 30,
      numRetries: 6,
      numNoDelayRetries: 1,
      numMinDelayRetries: 1,
      numMaxDelayRetries: 1,
      backoffFunction: "linear",
    };
    const DeliveryPolicy = JSON.stringify({ healthyRetryPolicy });
    await subscribeEndpoint(cloud, endpoint, { DeliveryPolicy });
    endpoint.statuses.push(...Array.from({ length: 7 }, () => 500));
    await cloud.publish();
    // At once, after 10 s, then 10, 20 and 30 s, and 30 s.
    expect(await times([0, 10_000, 10_000, 20_000, 30_000, 30_000, 60_000])).toEqual([
      2, 3, 4, 5, 6, 7, 7,
    ]);
  });

  it("because nobody listens is tried again, and then given up", async () => {
    const gone = await startEndpoint();
    await subscribeEndpoint(cloud, gone);
    await gone.close();
    await cloud.publish();
    await cloud.advance(0);
    expect(cloud.warnings).toEqual([]);
    await cloud.advance(60_000);
    expect(cloud.warnings.join()).toContain("in 4 attempts: connect ECONNREFUSED");
  });

  it("goes on after a restart", async () => {
    const dataDirectory = mkdtempSync(join(tmpdir(), "headgate-sns-"));
    try {
      await cloud.close();
      cloud = await startSnsCloud({ dataDirectory });
      await cloud.createTopic();
      await subscribeEndpoint(cloud, endpoint);
      endpoint.statuses.push(500);
      await cloud.publish({ Message: "not lost" });
      await cloud.advance(0);
      await cloud.close();
      cloud = await startSnsCloud({ dataDirectory });
      await cloud.outbox();
      await cloud.advance(20_000);
      expect(endpoint.received.map(({ headers }) => headers["x-amz-sns-message-id"])).toHaveLength(
        2,
      );
      const [before, after] = endpoint.received.map(
        ({ body }) => (JSON.parse(body) as { SigningCertURL: string }).SigningCertURL,
      );
      expect(new URL(before ?? "").pathname).toBe(new URL(after ?? "").pathname);
    } finally {
      rmSync(dataDirectory, { recursive: true });
    }
  });
});

describe("metrics", () => {
  it("count what was published, delivered and filtered out", async () => {
    await subscribeEndpoint(cloud, endpoint);
    const Attributes = { FilterPolicy: '{"kind":["new"]}' };
    await cloud.subscribe({ Protocol: "sms", Endpoint: "+15551234567", Attributes });
    const kind = (StringValue: string) => ({ kind: { DataType: "String", StringValue } });
    await cloud.publish();
    await cloud.publish({ MessageAttributes: kind("old") });
    await cloud.publish({ MessageAttributes: kind("new") });
    await cloud.advance(0);
    expect(await sum("NumberOfMessagesPublished")).toBe(3);
    expect(await sum("PublishSize")).toBe(5 + 2 * (5 + 4 + 6 + 3));
    expect(await sum("NumberOfNotificationsDelivered")).toBe(4);
    expect(await sum("NumberOfNotificationsFilteredOut")).toBe(2);
    expect(await sum("NumberOfNotificationsFilteredOut-NoMessageAttributes")).toBe(1);
    expect(await sum("NumberOfNotificationsFilteredOut-MessageAttributes")).toBe(1);
  });
});
