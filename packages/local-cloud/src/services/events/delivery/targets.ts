import type { RoleCall } from "../../../iam-enforcement/authority.ts";
import type { Cloud } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import type { RuleRow } from "../state.ts";

const PRINCIPAL = "events.amazonaws.com";

/** One thing to be given to one target. */
export interface Delivery {
  readonly place: Place;
  readonly rule: RuleRow;
  readonly targetArn: string;
  /** The target's own: EventBridge acts in it when there is one. */
  readonly roleArn: string | undefined;
  readonly input: string;
}

/** Hands the input to the target. @returns why it did not get it; undefined when it did. */
export async function deliver(cloud: Cloud, delivery: Delivery): Promise<string | undefined> {
  const service = delivery.targetArn.split(":")[2];
  switch (service) {
    case "lambda":
      return invoke(cloud, delivery);
    case "sns":
      return publish(cloud, delivery);
    case "logs":
      return write(cloud, delivery);
    default:
      return `The local cloud delivers to lambda, sns and logs; it has no targets of ${service}.`;
  }
}

/** The function's own policy must let the rule in, or the target's role must be allowed to invoke it. */
async function invoke(cloud: Cloud, delivery: Delivery) {
  const { place, rule, roleArn, targetArn, input } = delivery;
  const refusal = await refusalOfRole(cloud, delivery, {
    service: "lambda",
    operation: "Invoke",
    input: { FunctionName: targetArn },
  });
  if (refusal !== undefined) return refusal;
  const functions = await cloud.port("functions");
  const result = await functions.invoke({
    account: place.account,
    region: place.region,
    functionName: targetArn,
    payload: Buffer.from(input),
    invocationType: "Event",
    source: roleArn === undefined ? { principal: PRINCIPAL, arn: rule.arn } : undefined,
  });
  if (result.kind !== "refused") return undefined;
  return result.code === "AccessDeniedException"
    ? `No statement of the function's policy lets ${PRINCIPAL} invoke it for ${rule.arn}; add one (lambda AddPermission).`
    : result.message;
}

/** The topic's own policy must let EventBridge in, or the target's role must be allowed to publish. */
async function publish(cloud: Cloud, delivery: Delivery) {
  const { place, rule, roleArn, targetArn, input } = delivery;
  const refusal = await refusalOfRole(cloud, delivery, {
    service: "sns",
    operation: "Publish",
    input: { TopicArn: targetArn },
  });
  if (refusal !== undefined) return refusal;
  const topics = await cloud.port("topics");
  const { account } = place;
  const publisher =
    roleArn === undefined
      ? { service: PRINCIPAL, account, arn: rule.arn }
      : { account, arn: roleArn };
  const result = await topics.publish({ topicArn: targetArn, message: input, publisher });
  return result.kind === "refused" ? result.message : undefined;
}

/**
 * Why the target's role does not let EventBridge deliver: it does not trust it, or may not do what IAM is asked for
 * where it is enforced. Where a target has a role, its resource's policy need not let EventBridge in.
 * Source: EventBridge user guide, "Using resource-based policies for Amazon EventBridge". Unverified: the session's name.
 */
async function refusalOfRole(
  cloud: Cloud,
  { place, roleArn, rule }: Delivery,
  call: RoleCall,
): Promise<string | undefined> {
  if (roleArn === undefined) return undefined;
  const roles = await cloud.port("roles");
  const trust = roles.trusts(place.account, roleArn, PRINCIPAL);
  if (trust !== "trusted") {
    const why = trust === "missing" ? "does not exist" : `does not trust ${PRINCIPAL}`;
    return `The target's role ${roleArn} ${why}.`;
  }
  const role = { roleArn, sessionName: rule.name, region: place.region };
  return (await cloud.authority?.asRoleCalling(role, call))?.message;
}

/**
 * The account's resource policies must let EventBridge write, where IAM is enforced; a role does not count here.
 * Source: EventBridge user guide, "Using resource-based policies for Amazon EventBridge". Unverified: the stream's name.
 */
async function write(cloud: Cloud, { place, rule, targetArn, input }: Delivery) {
  const group = /:log-group:([^:]+)/.exec(targetArn)?.[1] ?? "";
  const service = { ...place, principal: PRINCIPAL, sourceArn: rule.arn };
  const resource = `${targetArn.replace(/:\*$/, "")}:log-stream:${rule.name}`;
  for (const action of ["logs:CreateLogStream", "logs:PutLogEvents"]) {
    const wanted = { action, resource, service: "logs" } as const;
    const denied = await cloud.authority?.asService(service, wanted);
    if (denied !== undefined) return `${denied.message} (logs PutResourcePolicy).`;
  }
  if (cloud.logs.group(place, group) === undefined) return `There is no log group ${group}.`;
  cloud.logs.append(place, group, rule.name, [{ atMs: cloud.clock.nowMs(), message: input }]);
  return undefined;
}
