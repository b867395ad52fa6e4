import type { Dispatcher } from "undici";
import type { Message } from "../message.ts";
import { HTTP_ANSWER_BYTES_MAX, HTTP_CONNECTIONS_MAX, HTTP_DEADLINE_MS } from "../limits.ts";
import type { SubscriptionRow } from "../state.ts";
import type { Outcome } from "./retry-plan.ts";

export interface HttpSender {
  send(request: HttpDelivery): Promise<Outcome>;
  close(): Promise<void>;
}

export interface HttpDelivery {
  readonly subscription: SubscriptionRow;
  readonly message: Message;
  readonly body: string;
  readonly contentType: string;
  readonly isRaw: boolean;
}

/**
 * POSTs to wherever a user has subscribed, as AWS does. What keeps it in bounds: a deadline, few
 * connections to one address, no redirects, and an answer that is thrown away. The deadline is real time,
 * whatever the cloud's clock does: endpoints are real.
 */
export function createHttpSender(): HttpSender {
  let agent: Promise<Dispatcher> | undefined;
  const dispatcher = () => (agent ??= openAgent());
  return {
    async send(delivery) {
      const url = new URL(delivery.subscription.endpoint);
      // Endpoints may name a user: "https://name:password@example.com".
      const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
      try {
        const answer = await (
          await dispatcher()
        ).request({
          origin: url.origin,
          path: url.pathname + url.search,
          method: "POST",
          headers: {
            ...headersOf(delivery),
            ...(url.username !== "" && {
              authorization: `Basic ${Buffer.from(login).toString("base64")}`,
            }),
          },
          body: delivery.body,
          signal: AbortSignal.timeout(HTTP_DEADLINE_MS),
        });
        await answer.body.dump({ limit: HTTP_ANSWER_BYTES_MAX });
        return outcomeOf(answer.statusCode);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return { kind: "failed", reason, isPermanent: false };
      }
    },
    async close() {
      await (await agent)?.destroy();
    },
  };
}

/** Undici is loaded when the first message leaves for an HTTP endpoint. */
async function openAgent(): Promise<Dispatcher> {
  const { Agent } = await import("undici");
  return new Agent({ connections: HTTP_CONNECTIONS_MAX, connect: { timeout: HTTP_DEADLINE_MS } });
}

/**
 * Server errors and throttling are tried again. Source: AWS docs, "Amazon SNS message delivery retries".
 * Unverified: that a redirect is a failure for good.
 */
function outcomeOf(status: number): Outcome {
  if (status >= 200 && status < 300) return { kind: "delivered" };
  const isPermanent = status < 500 && status !== 429;
  return { kind: "failed", reason: `the endpoint answered ${status}`, isPermanent };
}

/** Source: AWS docs, "HTTP/HTTPS headers"; recorded AWS answers (LocalStack test_subscribe_external_http_endpoint). */
function headersOf({ subscription, message, contentType, isRaw }: HttpDelivery) {
  return {
    "x-amz-sns-message-type": message.kind,
    "x-amz-sns-message-id": message.messageId,
    "x-amz-sns-topic-arn": message.topicArn,
    ...(message.kind !== "SubscriptionConfirmation" && {
      "x-amz-sns-subscription-arn": subscription.arn,
    }),
    ...(isRaw && { "x-amz-sns-rawdelivery": "true" }),
    "content-type": contentType,
    "user-agent": "Amazon Simple Notification Service Agent",
    "accept-encoding": "gzip,deflate",
  };
}
