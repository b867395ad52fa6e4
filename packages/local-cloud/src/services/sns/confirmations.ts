import type { Cloud } from "../../service.ts";
import type { DeliveryQueue } from "./delivery/queue.ts";
import { invalidParameter, invalidValue } from "./errors.ts";
import { CONFIRMATION_AGE_MS } from "./limits.ts";
import type { PlaceState, SubscriptionRow } from "./state.ts";

/** Tokens: who gets one may make a subscription live, or bring an ended one back. */
export interface Confirmations {
  /** Sends a new token to the subscription's endpoint. */
  ask(
    state: PlaceState,
    subscription: SubscriptionRow,
    why: "SubscriptionConfirmation" | "UnsubscribeConfirmation",
  ): void;
  /**
   * Makes the subscription live that the token stands for.
   * @throws {AwsError} InvalidParameter
   */
  confirm(
    state: PlaceState,
    request: {
      readonly topicArn: string;
      readonly token: string;
      readonly isAuthenticated: boolean;
      readonly needsOwnerToUnsubscribe: boolean;
    },
  ): SubscriptionRow;
}

/** As long as AWS's. */
const TOKEN_DIGITS = 288;

export function createConfirmations(cloud: Cloud, queue: DeliveryQueue): Confirmations {
  return {
    ask(state, subscription, why) {
      const nowMs = cloud.clock.nowMs();
      const token = cloud.random.hex(TOKEN_DIGITS);
      const { topicArn, arn } = subscription;
      const message =
        why === "SubscriptionConfirmation"
          ? `You have chosen to subscribe to the topic ${topicArn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`
          : `You have chosen to deactivate subscription ${arn}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.`;
      cloud.store.transaction(() => {
        for (const [old, { expiresAtMs }] of state.tokens.entries()) {
          if (expiresAtMs <= nowMs) state.tokens.delete(old);
        }
        state.tokens.set(token, { subscription, expiresAtMs: nowMs + CONFIRMATION_AGE_MS });
        const messageId = cloud.random.uuid();
        queue.add(
          state,
          { kind: why, messageId, topicArn, message, token, atMs: nowMs },
          subscription,
        );
      });
    },

    confirm(state, { topicArn, token, isAuthenticated, needsOwnerToUnsubscribe }) {
      // Source: recorded AWS answers (LocalStack test_sns_confirm_subscription_wrong_token).
      if (!/^[0-9a-f]{200,}$/.test(token)) throw invalidValue("Invalid token");
      const row = state.tokens.get(token);
      const isGood =
        row !== undefined &&
        row.subscription.topicArn === topicArn &&
        row.expiresAtMs > cloud.clock.nowMs() &&
        state.topics.has(topicArn);
      if (!isGood) throw invalidParameter("Token");
      const current = state.subscriptions.get(row.subscription.arn) ?? row.subscription;
      if (current.isConfirmed && state.subscriptions.has(current.arn)) return current;
      const confirmed = {
        ...current,
        isConfirmed: true,
        wasAuthenticated: isAuthenticated,
        needsOwnerToUnsubscribe,
      };
      state.subscriptions.set(confirmed.arn, confirmed);
      return confirmed;
    },
  };
}
