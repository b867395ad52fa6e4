import type { Place } from "../../telemetry/metric-sink.ts";
import { invalidParameter } from "./errors.ts";

/** What a topic's ARN, or a subscription's, says of where it lives. */
export interface SnsArn extends Place {
  readonly topicName: string;
  readonly topicArn: string;
  /** Of a subscription. */
  readonly subscriptionId: string | undefined;
}

export function topicArnOf({ account, region }: Place, name: string): string {
  return `arn:aws:sns:${region}:${account}:${name}`;
}

/**
 * @param member how the operation calls it: "TopicArn", "SubscriptionArn".
 * @throws {AwsError} InvalidParameter
 */
export function parseArn(arn: string, member: string): SnsArn {
  const parts = arn.split(":");
  if (parts.length < 6) {
    throw invalidParameter(
      `${member} Reason: An ARN must have at least 6 elements, not ${parts.length}`,
    );
  }
  const [, , service = "", region = "", account = "", topicName = "", subscriptionId] = parts;
  if (service !== "sns" || parts.length > 7) throw invalidParameter(member);
  const topicArn = parts.slice(0, 6).join(":");
  return { account, region, topicName, topicArn, subscriptionId };
}

/** An ARN of the region that was called. @throws {AwsError} InvalidParameter */
export function parseArnHere(arn: string, member: string, { region }: Place): SnsArn {
  const parsed = parseArn(arn, member);
  if (parsed.region !== region) throw invalidParameter(member);
  return parsed;
}
