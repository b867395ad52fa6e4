import type { MessageAttributeValue } from "@aws-sdk/client-sns";
import { parseJsonObject } from "../../json-object.ts";
import { invalidParameter } from "./errors.ts";
import { SUBJECT_MAX } from "./limits.ts";
import { attributesBytes, readMessageAttributes } from "./message-attributes.ts";
import type { MessageAttribute } from "./message.ts";

/** What a publisher says, checked. */
export interface MessageContent {
  readonly subject: string | undefined;
  readonly message: string;
  readonly byProtocol: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
  readonly groupId: string | undefined;
  readonly deduplicationId: string | undefined;
  /** Of the message as it was given, and its attributes. */
  readonly bytes: number;
}

/** Publish, or one entry of PublishBatch. */
interface Given {
  readonly Message?: string | undefined;
  readonly Subject?: string | undefined;
  readonly MessageStructure?: string | undefined;
  readonly MessageAttributes?: Record<string, MessageAttributeValue> | undefined;
  readonly MessageGroupId?: string | undefined;
  readonly MessageDeduplicationId?: string | undefined;
}

/** @throws {AwsError} InvalidParameter, ParameterValueInvalid */
export function readContent(given: Given): MessageContent {
  const { Message: text = "", Subject: subject, MessageStructure: structure } = given;
  const attributes = readMessageAttributes(given.MessageAttributes);
  const byProtocol = structure === "json" ? textsByProtocol(text) : {};
  if (structure !== undefined && structure !== "json") {
    // Unverified: the text.
    throw invalidParameter("MessageStructure");
  }
  return {
    subject,
    message: byProtocol["default"] ?? text,
    byProtocol,
    attributes,
    groupId: given.MessageGroupId,
    deduplicationId: given.MessageDeduplicationId,
    bytes: Buffer.byteLength(text) + attributesBytes(attributes),
  };
}

/**
 * What is said of one message rather than of a whole batch.
 * @throws {AwsError} InvalidParameter
 */
export function checkTexts({ Message: text = "", Subject: subject }: Given): void {
  if (text === "") throw invalidParameter("Empty message");
  if (subject === undefined) return;
  // Source: AWS docs, API reference, Publish: no line breaks or control characters.
  const isSound = subject.length > 0 && subject.length <= SUBJECT_MAX && !/\p{Cc}/u.test(subject);
  if (!isSound) throw invalidParameter("Subject");
}

function textsByProtocol(text: string): Record<string, string> {
  const texts = parseJsonObject(text);
  if (texts === undefined) {
    throw invalidParameter("Message Structure - JSON message body failed to parse");
  }
  const strings = Object.entries(texts).flatMap(([protocol, value]) =>
    typeof value === "string" ? [[protocol, value] as const] : [],
  );
  const byProtocol = Object.fromEntries(strings);
  if (byProtocol["default"] === undefined) {
    throw invalidParameter("Message Structure - No default entry in JSON message body");
  }
  return byProtocol;
}
