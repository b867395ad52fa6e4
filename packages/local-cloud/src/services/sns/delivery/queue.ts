import type { Scheduled } from "../../../clock.ts";
import type { Cloud } from "../../../service.ts";
import { parseArn } from "../arns.ts";
import { effectiveDeliveryPolicy } from "../delivery-policy.ts";
import type { Message } from "../message.ts";
import type { TopicMetrics } from "../metrics.ts";
import type { Signer } from "../signing/signer.ts";
import type { DeliveryRow, PlaceState, SnsState, SubscriptionRow } from "../state.ts";
import type { HttpSender } from "./http-sender.ts";
import { httpDelaysMs, managedDelayMs, type Outcome } from "./retry-plan.ts";
import { sendOnce } from "./sender.ts";

export interface DeliveryQueue {
  /** Accepts a message for one subscription: from here on it is not lost, also not by kill -9. */
  add(state: PlaceState, message: Message, subscription: SubscriptionRow): void;
  /** Goes on with what was under way when the cloud stopped. */
  resume(): void;
  /** Starts nothing more. */
  stop(): void;
  /** Resolves when what was under way at `stop` has ended. */
  ended(): Promise<void>;
}

/** Where everything that envelopes point to is served. */
export function baseUrlOf(cloud: Pick<Cloud, "endpointUrl">): string {
  return `${cloud.endpointUrl()}/_aws/sns/`;
}

/**
 * Every delivery is stored until it has ended, and tried when it is due.
 *
 *     due → delivered                       → gone
 *         → failed, and may succeed later   → due again, as its policy says; then gone
 *         → failed for good, or unsubscribed → gone
 */
export function createDeliveryQueue(parts: {
  readonly cloud: Cloud;
  readonly sns: SnsState;
  readonly http: HttpSender;
  readonly signer: () => Promise<Signer>;
  readonly metrics: TopicMetrics;
}): DeliveryQueue {
  const { cloud, sns, metrics } = parts;
  const { clock } = cloud;
  const scheduled = new Set<Scheduled>();
  const running = new Set<Promise<void>>();
  let isClosed = false;

  const schedule = (state: PlaceState, row: DeliveryRow) => {
    const task = clock.schedule(row.dueAtMs, async () => {
      scheduled.delete(task);
      const run = attempt(state, row).finally(() => running.delete(run));
      running.add(run);
      await run;
    });
    scheduled.add(task);
  };

  const attempt = async (state: PlaceState, row: DeliveryRow) => {
    const startedAtMs = clock.nowMs();
    const { message, subscription } = row;
    if (message.kind === "Notification" && !state.subscriptions.has(subscription.arn)) {
      state.deliveries.delete(row.id);
      return;
    }
    const context = {
      signer: await parts.signer(),
      baseUrl: baseUrlOf(cloud),
      attributes: state.topics.get(message.topicArn)?.attributes ?? {},
    };
    const outcome = await sendOnce(parts, state, row, context);
    // What ends with the cloud stays stored and is tried again at the next start.
    if (isClosed) return;
    // On a virtual clock an attempt takes no time, however long the endpoint took.
    const endedAtMs = clock.kind === "virtual" ? startedAtMs : clock.nowMs();
    settle(state, row, outcome, endedAtMs);
  };

  const settle = (state: PlaceState, row: DeliveryRow, outcome: Outcome, nowMs: number) => {
    const { message, subscription } = row;
    const { topicName } = parseArn(message.topicArn, "TopicArn");
    const count = (name: "NumberOfNotificationsDelivered" | "NumberOfNotificationsFailed") => {
      if (message.kind === "Notification") metrics.record(state.place, topicName, name, 1, nowMs);
    };
    if (outcome.kind === "delivered") {
      state.deliveries.delete(row.id);
      return count("NumberOfNotificationsDelivered");
    }
    const failures = row.failures + 1;
    const delayMs = outcome.isPermanent ? undefined : delayAfter(state, row, failures);
    if (delayMs !== undefined) {
      const next = { ...row, failures, dueAtMs: nowMs + delayMs };
      state.deliveries.set(row.id, next);
      return schedule(state, next);
    }
    state.deliveries.delete(row.id);
    count("NumberOfNotificationsFailed");
    cloud.warn(
      `sns: ${message.kind} ${message.messageId} did not reach ${subscription.endpoint} ` +
        `(${subscription.arn}) in ${failures} attempt${failures === 1 ? "" : "s"}: ${outcome.reason}`,
    );
  };

  return {
    add(state, message, subscription) {
      const nowMs = clock.nowMs();
      const id = cloud.random.uuid();
      const times = { publishedAtMs: nowMs, dueAtMs: nowMs, failures: 0 };
      const row = { id, message, subscription, ...times };
      state.deliveries.set(id, row);
      schedule(state, row);
    },
    resume() {
      for (const state of sns.places()) {
        for (const row of state.deliveries.values()) schedule(state, row);
      }
    },
    stop() {
      isClosed = true;
      for (const task of scheduled) task.cancel();
    },
    async ended() {
      await Promise.allSettled(running);
    },
  };
}

/** Before the next attempt; undefined when there is none. */
function delayAfter(
  state: PlaceState,
  { message, subscription }: DeliveryRow,
  failures: number,
): number | undefined {
  const { protocol, attributes } = subscription;
  if (protocol !== "http" && protocol !== "https") return managedDelayMs(failures);
  const topic = state.topics.get(message.topicArn)?.attributes ?? {};
  const { healthyRetryPolicy } = effectiveDeliveryPolicy(topic, attributes);
  return httpDelaysMs(healthyRetryPolicy)[failures - 1];
}
