import type { Cloud } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import type { RuleRow } from "../state.ts";

const PRINCIPAL = "events.amazonaws.com";

/** One thing to be given to one target. */
export interface Delivery {
  readonly place: Place;
  readonly rule: RuleRow;
  readonly targetArn: string;
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

/** The function's own policy must let the rule in. */
async function invoke(cloud: Cloud, { place, rule, targetArn, input }: Delivery) {
  const functions = await cloud.port("functions");
  const result = await functions.invoke({
    account: place.account,
    region: place.region,
    functionName: targetArn,
    payload: Buffer.from(input),
    invocationType: "Event",
    source: { principal: PRINCIPAL, arn: rule.arn },
  });
  if (result.kind !== "refused") return undefined;
  return result.code === "AccessDeniedException"
    ? `No statement of the function's policy lets ${PRINCIPAL} invoke it for ${rule.arn}; add one (lambda AddPermission).`
    : result.message;
}

/** The topic's own policy must let EventBridge in. */
async function publish(cloud: Cloud, { place, rule, targetArn, input }: Delivery) {
  const topics = await cloud.port("topics");
  const result = await topics.publish({
    topicArn: targetArn,
    message: input,
    publisher: { service: PRINCIPAL, account: place.account, arn: rule.arn },
  });
  return result.kind === "refused" ? result.message : undefined;
}

/** Unverified: the stream's name. The log group's resource policy is not asked for. */
async function write(cloud: Cloud, { place, rule, targetArn, input }: Delivery) {
  const group = /:log-group:([^:]+)/.exec(targetArn)?.[1] ?? "";
  if (cloud.logs.group(place, group) === undefined) return `There is no log group ${group}.`;
  cloud.logs.append(place, group, rule.name, [{ atMs: cloud.clock.nowMs(), message: input }]);
  return undefined;
}
