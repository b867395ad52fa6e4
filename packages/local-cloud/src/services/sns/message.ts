/** One message attribute as it is sent on: binary values are base64 texts. */
export interface MessageAttribute {
  /** "String", "String.Array", "Number", "Binary", or one with a suffix of the user's own. */
  readonly type: string;
  readonly value: string;
}

interface MessageBase {
  readonly messageId: string;
  readonly topicArn: string;
  /** The text; of structured messages the one called "default". */
  readonly message: string;
  readonly atMs: number;
}

export interface Notification extends MessageBase {
  readonly kind: "Notification";
  readonly subject: string | undefined;
  /** Of structured messages: other texts by protocol. */
  readonly byProtocol: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
  readonly groupId: string | undefined;
  readonly sequenceNumber: string | undefined;
}

export interface Confirmation extends MessageBase {
  readonly kind: "SubscriptionConfirmation" | "UnsubscribeConfirmation";
  readonly token: string;
}

/** What a topic sends to a subscription. */
export type Message = Notification | Confirmation;

/** The text a protocol gets. */
export function textFor(message: Message, protocol: string): string {
  if (message.kind !== "Notification") return message.message;
  return message.byProtocol[protocol] ?? message.message;
}
