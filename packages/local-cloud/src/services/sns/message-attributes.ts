import type { MessageAttributeValue } from "@aws-sdk/client-sns";
import { invalidAttributeValue } from "./errors.ts";
import { ATTRIBUTE_NAME_MAX } from "./limits.ts";
import type { MessageAttribute } from "./message.ts";

/**
 * Checks the attributes that a message was published with.
 * Source: recorded AWS answers (LocalStack test_empty_or_wrong_message_attributes).
 * @throws {AwsError} ParameterValueInvalid
 */
export function readMessageAttributes(
  given: Readonly<Record<string, MessageAttributeValue>> = {},
): Record<string, MessageAttribute> {
  const read = Object.entries(given).map(([name, value]) => {
    checkName(name);
    return [name, readOne(name, value)] as const;
  });
  return Object.fromEntries(read);
}

function checkName(name: string): void {
  if (Buffer.byteLength(name) > ATTRIBUTE_NAME_MAX) {
    throw invalidAttributeValue("Length of message attribute name must be less than 256 bytes.");
  }
  const [bad] = /[^A-Za-z0-9_.-]/.exec(name) ?? [];
  if (bad !== undefined) {
    const code = (bad.codePointAt(0) ?? 0).toString(16).toUpperCase();
    throw invalidAttributeValue(
      `Invalid non-alphanumeric character '#x${code}' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.`,
    );
  }
  if (name.startsWith(".")) {
    throw invalidAttributeValue(
      "Invalid message attribute name starting with character '.' was found.",
    );
  }
  if (name.endsWith(".")) {
    throw invalidAttributeValue(
      "Invalid message attribute name ending with character '.' was found.",
    );
  }
  if (name.includes("..")) {
    throw invalidAttributeValue("Message attribute name can not have successive '.' character.");
  }
}

function readOne(
  name: string,
  { DataType: type = "", StringValue: text, BinaryValue: bytes }: MessageAttributeValue,
): MessageAttribute {
  const base = type.split(".", 1)[0] ?? "";
  if (!["Binary", "Number", "String"].includes(base)) {
    throw invalidAttributeValue(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  }
  const isBinary = base === "Binary";
  const own = isBinary ? bytes : text;
  const other = isBinary ? text : bytes;
  if (own === undefined && other !== undefined) {
    throw invalidAttributeValue(
      `The message attribute '${name}' with type '${type}' must use field '${isBinary ? "Binary" : "String"}'.`,
    );
  }
  if (own === undefined || own.length === 0) {
    throw invalidAttributeValue(
      `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${type}'.`,
    );
  }
  if (typeof own !== "string") return { type, value: Buffer.from(own).toString("base64") };
  if (base === "Number" && !/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(own)) {
    // Unverified: the text, which is that of SQS.
    throw invalidAttributeValue(`Could not cast message attribute '${name}' value to number.`);
  }
  return { type, value: own };
}

/** What attributes count towards a message's size: names, types and values. */
export function attributesBytes(attributes: Readonly<Record<string, MessageAttribute>>): number {
  let bytes = 0;
  for (const [name, { type, value }] of Object.entries(attributes)) {
    const valueBytes = type.startsWith("Binary")
      ? Buffer.byteLength(value, "base64")
      : Buffer.byteLength(value);
    bytes += Buffer.byteLength(name) + Buffer.byteLength(type) + valueBytes;
  }
  return bytes;
}
