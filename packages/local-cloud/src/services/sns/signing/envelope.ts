import type { Attributes } from "../state.ts";
import {
  type Confirmation,
  type Message,
  type MessageAttribute,
  type Notification,
  textFor,
} from "../message.ts";
import type { Signer } from "./signer.ts";

/** Where this cloud serves what envelopes point to: "http://127.0.0.1:4566/_aws/sns/". */
export interface EnvelopeContext {
  readonly signer: Signer;
  readonly baseUrl: string;
  /** The topic's. */
  readonly attributes: Attributes;
}

export type WireAttribute = { readonly Type: string; readonly Value: string };

/**
 * A message in the JSON form that HTTP endpoints, queues and JSON mails get, its members in AWS's order.
 * Source: AWS docs, "Parsing Amazon SNS message formats"; recorded AWS answers (LocalStack test_sns).
 */
export function envelopeOf(
  message: Message,
  { subscriptionArn, protocol }: { readonly subscriptionArn: string; readonly protocol: string },
  context: EnvelopeContext,
): Record<string, unknown> {
  const { baseUrl } = context;
  if (message.kind !== "Notification") {
    const SubscribeURL = subscribeUrl(baseUrl, message);
    return {
      Type: message.kind,
      MessageId: message.messageId,
      Token: message.token,
      TopicArn: message.topicArn,
      Message: message.message,
      SubscribeURL,
      Timestamp: timestampOf(message),
      ...signatureOf(message, message.message, context),
    };
  }
  const text = textFor(message, protocol);
  const attributes = wireAttributes(message);
  const isFifo = message.sequenceNumber !== undefined;
  return {
    Type: message.kind,
    MessageId: message.messageId,
    ...(isFifo && { SequenceNumber: message.sequenceNumber }),
    TopicArn: message.topicArn,
    ...(message.subject !== undefined && { Subject: message.subject }),
    Message: text,
    Timestamp: timestampOf(message),
    // Messages of FIFO topics are not signed.
    ...(!isFifo && signatureOf(message, text, context)),
    UnsubscribeURL: unsubscribeUrl(baseUrl, subscriptionArn),
    ...(Object.keys(attributes).length > 0 && { MessageAttributes: attributes }),
  };
}

function signatureOf(
  message: Message,
  text: string,
  { signer, baseUrl, attributes }: EnvelopeContext,
) {
  const version = attributes["SignatureVersion"] ?? "1";
  return {
    SignatureVersion: version,
    Signature: signer.sign(textToSign(message, text, baseUrl), version),
    SigningCertURL: `${baseUrl}${signer.certificateFile}`,
  };
}

/** Source: AWS docs, "Verifying the signatures of Amazon SNS messages": names and values, a line each. */
function textToSign(message: Message, text: string, baseUrl: string): string {
  const { messageId: MessageId, topicArn: TopicArn, kind: Type } = message;
  const Timestamp = timestampOf(message);
  const members =
    message.kind === "Notification"
      ? {
          Message: text,
          MessageId,
          ...(message.subject !== undefined && { Subject: message.subject }),
          Timestamp,
          TopicArn,
          Type,
        }
      : {
          Message: text,
          MessageId,
          SubscribeURL: subscribeUrl(baseUrl, message),
          Timestamp,
          Token: message.token,
          TopicArn,
          Type,
        };
  return Object.entries(members)
    .map(([name, value]) => `${name}\n${value}\n`)
    .join("");
}

export function wireAttributes({ attributes }: Notification): Record<string, WireAttribute> {
  const entries = Object.entries(attributes).map(
    ([name, { type, value }]: readonly [string, MessageAttribute]) =>
      [name, { Type: type, Value: value }] as const,
  );
  return Object.fromEntries(entries);
}

/**
 * What a Lambda function gets: other letters in the URLs' names, null for what is missing.
 * Source: AWS docs, "Using Lambda with Amazon SNS"; LocalStack snapshot test_python_lambda_subscribe_sns_topic.
 */
export function lambdaEventOf(
  message: Notification,
  subscriptionArn: string,
  context: EnvelopeContext,
): unknown {
  const text = textFor(message, "lambda");
  const { SignatureVersion, Signature, SigningCertURL } = signatureOf(message, text, context);
  return {
    Records: [
      {
        EventSource: "aws:sns",
        EventVersion: "1.0",
        EventSubscriptionArn: subscriptionArn,
        Sns: {
          Type: message.kind,
          MessageId: message.messageId,
          TopicArn: message.topicArn,
          Subject: message.subject ?? null,
          Message: text,
          Timestamp: timestampOf(message),
          SignatureVersion,
          Signature,
          SigningCertUrl: SigningCertURL,
          UnsubscribeUrl: unsubscribeUrl(context.baseUrl, subscriptionArn),
          MessageAttributes: wireAttributes(message),
        },
      },
    ],
  };
}

/** AWS writes one member a line, with spaces around the colon. */
export function envelopeText(envelope: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(envelope).map(([name, value]) =>
    name === "MessageAttributes" && typeof value === "object" && value !== null
      ? `  ${JSON.stringify(name)} : ${attributesText(value)}`
      : `  ${JSON.stringify(name)} : ${JSON.stringify(value)}`,
  );
  return `{\n${lines.join(",\n")}\n}`;
}

function attributesText(attributes: object): string {
  const lines = Object.entries(attributes).map(
    ([name, value]) => `    ${JSON.stringify(name)} : ${JSON.stringify(value)}`,
  );
  return `{\n${lines.join(",\n")}\n  }`;
}

export function subscribeUrl(baseUrl: string, { topicArn, token }: Confirmation): string {
  return `${baseUrl}?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=${token}`;
}

export function unsubscribeUrl(baseUrl: string, subscriptionArn: string): string {
  return `${baseUrl}?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`;
}

function timestampOf({ atMs }: Message): string {
  return new Date(atMs).toISOString();
}
