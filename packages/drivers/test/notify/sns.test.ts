// Protects notices by SNS: a real subscriber gets the JSON, a subject that SNS takes, and attributes that its
// filter policy can choose by.
import { SNS } from "@aws-sdk/client-sns";
import { expect, it, onTestFinished } from "vitest";
import { notifierFor } from "../../src/notify/notifier.ts";
import { subjectOf } from "../../src/notify/sns.ts";
import { expectError } from "../support/expect-error.ts";
import { ACCESS, startLambdaCloud } from "../support/lambda-cloud.ts";
import { NOTICE, startReceiver } from "../support/receiver.ts";

async function topicWithSubscriber(policy: string) {
  const cloud = await startLambdaCloud();
  const sns = new SNS({ ...ACCESS, endpoint: cloud.url, maxAttempts: 1 });
  onTestFinished(async () => {
    sns.destroy();
    await cloud.close();
  });
  const subscriber = await startReceiver((response) => void response.writeHead(200).end());
  const { TopicArn: topic = "" } = await sns.createTopic({ Name: "releases" });
  await sns.subscribe({
    TopicArn: topic,
    Protocol: "http",
    Endpoint: subscriber.url,
    Attributes: { FilterPolicy: policy },
  });
  await cloud.advance(0);
  const asked: unknown = JSON.parse(subscriber.got.splice(0)[0]?.body ?? "{}");
  const { Token } = asked as { readonly Token: string };
  await sns.confirmSubscription({ TopicArn: topic, Token });
  const { clients, run } = cloud;
  const notifier = notifierFor({ receivers: [{ sns: { topic } }], clients, run });
  return { cloud, notifier, subscriber, topic };
}

it("reaches a subscriber that filters by kind", async () => {
  const { cloud, notifier, subscriber } = await topicWithSubscriber('{"kind":["turningBack"]}');
  await notifier.notify({ ...NOTICE, kind: "step" }, 0);
  await notifier.notify({ ...NOTICE, subject: "checkout: turning back\n→ now" }, 0);
  await cloud.advance(1000);
  const got = subscriber.got.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  expect(got).toHaveLength(1);
  expect(got[0]).toMatchObject({ Type: "Notification", Subject: "checkout: turning back now" });
  expect(got[0]?.["MessageAttributes"]).toEqual({
    kind: { Type: "String", Value: "turningBack" },
    rollout: { Type: "String", Value: "checkout-1" },
    name: { Type: "String", Value: "checkout" },
  });
  expect(JSON.parse(String(got[0]?.["Message"]))).toMatchObject({
    type: "rollout.turningBack",
    data: { id: "checkout-1/7", reason: "errors 7% over 1%" },
  });
  expect(await notifier.preflight()).toMatchObject([{ outcome: "ok" }]);
});

it("says which topic is missing, before and when it is needed", async () => {
  const { cloud, topic } = await topicWithSubscriber("{}");
  const { clients, run } = cloud;
  const missing = notifierFor({ receivers: [{ sns: { topic: `${topic}x` } }], clients, run });
  expect(await missing.preflight()).toMatchObject([{ check: "notify[0]", outcome: "warning" }]);
  const error = await expectError(missing.notify(NOTICE, 0), "TARGET_NOT_FOUND");
  expect(error.message).toContain(`${topic}x`);
});

it.each([
  ["plain", "plain"],
  ["two\r\nlines\tand a tab", "two lines and a tab"],
  ["ümläut → end", "ml ut end"],
  ["→", "headgate"],
  [" x".repeat(200), "x ".repeat(50).trim().slice(0, 99)],
])("makes a subject of %j", (text, subject) => {
  expect(subjectOf(text)).toBe(subject);
  expect(subject.length).toBeLessThan(100);
});
