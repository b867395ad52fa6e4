import {
  type MessageAttributeValue,
  PublishBatchCommand,
  type PublishBatchRequestEntry,
  PublishCommand,
  type PublishCommandInput,
} from "@aws-sdk/client-sns";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { QUEUE, type SnsCloud, startSnsCloud, TOPIC } from "./sns-cloud.ts";

// Protects what may be published: AWS's limits and texts, batches, structures, FIFO topics.

let cloud: SnsCloud;
beforeEach(async () => {
  cloud = await startSnsCloud();
  await cloud.createTopic();
});
afterEach(() => cloud.close());

const batch = (entries: PublishBatchRequestEntry[], TopicArn = TOPIC) =>
  cloud.sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: entries }));

/** What queues got: the envelopes, parsed. */
async function sent(): Promise<Record<string, unknown>[]> {
  return (await cloud.outbox()).map(({ body }) => JSON.parse(body) as Record<string, unknown>);
}

describe("a message", () => {
  // prettier-ignore
  it.each<[string, Partial<PublishCommandInput>, string]>([
    ["without a text", { Message: "" }, "Empty message"],
    ["that is too long", { Message: "x".repeat(262_145) }, "Message too long"],
    ["with an empty subject", { Subject: "" }, "Subject"],
    ["with a long subject", { Subject: "x".repeat(101) }, "Subject"],
    ["with two lines of subject", { Subject: "a\nb" }, "Subject"],
    ["for nobody", { TopicArn: undefined }, "TopicArn or TargetArn Reason: no value for required parameter"],
    ["for no ARN", { TopicArn: "randomstring:1" }, "TopicArn Reason: An ARN must have at least 6 elements, not 2"],
    ["for a telephone that is not there", { TopicArn: undefined, TargetArn: "arn:aws:sns:us-east-1:000000000000:endpoint/APNS/abc/1" }, "TargetArn Reason: No endpoint found for the target arn specified"],
    ["for no number", { TopicArn: undefined, PhoneNumber: "+1a234" }, "PhoneNumber Reason: +1a234 is not valid to publish to"],
    ["whose structure is no JSON", { MessageStructure: "json" }, "Message Structure - JSON message body failed to parse"],
    ["whose structure has no default", { MessageStructure: "json", Message: '{"sqs":"x"}' }, "Message Structure - No default entry in JSON message body"],
    ["with a deduplication id", { MessageDeduplicationId: "1" }, "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type"],
  ])("%s is refused", async (_what, more, message) => {
    await expect(cloud.publish(more)).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: `Invalid parameter: ${message}`,
    });
  });

  // prettier-ignore
  it.each<[string, MessageAttributeValue, string]>([
    ["attr1", { DataType: "String" }, "The message attribute 'attr1' must contain non-empty message attribute value for message attribute type 'String'."],
    ["attr1", { DataType: "String", BinaryValue: Buffer.from("x") }, "The message attribute 'attr1' with type 'String' must use field 'String'."],
    ["attr1", { DataType: "Binary", StringValue: "x" }, "The message attribute 'attr1' with type 'Binary' must use field 'Binary'."],
    ["attr1", { DataType: "prefixed", StringValue: "x" }, "The message attribute 'attr1' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."],
    ["attr1", { DataType: "Number", StringValue: "many" }, "Could not cast message attribute 'attr1' value to number."],
    ["a".repeat(257), { DataType: "String", StringValue: "x" }, "Length of message attribute name must be less than 256 bytes."],
    ["a^b", { DataType: "String", StringValue: "x" }, "Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots."],
    [".a", { DataType: "String", StringValue: "x" }, "Invalid message attribute name starting with character '.' was found."],
    ["a.", { DataType: "String", StringValue: "x" }, "Invalid message attribute name ending with character '.' was found."],
    ["a..b", { DataType: "String", StringValue: "x" }, "Message attribute name can not have successive '.' character."],
  ])("cannot have the attribute %s %j", async (name, value, message) => {
    await expect(cloud.publish({ MessageAttributes: { [name]: value } })).rejects.toMatchObject({
      name: "InvalidParameterValueException",
      message,
    });
  });

  it("needs a type for each attribute", async () => {
    const MessageAttributes = { attr1: { DataType: undefined, StringValue: "x" } };
    await expect(cloud.publish({ MessageAttributes })).rejects.toMatchObject({
      message:
        "1 validation error detected: Value null at 'messageAttributes.attr1.member.dataType' failed to satisfy constraint: Member must not be null",
    });
  });

  it("reaches a queue as AWS wraps it, its attributes included", async () => {
    const SubscriptionArn = await cloud.subscribe({ Protocol: "sqs", Endpoint: QUEUE });
    const MessageId = await cloud.publish({
      Subject: "Hi",
      MessageAttributes: {
        kind: { DataType: "String", StringValue: "new" },
        bytes: { DataType: "Binary", BinaryValue: Buffer.from([2, 3, 4]) },
      },
    });
    const [envelope = {}] = await sent();
    expect(Object.keys(envelope)).toEqual([
      "Type",
      "MessageId",
      "TopicArn",
      "Subject",
      "Message",
      "Timestamp",
      "SignatureVersion",
      "Signature",
      "SigningCertURL",
      "UnsubscribeURL",
      "MessageAttributes",
    ]);
    expect(envelope).toMatchObject({
      Type: "Notification",
      MessageId,
      Message: "hello",
      Timestamp: "2026-11-21T12:00:00.000Z",
      SignatureVersion: "1",
      UnsubscribeURL: `${cloud.url}/_aws/sns/?Action=Unsubscribe&SubscriptionArn=${SubscriptionArn}`,
      MessageAttributes: {
        kind: { Type: "String", Value: "new" },
        bytes: { Type: "Binary", Value: "AgME" },
      },
    });
    expect(cloud.warnings.join()).toContain("the local cloud has no SQS");
  });

  it("has a text of its own for each protocol", async () => {
    await cloud.subscribe({ Protocol: "sqs", Endpoint: QUEUE });
    await cloud.subscribe({ Protocol: "sms", Endpoint: "+15551234567" });
    const Message = JSON.stringify({ default: "all", sqs: "queue" });
    await cloud.publish({ Message, MessageStructure: "json" });
    const [queue, phone] = await cloud.outbox();
    expect(JSON.parse(queue?.body ?? "")).toMatchObject({ Message: "queue" });
    expect(phone).toMatchObject({ protocol: "sms", to: "+15551234567", body: "all" });
  });

  it("goes to a telephone directly", async () => {
    await cloud.publish({ TopicArn: undefined, PhoneNumber: "+15551234567" });
    expect(await cloud.outbox()).toMatchObject([{ to: "+15551234567", body: "hello" }]);
  });

  it("goes to a topic that is called its target", async () => {
    await cloud.subscribe({ Protocol: "sqs", Endpoint: QUEUE });
    await cloud.publish({ TopicArn: undefined, TargetArn: TOPIC });
    expect(await sent()).toHaveLength(1);
  });
});

describe("a batch", () => {
  const Message = "x";
  // prettier-ignore
  it.each<[string, PublishBatchRequestEntry[], string, string]>([
    ["of none", [], "EmptyBatchRequestException", "The batch request doesn't contain any entries."],
    ["of eleven", Array.from({ length: 11 }, (_, id) => ({ Id: `${id}`, Message })), "TooManyEntriesInBatchRequestException", "The batch request contains more entries than permissible."],
    ["of twins", [{ Id: "1", Message }, { Id: "1", Message }], "BatchEntryIdsNotDistinctException", "Two or more batch entries in the request have the same Id."],
    ["with a bad id", [{ Id: "a.b", Message }], "InvalidBatchEntryIdException", "The Id of a batch entry in the batch request contains an impermissible character: a.b"],
    ["with a long id", [{ Id: "a".repeat(81), Message }], "InvalidBatchEntryIdException", `The Id of a batch entry in the batch request is too long: ${"a".repeat(81)}`],
    ["that is too long", [{ Id: "1", Message: "x".repeat(200_000) }, { Id: "2", Message: "x".repeat(70_000) }], "BatchRequestTooLongException", "The length of all the messages put together is more than the limit."],
  ])("%s is refused as a whole", async (_what, entries, name, message) => {
    await expect(batch(entries)).rejects.toMatchObject({ name, message });
  });

  it("goes out without its bad entries", async () => {
    await cloud.subscribe({ Protocol: "sqs", Endpoint: QUEUE });
    const { Successful, Failed } = await batch([
      { Id: "good", Message: "one" },
      { Id: "bad", Message: "two", Subject: "" },
      { Id: "fine", Message: "three" },
    ]);
    expect(Successful?.map(({ Id }) => Id)).toEqual(["good", "fine"]);
    expect(Failed).toEqual([
      {
        Id: "bad",
        Code: "InvalidParameter",
        Message: "Invalid parameter: Subject",
        SenderFault: true,
      },
    ]);
    expect((await sent()).map((each) => each["Message"])).toEqual(["one", "three"]);
  });
});

describe("a FIFO topic", () => {
  const fifo = `${TOPIC}.fifo`;
  const publish = (more: Partial<PublishCommandInput> = {}) =>
    cloud.sns.send(
      new PublishCommand({ TopicArn: fifo, Message: "one", MessageGroupId: "g", ...more }),
    );
  const createFifo = (more: Record<string, string> = {}) =>
    cloud.createTopic({ Name: "orders.fifo", Attributes: { FifoTopic: "true", ...more } });

  it("sends the same message once in five minutes, numbered and unsigned", async () => {
    await createFifo({ ContentBasedDeduplication: "true" });
    await cloud.subscribe({ TopicArn: fifo, Protocol: "sqs", Endpoint: `${QUEUE}.fifo` });
    const first = await publish();
    const again = await publish();
    expect([again.MessageId, again.SequenceNumber]).toEqual([
      first.MessageId,
      first.SequenceNumber,
    ]);
    const second = await publish({ Message: "two" });
    expect(BigInt(second.SequenceNumber ?? 0)).toBeGreaterThan(BigInt(first.SequenceNumber ?? 0));
    await cloud.advance(300_000);
    expect((await publish()).MessageId).not.toBe(first.MessageId);
    const messages = await sent();
    expect(messages.map((each) => each["Message"])).toEqual(["one", "two", "one"]);
    expect(messages[0]).toHaveProperty("SequenceNumber");
    expect(messages[0]).not.toHaveProperty("Signature");
  });

  it("wants a group, a way to tell duplicates, and queues", async () => {
    await createFifo();
    await expect(publish({ MessageGroupId: undefined })).rejects.toThrow(
      "Invalid parameter: The MessageGroupId parameter is required for FIFO topics",
    );
    await expect(publish()).rejects.toThrow(
      "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
    );
    await expect(
      cloud.subscribe({ TopicArn: fifo, Protocol: "email", Endpoint: "a@b.c" }),
    ).rejects.toThrow("SQS");
  });
});
