import type { RequestContext } from "../../../service.ts";
import { parseArn } from "../arns.ts";
import { explicitlyDenied, notAuthorized } from "../errors.ts";
import type { TopicRow } from "../state.ts";
import { type Request, verdictOf } from "./evaluate.ts";

const OWNER_ACTIONS = [
  "SNS:GetTopicAttributes",
  "SNS:SetTopicAttributes",
  "SNS:AddPermission",
  "SNS:RemovePermission",
  "SNS:DeleteTopic",
  "SNS:Subscribe",
  "SNS:ListSubscriptionsByTopic",
  "SNS:Publish",
];

/** The policy of a topic that was given none: its account may do everything. */
export function defaultPolicy(topicArn: string): string {
  return JSON.stringify({
    Version: "2008-10-17",
    Id: "__default_policy_ID",
    Statement: [
      {
        Sid: "__default_statement_ID",
        Effect: "Allow",
        Principal: { AWS: "*" },
        Action: OWNER_ACTIONS,
        Resource: topicArn,
        Condition: {
          StringEquals: { "AWS:SourceOwner": parseArn(topicArn, "TopicArn").account },
        },
      },
    ],
  });
}

export function policyOf({ arn, attributes }: TopicRow): string {
  return attributes["Policy"] ?? defaultPolicy(arn);
}

/**
 * Whether a request may be done. Callers of the topic's own account may do what no statement denies:
 * their IAM policies are not enforced here. Everybody else needs a statement that allows it.
 */
export function isPermitted(topic: TopicRow, request: Omit<Request, "topicArn">) {
  const verdict = verdictOf(policyOf(topic), { ...request, topicArn: topic.arn });
  const isOwner =
    request.service === undefined && request.account === parseArn(topic.arn, "TopicArn").account;
  if (verdict === "unmentioned" && isOwner) return "allowed";
  return verdict;
}

/** @throws {AwsError} AuthorizationError */
export function requirePermission(
  topic: TopicRow,
  { account, caller }: RequestContext,
  action: string,
  keys?: Readonly<Record<string, string>>,
): void {
  const verdict = isPermitted(topic, { action, account, arn: caller.arn, keys });
  if (verdict === "allowed") return;
  const refuse = verdict === "denied" ? explicitlyDenied : notAuthorized;
  throw refuse(`User: ${caller.arn}`, action, topic.arn);
}
