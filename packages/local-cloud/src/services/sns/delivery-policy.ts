import { isJsonObject, type JsonObject, parseJsonObject } from "../../json-object.ts";
import { invalidParameter } from "./errors.ts";
import type { Attributes } from "./state.ts";

/** How a failed delivery to an HTTP endpoint is tried again. Delays are seconds. */
export interface RetryPolicy {
  readonly minDelayTarget: number;
  readonly maxDelayTarget: number;
  readonly numRetries: number;
  readonly numMaxDelayRetries: number;
  readonly numNoDelayRetries: number;
  readonly numMinDelayRetries: number;
  readonly backoffFunction: string;
}

/** Source: recorded AWS answer (LocalStack snapshot test_create_topic_with_attributes). */
const DEFAULT_RETRIES: RetryPolicy = {
  minDelayTarget: 20,
  maxDelayTarget: 20,
  numRetries: 3,
  numMaxDelayRetries: 0,
  numNoDelayRetries: 0,
  numMinDelayRetries: 0,
  backoffFunction: "linear",
};

const DEFAULT_CONTENT_TYPE = "text/plain; charset=UTF-8";

/** Source: AWS docs, "Creating an HTTP/S delivery policy". */
const RANGES: Readonly<Record<string, readonly [least: number, most: number]>> = {
  minDelayTarget: [1, 3600],
  maxDelayTarget: [1, 3600],
  numRetries: [0, 100],
  numMaxDelayRetries: [0, 100],
  numNoDelayRetries: [0, 100],
  numMinDelayRetries: [0, 100],
};
const BACKOFFS = ["arithmetic", "exponential", "geometric", "linear"];

/** What a topic's DeliveryPolicy comes to, with everything it leaves out. */
export function topicDeliveryPolicy(attributes: Attributes) {
  const http = membersOf(parseJsonObject(attributes["DeliveryPolicy"] ?? "{}"), "http");
  return {
    http: {
      defaultHealthyRetryPolicy: retriesOf(http["defaultHealthyRetryPolicy"]) ?? DEFAULT_RETRIES,
      disableSubscriptionOverrides: http["disableSubscriptionOverrides"] === true,
      ...(isJsonObject(http["defaultThrottlePolicy"]) && {
        defaultThrottlePolicy: http["defaultThrottlePolicy"],
      }),
      defaultRequestPolicy: withContentType(
        membersOf(http, "defaultRequestPolicy"),
        DEFAULT_CONTENT_TYPE,
      ),
    },
  };
}

/** A subscription's DeliveryPolicy with all its members, as AWS shows it. */
export function subscriptionDeliveryPolicy(policy: string) {
  const given = parseJsonObject(policy) ?? {};
  return {
    healthyRetryPolicy: retriesOf(given["healthyRetryPolicy"]) ?? null,
    sicklyRetryPolicy: retriesOf(given["sicklyRetryPolicy"]) ?? null,
    throttlePolicy: objectOrNull(given["throttlePolicy"]),
    requestPolicy: objectOrNull(given["requestPolicy"]),
    guaranteed: given["guaranteed"] === true,
  };
}

/** What holds for one subscription: its own policy before its topic's, unless that forbids it. */
export function effectiveDeliveryPolicy(topic: Attributes, subscription: Attributes) {
  const { http } = topicDeliveryPolicy(topic);
  const own = subscriptionDeliveryPolicy(
    http.disableSubscriptionOverrides ? "{}" : (subscription["DeliveryPolicy"] ?? "{}"),
  );
  return {
    ...own,
    healthyRetryPolicy: own.healthyRetryPolicy ?? http.defaultHealthyRetryPolicy,
    requestPolicy: withContentType(
      { ...http.defaultRequestPolicy, ...own.requestPolicy },
      DEFAULT_CONTENT_TYPE,
    ),
  };
}

/**
 * Checks a policy before it is kept. Unverified: the texts.
 * @throws {AwsError} InvalidParameter
 */
export function checkDeliveryPolicy(text: string, whose: "topic" | "subscription"): void {
  const policy = parseJsonObject(text);
  if (policy === undefined) throw invalidParameter("DeliveryPolicy: failed to parse JSON.");
  const owner = whose === "topic" ? membersOf(policy, "http") : policy;
  const name = whose === "topic" ? "defaultHealthyRetryPolicy" : "healthyRetryPolicy";
  const given = membersOf(owner, name);
  for (const [member, value] of Object.entries(given)) {
    const [least, most] = RANGES[member] ?? [];
    if (member === "backoffFunction") {
      if (BACKOFFS.includes(String(value))) continue;
      throw invalidParameter(
        `DeliveryPolicy: ${name}.backoffFunction must be one of ${BACKOFFS.join(", ")}`,
      );
    }
    if (least === undefined || most === undefined) {
      throw invalidParameter(`DeliveryPolicy: unknown member ${name}.${member}`);
    }
    if (typeof value !== "number" || !(value >= least && value <= most)) {
      throw invalidParameter(
        `DeliveryPolicy: ${name}.${member} must be between ${least} and ${most}`,
      );
    }
  }
  checkContentType(membersOf(owner, whose === "topic" ? "defaultRequestPolicy" : "requestPolicy"));
  const retries = retriesOf(given) ?? DEFAULT_RETRIES;
  if (retries.maxDelayTarget < retries.minDelayTarget) {
    throw invalidParameter(
      `DeliveryPolicy: ${name}.maxDelayTarget must be greater than or equal to minDelayTarget`,
    );
  }
}

/** What becomes a header must not be able to start another. */
function checkContentType({ headerContentType: type = DEFAULT_CONTENT_TYPE }: JsonObject): void {
  if (typeof type === "string" && /^[\w.+-]+\/[\w.+-]+(?:; ?charset=[\w-]+)?$/.test(type)) return;
  throw invalidParameter(
    "DeliveryPolicy: headerContentType must be a media type such as application/json",
  );
}

function retriesOf(value: unknown): RetryPolicy | undefined {
  if (!isJsonObject(value)) return undefined;
  const number = (name: string, otherwise: number) => {
    const given = value[name];
    return typeof given === "number" ? given : otherwise;
  };
  return {
    minDelayTarget: number("minDelayTarget", DEFAULT_RETRIES.minDelayTarget),
    maxDelayTarget: number("maxDelayTarget", DEFAULT_RETRIES.maxDelayTarget),
    numRetries: number("numRetries", DEFAULT_RETRIES.numRetries),
    numMaxDelayRetries: number("numMaxDelayRetries", 0),
    numNoDelayRetries: number("numNoDelayRetries", 0),
    numMinDelayRetries: number("numMinDelayRetries", 0),
    backoffFunction: textOr(value["backoffFunction"], DEFAULT_RETRIES.backoffFunction),
  };
}

function membersOf(owner: JsonObject | undefined, name: string): JsonObject {
  const members = owner?.[name];
  return isJsonObject(members) ? members : {};
}

function withContentType(policy: JsonObject, otherwise: string) {
  return { ...policy, headerContentType: textOr(policy["headerContentType"], otherwise) };
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}

function objectOrNull(value: unknown): JsonObject | null {
  return isJsonObject(value) ? value : null;
}
