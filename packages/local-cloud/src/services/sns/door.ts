import type { IncomingMessage, ServerResponse } from "node:http";
import { AwsError } from "../../aws-error.ts";
import type { Cloud, DoorMatch } from "../../service.ts";
import { parseArn } from "./arns.ts";
import type { Confirmations } from "./confirmations.ts";
import { invalidParameter, notAuthorized } from "./errors.ts";
import { endSubscription } from "./removal.ts";
import type { Signer } from "./signing/signer.ts";
import type { SnsState } from "./state.ts";

/**
 * What messages point to: the certificate of their signatures, and the links that confirm and end
 * subscriptions. Nobody signs these requests.
 */
export function createSnsDoor(parts: {
  readonly cloud: Cloud;
  readonly sns: SnsState;
  readonly confirmations: Confirmations;
  readonly signer: () => Promise<Signer>;
}) {
  const { cloud, sns, confirmations } = parts;

  const confirm = (query: URLSearchParams): string => {
    const topicArn = query.get("TopicArn") ?? "";
    const { arn } = confirmations.confirm(stateOf(sns, topicArn), {
      topicArn,
      token: query.get("Token") ?? "",
      isAuthenticated: false,
      needsOwnerToUnsubscribe: false,
    });
    return `<ConfirmSubscriptionResult><SubscriptionArn>${escaped(arn)}</SubscriptionArn></ConfirmSubscriptionResult>`;
  };

  const unsubscribe = (query: URLSearchParams): string => {
    const arn = query.get("SubscriptionArn") ?? "";
    const { account, region, subscriptionId } = parseArn(arn, "SubscriptionArn");
    if (subscriptionId === undefined) throw invalidParameter("SubscriptionId");
    const state = sns.in({ account, region });
    const subscription = state.subscriptions.get(arn);
    if (subscription?.needsOwnerToUnsubscribe === true) {
      throw notAuthorized("An anonymous caller", "SNS:Unsubscribe", arn);
    }
    if (subscription !== undefined) endSubscription(cloud, confirmations, state, subscription);
    return "";
  };

  return {
    async serve(_request: IncomingMessage, response: ServerResponse, match: DoorMatch) {
      const url = new URL(match.path, "http://sns");
      if (url.pathname !== "/")
        return serveCertificate(response, url.pathname, await parts.signer());
      const requestId = cloud.random.uuid();
      const action = url.searchParams.get("Action") ?? "";
      try {
        const result = runAction(action, url.searchParams, { confirm, unsubscribe });
        send(response, 200, answerXml(action, result, requestId));
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        send(
          response,
          error.code.startsWith("Authorization") ? 403 : 400,
          errorXml(error, requestId),
        );
      }
    },
  };
}

function runAction(
  action: string,
  query: URLSearchParams,
  actions: Readonly<Record<"confirm" | "unsubscribe", (query: URLSearchParams) => string>>,
): string {
  if (action === "ConfirmSubscription") return actions.confirm(query);
  if (action === "Unsubscribe") return actions.unsubscribe(query);
  throw new AwsError(
    "InvalidAction",
    `Could not find operation ${action}. Here are ConfirmSubscription and Unsubscribe.`,
  );
}

/** Source: recorded AWS answer (LocalStack test_subscribe_external_http_endpoint): "Topic" for a bad ARN. */
function stateOf(sns: SnsState, topicArn: string) {
  if (topicArn.split(":").length !== 6) throw invalidParameter("Topic");
  return sns.in(parseArn(topicArn, "TopicArn"));
}

function serveCertificate(response: ServerResponse, path: string, signer: Signer): void {
  if (path !== `/${signer.certificateFile}`) return void response.writeHead(404).end();
  response.writeHead(200, { "content-type": "application/x-pem-file" }).end(signer.certificate);
}

const NAMESPACE = "http://sns.amazonaws.com/doc/2010-03-31/";

function answerXml(action: string, result: string, requestId: string): string {
  return `<${action}Response xmlns="${NAMESPACE}">${result}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`;
}

function errorXml({ code, message }: AwsError, requestId: string): string {
  const name = code.replace(/Exception$/, "");
  return `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>${name}</Code><Message>${escaped(message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": "text/xml" }).end(body);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
