import { createHash } from "node:crypto";
import type { Cloud } from "../../service.ts";
import type { DeliveryQueue } from "./delivery/queue.ts";
import { invalidParameter } from "./errors.ts";
import { filterVerdict } from "./filter-policy/accepts.ts";
import { DEDUPLICATION_MS, MESSAGE_BYTES_MAX } from "./limits.ts";
import type { MessageContent } from "./message-content.ts";
import type { Notification } from "./message.ts";
import type { TopicMetrics } from "./metrics.ts";
import { isFifo, type PlaceState, subscriptionsOf, type TopicRow } from "./state.ts";

export interface Published {
  readonly messageId: string;
  readonly sequenceNumber: string | undefined;
}

export interface Publisher {
  /** Checks what the kind of topic asks of a message. @throws {AwsError} InvalidParameter */
  check(topic: TopicRow, content: MessageContent): void;
  /** Stores a checked message for every subscription that wants it. */
  publish(state: PlaceState, topic: TopicRow, content: MessageContent): Published;
}

export function createPublisher(parts: {
  readonly cloud: Cloud;
  readonly queue: DeliveryQueue;
  readonly metrics: TopicMetrics;
}): Publisher {
  const { cloud, queue, metrics } = parts;

  const fanOut = (state: PlaceState, topic: TopicRow, message: Notification) => {
    for (const subscription of subscriptionsOf(state, topic.arn, message.atMs)) {
      if (!subscription.isConfirmed) continue;
      const verdict = filterVerdict(message, subscription.attributes);
      if (verdict.kind === "accepted") queue.add(state, message, subscription);
      else
        for (const metric of ["NumberOfNotificationsFilteredOut", verdict.metric] as const) {
          metrics.record(state.place, topic.name, metric, 1, message.atMs);
        }
    }
  };

  return {
    check: checkForTopic,
    publish: (state, topic, content) =>
      cloud.store.transaction(() => {
        const atMs = cloud.clock.nowMs();
        const again = isFifo(topic.arn) ? duplicateOf(state, topic, content, atMs) : undefined;
        if (again !== undefined) return again;
        const messageId = cloud.random.uuid();
        const sequenceNumber = isFifo(topic.arn)
          ? remember(state, topic, content, { messageId, atMs })
          : undefined;
        const { subject, message, byProtocol, attributes, groupId, bytes } = content;
        metrics.record(state.place, topic.name, "NumberOfMessagesPublished", 1, atMs);
        metrics.record(state.place, topic.name, "PublishSize", bytes, atMs);
        fanOut(state, topic, {
          kind: "Notification",
          messageId,
          topicArn: topic.arn,
          subject,
          message,
          byProtocol,
          attributes,
          groupId,
          sequenceNumber,
          atMs,
        });
        return { messageId, sequenceNumber };
      }),
  };
}

/** Source: recorded AWS answers (LocalStack test_validations_for_fifo, test_publish_too_long_message). */
function checkForTopic({ arn, attributes }: TopicRow, content: MessageContent): void {
  if (content.bytes > MESSAGE_BYTES_MAX) throw invalidParameter("Message too long");
  const { groupId, deduplicationId } = content;
  if (!isFifo(arn)) {
    if (deduplicationId === undefined) return;
    throw invalidParameter(
      "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
    );
  }
  if (groupId === undefined) {
    throw invalidParameter("The MessageGroupId parameter is required for FIFO topics");
  }
  if (deduplicationId === undefined && attributes["ContentBasedDeduplication"] !== "true") {
    throw invalidParameter(
      "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
    );
  }
}

function deduplicationKey({ arn }: TopicRow, { deduplicationId, message }: MessageContent): string {
  const id = deduplicationId ?? createHash("sha256").update(message).digest("hex");
  return `${arn}/${id}`;
}

/** The message that this one repeats, within the last five minutes. */
function duplicateOf(
  { deduplication }: PlaceState,
  topic: TopicRow,
  content: MessageContent,
  nowMs: number,
): Published | undefined {
  for (const [key, { expiresAtMs }] of deduplication.entries()) {
    if (expiresAtMs <= nowMs) deduplication.delete(key);
  }
  return deduplication.get(deduplicationKey(topic, content));
}

/** Gives a message of a FIFO topic its number. */
function remember(
  { deduplication, settings }: PlaceState,
  topic: TopicRow,
  content: MessageContent,
  { messageId, atMs }: { readonly messageId: string; readonly atMs: number },
): string {
  const key = `sequence ${topic.arn}`;
  const next = BigInt(settings.get(key)?.["next"] ?? FIRST_SEQUENCE);
  settings.set(key, { next: String(next + 1n) });
  const expiresAtMs = atMs + DEDUPLICATION_MS;
  const sequenceNumber = String(next);
  deduplication.set(deduplicationKey(topic, content), { messageId, sequenceNumber, expiresAtMs });
  return sequenceNumber;
}

/** Numbers have 20 digits. Source: AWS docs, API reference, Publish. */
const FIRST_SEQUENCE = "10000000000000000000";
