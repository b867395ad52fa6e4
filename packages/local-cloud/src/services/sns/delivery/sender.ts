import type { Cloud } from "../../../service.ts";
import { effectiveDeliveryPolicy } from "../delivery-policy.ts";
import { textFor } from "../message.ts";
import {
  type EnvelopeContext,
  envelopeOf,
  envelopeText,
  lambdaEventOf,
} from "../signing/envelope.ts";
import type { Attributes, DeliveryRow, PlaceState } from "../state.ts";
import type { HttpSender } from "./http-sender.ts";
import { letterOf, putInOutbox } from "./outbox.ts";
import type { Outcome } from "./retry-plan.ts";

/** Every endpoint that is not on this machine: its messages are kept where they can be read. */
const DELIVERED: Outcome = { kind: "delivered" };

/** Brings one message to one subscription, once. */
export async function sendOnce(
  parts: { readonly cloud: Cloud; readonly http: HttpSender },
  state: PlaceState,
  { message, subscription }: DeliveryRow,
  context: EnvelopeContext,
): Promise<Outcome> {
  const { protocol } = subscription;
  switch (protocol) {
    case "http":
    case "https": {
      const isRaw =
        message.kind === "Notification" && subscription.attributes["RawMessageDelivery"] === "true";
      const ids = { subscriptionArn: subscription.arn, protocol };
      const body = isRaw
        ? textFor(message, protocol)
        : envelopeText(envelopeOf(message, ids, context));
      const contentType = contentTypeOf(message.kind, context.attributes, subscription.attributes);
      return parts.http.send({ subscription, message, body, contentType, isRaw });
    }
    case "lambda":
      return invoke(parts.cloud, { message, subscription }, context);
    case "email":
    case "email-json":
    case "sms":
      putInOutbox(parts.cloud, state, letterOf(message, subscription, context));
      return DELIVERED;
    case "sqs":
      putInOutbox(parts.cloud, state, letterOf(message, subscription, context));
      return {
        kind: "failed",
        reason: "the local cloud has no SQS; the message is kept in the outbox",
        isPermanent: true,
      };
    default:
      return protocol satisfies never;
  }
}

function contentTypeOf(kind: string, topic: Attributes, subscription: Attributes): string {
  if (kind !== "Notification") return "text/plain; charset=UTF-8";
  const { requestPolicy } = effectiveDeliveryPolicy(topic, subscription);
  return requestPolicy.headerContentType;
}

/** The function's own policy must let SNS in, for this topic. */
async function invoke(
  cloud: Cloud,
  { message, subscription }: Pick<DeliveryRow, "message" | "subscription">,
  context: EnvelopeContext,
): Promise<Outcome> {
  if (message.kind !== "Notification") return DELIVERED;
  const [, , , region = "", account = ""] = subscription.endpoint.split(":");
  const functions = await cloud.port("functions");
  const event = lambdaEventOf(message, subscription.arn, context);
  const result = await functions.invoke({
    // The function may be of another region than the topic.
    account,
    region,
    functionName: subscription.endpoint,
    payload: Buffer.from(JSON.stringify(event)),
    invocationType: "Event",
    source: { principal: "sns.amazonaws.com", arn: subscription.topicArn },
  });
  if (result.kind !== "refused") return DELIVERED;
  const isPermanent = result.status < 500 && result.status !== 429;
  return { kind: "failed", reason: result.message, isPermanent };
}
