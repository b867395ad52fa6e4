import type { OutboxItem } from "../../../data-plane/ports.ts";
import type { Cloud } from "../../../service.ts";
import { OUTBOX_ITEMS_MAX } from "../limits.ts";
import { type Message, textFor } from "../message.ts";
import {
  type EnvelopeContext,
  envelopeOf,
  envelopeText,
  subscribeUrl,
  unsubscribeUrl,
} from "../signing/envelope.ts";
import type { PlaceState, SnsState, SubscriptionRow } from "../state.ts";

type Letter = Pick<OutboxItem, "protocol" | "to" | "subject" | "body">;

/** Keeps a letter of a place, and forgets the oldest beyond what is kept. */
export function putInOutbox(cloud: Cloud, { place, outbox }: PlaceState, letter: Letter): void {
  const id = cloud.random.uuid();
  cloud.store.transaction(() => {
    for (const oldest of outbox.values()) {
      if (outbox.size < OUTBOX_ITEMS_MAX) break;
      outbox.delete(oldest.id);
    }
    outbox.set(id, { id, ...place, atMs: cloud.clock.nowMs(), ...letter });
  });
}

export function outboxItems(sns: SnsState): OutboxItem[] {
  const items: OutboxItem[] = [];
  for (const { outbox } of sns.places()) items.push(...outbox.values());
  return items.toSorted((one, other) => one.atMs - other.atMs);
}

/** A message as a mail, a text message or a queue would get it. Unverified: the words of mails. */
export function letterOf(
  message: Message,
  subscription: SubscriptionRow,
  context: EnvelopeContext,
): Letter {
  const { protocol, endpoint: to, arn: subscriptionArn } = subscription;
  const subject = subjectOf(message);
  const text = textFor(message, protocol);
  switch (protocol) {
    case "sms": {
      const name = context.attributes["DisplayName"] ?? "";
      return { protocol, to, subject: undefined, body: name === "" ? text : `${name}> ${text}` };
    }
    case "email":
      return { protocol, to, subject, body: mailText(message, subscription, context) };
    default: {
      const isRaw = subscription.attributes["RawMessageDelivery"] === "true";
      const envelope = envelopeText(envelopeOf(message, { subscriptionArn, protocol }, context));
      const body = isRaw && message.kind === "Notification" ? text : envelope;
      return { protocol, to, subject: protocol === "sqs" ? undefined : subject, body };
    }
  }
}

function subjectOf(message: Message): string {
  switch (message.kind) {
    case "Notification":
      return message.subject ?? "AWS Notification Message";
    case "SubscriptionConfirmation":
      return "AWS Notification - Subscription Confirmation";
    case "UnsubscribeConfirmation":
      return "AWS Notification - Unsubscribe Confirmation";
    default:
      return message satisfies never;
  }
}

function mailText(
  message: Message,
  subscription: SubscriptionRow,
  { baseUrl }: EnvelopeContext,
): string {
  switch (message.kind) {
    case "Notification":
      return `${textFor(message, "email")}\n\n--\nTo receive no more of this topic, open:\n${unsubscribeUrl(baseUrl, subscription.arn)}\n`;
    case "SubscriptionConfirmation":
      return `You were subscribed to ${message.topicArn}.\nTo confirm, open:\n${subscribeUrl(baseUrl, message)}\n`;
    case "UnsubscribeConfirmation":
      return `Your subscription to ${message.topicArn} has ended.\nTo subscribe again, open:\n${subscribeUrl(baseUrl, message)}\n`;
    default:
      return message satisfies never;
  }
}
