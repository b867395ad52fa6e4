import type { Cloud } from "../../service.ts";
import type { Confirmations } from "./confirmations.ts";
import type { PlaceState, SubscriptionRow } from "./state.ts";

/** Ends a subscription; an HTTP endpoint or a mailbox hears of it, and may take it back. */
export function endSubscription(
  { store }: Pick<Cloud, "store">,
  confirmations: Confirmations,
  state: PlaceState,
  subscription: SubscriptionRow,
): void {
  store.transaction(() => {
    state.subscriptions.delete(subscription.arn);
    const topic = state.topics.get(subscription.topicArn);
    if (topic === undefined) return;
    const deletedSubscriptions = topic.deletedSubscriptions + 1;
    state.topics.set(topic.arn, { ...topic, deletedSubscriptions });
    if (subscription.isConfirmed && hasConfirmations(subscription.protocol)) {
      confirmations.ask(state, subscription, "UnsubscribeConfirmation");
    }
  });
}

/** Endpoints of others must say that they want the messages. */
export function hasConfirmations(protocol: SubscriptionRow["protocol"]): boolean {
  return /^(?:https?|email(?:-json)?)$/.test(protocol);
}
