import type { OutboxItem } from "../../data-plane/ports.ts";
import type { Cloud } from "../../service.ts";
import type { Table } from "../../storage/store.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import { parseArn, parseArnHere } from "./arns.ts";
import { invalidParameter, subscriptionNotFound, topicNotFound } from "./errors.ts";
import { CONFIRMATION_AGE_MS } from "./limits.ts";
import type { Message } from "./message.ts";

export const SERVICE = "sns";

export type Attributes = Readonly<Record<string, string>>;

export interface TopicRow {
  readonly name: string;
  readonly arn: string;
  /** What was set; everything else has its default. */
  readonly attributes: Attributes;
  readonly tags: Attributes;
  readonly deletedSubscriptions: number;
}

export type Protocol = "email" | "email-json" | "http" | "https" | "lambda" | "sms" | "sqs";

export interface SubscriptionRow {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: Protocol;
  readonly endpoint: string;
  readonly owner: string;
  /** Who subscribed. */
  readonly principal: string;
  /** What was set; everything else has its default. */
  readonly attributes: Attributes;
  readonly isConfirmed: boolean;
  readonly wasAuthenticated: boolean;
  /** Whether its UnsubscribeURL is not enough to end it. */
  readonly needsOwnerToUnsubscribe: boolean;
  readonly createdAtMs: number;
}

/** A sent token, and the subscription that it confirms or brings back. */
export interface TokenRow {
  readonly subscription: SubscriptionRow;
  readonly expiresAtMs: number;
}

/** A message on its way to one subscription. */
export interface DeliveryRow {
  readonly id: string;
  readonly message: Message;
  /** As it was when the message was published; a notification needs it to be there still. */
  readonly subscription: SubscriptionRow;
  /** Attempts that failed. */
  readonly failures: number;
  readonly publishedAtMs: number;
  readonly dueAtMs: number;
}

export interface DeduplicationRow {
  readonly messageId: string;
  readonly sequenceNumber: string;
  readonly expiresAtMs: number;
}

/** The tables of one account in one region. */
export interface PlaceState {
  readonly place: Place;
  /** By ARN. */
  readonly topics: Table<TopicRow>;
  readonly subscriptions: Table<SubscriptionRow>;
  readonly tokens: Table<TokenRow>;
  readonly deliveries: Table<DeliveryRow>;
  /** By topic ARN and deduplication id. */
  readonly deduplication: Table<DeduplicationRow>;
  readonly outbox: Table<OutboxItem>;
  /** "sms" has what SetSMSAttributes sets. */
  readonly settings: Table<Attributes>;
}

export interface SnsState {
  in(place: Place): PlaceState;
  /** Every account and region that has stored rows. */
  places(): PlaceState[];
}

export function createSnsState({ store }: Pick<Cloud, "store">): SnsState {
  const open = ({ account, region }: Place): PlaceState => {
    const scope = { account, region, service: SERVICE };
    return {
      place: { account, region },
      topics: store.table(scope, "topics"),
      subscriptions: store.table(scope, "subscriptions"),
      tokens: store.table(scope, "tokens"),
      deliveries: store.table(scope, "deliveries"),
      deduplication: store.table(scope, "deduplication"),
      outbox: store.table(scope, "outbox"),
      settings: store.table(scope, "settings"),
    };
  };
  return {
    in: open,
    // The signing key belongs to no account.
    places: () =>
      store
        .scopes(SERVICE)
        .filter(({ account }) => account !== "")
        .map(open),
  };
}

/** @throws {AwsError} InvalidParameter, NotFound */
export function findTopic(sns: SnsState, context: Place, topicArn: string, member = "TopicArn") {
  const { subscriptionId, ...arn } = parseArnHere(topicArn, member, context);
  const state = sns.in(arn);
  const topic = state.topics.get(topicArn);
  if (topic === undefined || subscriptionId !== undefined) throw topicNotFound();
  return { state, topic };
}

/** @throws {AwsError} InvalidParameter, NotFound */
export function findSubscription(
  sns: SnsState,
  context: Place,
  subscriptionArn: string,
  nowMs: number,
) {
  const arn = parseArnHere(subscriptionArn, "SubscriptionArn", context);
  if (arn.subscriptionId === undefined) throw invalidParameter("SubscriptionId");
  const state = sns.in(arn);
  const subscription = state.subscriptions.get(subscriptionArn);
  if (subscription === undefined || isForgotten(subscription, nowMs)) throw subscriptionNotFound();
  return { state, subscription };
}

/** Nobody confirmed it in time: it is then as if it never was. */
export function isForgotten({ isConfirmed, createdAtMs }: SubscriptionRow, nowMs: number): boolean {
  return !isConfirmed && createdAtMs + CONFIRMATION_AGE_MS <= nowMs;
}

/** The subscriptions of a topic that are there, confirmed or not. */
export function subscriptionsOf(
  state: PlaceState,
  topicArn: string,
  nowMs: number,
): SubscriptionRow[] {
  return [...state.subscriptions.values()].filter(
    (subscription) => subscription.topicArn === topicArn && !isForgotten(subscription, nowMs),
  );
}

export function isFifo(topicArn: string): boolean {
  return parseArn(topicArn, "TopicArn").topicName.endsWith(".fifo");
}
