import type { PublishBatchRequestEntry } from "@aws-sdk/client-sns";
import { AwsError } from "../../../aws-error.ts";
import { putInOutbox } from "../delivery/outbox.ts";
import {
  batchTooLong,
  emptyBatch,
  idsNotDistinct,
  invalidBatchId,
  invalidParameter,
  tooManyEntries,
} from "../errors.ts";
import { BATCH_ENTRIES_MAX, BATCH_ID_MAX, MESSAGE_BYTES_MAX } from "../limits.ts";
import { checkTexts, readContent } from "../message-content.ts";
import type { SnsParts } from "../parts.ts";
import { requirePermission } from "../policy/topic-policy.ts";
import type { SnsHandlers } from "../sdk.ts";
import { findTopic } from "../state.ts";

export function publicationOperations({ cloud, sns, publisher }: SnsParts) {
  return {
    Publish(input, context) {
      const { TopicArn, TargetArn, PhoneNumber: phone } = input;
      if (phone !== undefined) {
        if (!/^\+?[1-9]\d{1,14}$/.test(phone)) {
          throw invalidParameter(`PhoneNumber Reason: ${phone} is not valid to publish to`);
        }
        checkTexts(input);
        const body = readContent(input).message;
        const letter = { protocol: "sms", to: phone, subject: undefined, body };
        putInOutbox(cloud, sns.in(context), letter);
        return { MessageId: cloud.random.uuid() };
      }
      if (TopicArn === undefined && TargetArn === undefined) {
        throw invalidParameter("TopicArn or TargetArn Reason: no value for required parameter");
      }
      if (TargetArn?.includes(":endpoint/") === true) {
        throw invalidParameter("TargetArn Reason: No endpoint found for the target arn specified");
      }
      const member = TopicArn === undefined ? "TargetArn" : "TopicArn";
      const { state, topic } = findTopic(sns, context, TopicArn ?? TargetArn ?? "", member);
      requirePermission(topic, context, "SNS:Publish");
      checkTexts(input);
      const content = readContent(input);
      publisher.check(topic, content);
      const { messageId, sequenceNumber } = publisher.publish(state, topic, content);
      return { MessageId: messageId, SequenceNumber: sequenceNumber };
    },

    PublishBatch(input, context) {
      const { state, topic } = findTopic(sns, context, input.TopicArn ?? "");
      requirePermission(topic, context, "SNS:Publish");
      const { PublishBatchRequestEntries: entries = [] } = input;
      checkEntries(entries);
      const messages = entries.map((entry) => ({ entry, content: readContent(entry) }));
      const bytes = messages.reduce((sum, { content }) => sum + content.bytes, 0);
      if (bytes > MESSAGE_BYTES_MAX) throw batchTooLong();
      for (const { content } of messages) publisher.check(topic, content);
      // Unverified: that an empty message or a bad subject fails its own entry only.
      const failures = messages.flatMap(({ entry }) => failureOf(entry) ?? []);
      const failed = new Set(failures.map(({ Id }) => Id));
      const Successful = messages.flatMap(({ entry, content }) => {
        if (failed.has(entry.Id ?? "")) return [];
        const { messageId, sequenceNumber } = publisher.publish(state, topic, content);
        return [{ Id: entry.Id, MessageId: messageId, SequenceNumber: sequenceNumber }];
      });
      return { Successful, Failed: failures };
    },
  } satisfies SnsHandlers;
}

/** Source: recorded AWS answers (LocalStack test_publish_batch_exceptions, test_publish_batch_invalid_entry_id). */
function checkEntries(entries: readonly PublishBatchRequestEntry[]): void {
  if (entries.length === 0) throw emptyBatch();
  if (entries.length > BATCH_ENTRIES_MAX) throw tooManyEntries();
  const ids = entries.map(({ Id = "" }) => Id);
  for (const id of ids) {
    if (id.length > BATCH_ID_MAX) throw invalidBatchId("is too long", id);
    if (!/^[\w-]+$/.test(id)) throw invalidBatchId("contains an impermissible character", id);
  }
  if (new Set(ids).size < ids.length) throw idsNotDistinct();
}

function failureOf(entry: PublishBatchRequestEntry) {
  try {
    checkTexts(entry);
    return undefined;
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const { message: Message } = error;
    return { Id: entry.Id ?? "", Code: "InvalidParameter", Message, SenderFault: true };
  }
}
