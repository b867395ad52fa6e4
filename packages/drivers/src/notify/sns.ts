import type { Notice, Receiver } from "@headgate/core";
import type { AwsClients } from "../aws/clients.ts";
import { isNotFound } from "../aws/errors.ts";
import type { AwsRunner } from "../aws/runner.ts";
import { type Looked, warning } from "../preflight.ts";
import { payloadOf } from "./payload.ts";

/** All attempts together: within the deadline of the command that asked for it. */
const LIMITS = { deadlineMs: 8000, attemptMs: 5000 };

/** Source: SNS API reference, Publish, "Subject": ASCII, no line breaks or control characters, less than 100. */
const SUBJECT_CHARACTERS = 99;

export interface SnsAccess {
  readonly clients: AwsClients;
  readonly run: AwsRunner;
}

type SnsReceiver = Extract<Receiver, { readonly kind: "sns" }>;

/** Publishes the notice with its kind and rollout as attributes, for filter policies of subscriptions. */
export async function publish(
  { clients, run }: SnsAccess,
  { topic }: SnsReceiver,
  notice: Notice,
): Promise<void> {
  const sns = await clients.sns(regionOf(topic));
  const isFifo = topic.endsWith(".fifo");
  const attribute = (StringValue: string) => ({ DataType: "String", StringValue });
  await run(
    { action: "sns:Publish", subject: topic },
    (abortSignal) =>
      sns.publish(
        {
          TopicArn: topic,
          Subject: subjectOf(notice.subject),
          Message: payloadOf(notice),
          MessageAttributes: {
            kind: attribute(notice.kind),
            rollout: attribute(notice.rollout),
            name: attribute(notice.name),
          },
          ...(isFifo
            ? { MessageGroupId: notice.name, MessageDeduplicationId: notice.id.slice(-128) }
            : {}),
        },
        { abortSignal },
      ),
    LIMITS,
  );
}

/** A caller who may publish often may not look: only a topic that is known to be missing is told of. */
export async function lookAtTopic(
  { clients, run }: SnsAccess,
  { topic }: SnsReceiver,
): Promise<Looked> {
  const sns = await clients.sns(regionOf(topic));
  try {
    await run(
      { action: "sns:GetTopicAttributes", subject: topic },
      (abortSignal) => sns.getTopicAttributes({ TopicArn: topic }, { abortSignal }),
      LIMITS,
    );
    return topic;
  } catch (error) {
    if (isNotFound(error)) {
      return warning(`there is no topic ${topic}`, "Create it, or correct the ARN.");
    }
    return `${topic} (not looked at)`;
  }
}

export function subjectOf(text: string): string {
  const ascii = text
    .replaceAll(/[^\x20-\x7e]+/g, " ")
    .replaceAll(/ +/g, " ")
    .trim();
  return ascii === "" ? "headgate" : ascii.slice(0, SUBJECT_CHARACTERS).trim();
}

/** arn:aws:sns:REGION:ACCOUNT:NAME */
function regionOf(topic: string): string {
  return topic.split(":")[3] ?? "";
}
