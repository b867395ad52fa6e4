import type { EcsCalls } from "./calls.ts";
import type { EcsPlace } from "./place.ts";

/** Tags that CloudFormation puts on what it makes. Source: AWS docs, aws-properties-resource-tags. */
const STACK = "aws:cloudformation:stack-name";
const LOGICAL_ID = "aws:cloudformation:logical-id";

/**
 * What keeps Terraform and CloudFormation from writing back the weights, exactly as it has to be written: one of
 * the two when the listener's or rule's tags tell who made it, and otherwise both.
 */
export async function preventionFor({ elb }: EcsCalls, place: EcsPlace): Promise<string> {
  const { ruleArn, listenerArn, label } = place.action;
  const arn = ruleArn ?? listenerArn;
  const { TagDescriptions = [] } = await elb("DescribeTags", label, async (client, options) =>
    client.describeTags({ ResourceArns: [arn] }, options),
  );
  const tags = new Map(
    (TagDescriptions[0]?.Tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]),
  );
  const stack = tags.get(STACK);
  const isRule = ruleArn !== undefined;
  if (stack !== undefined) return cloudFormation(place, isRule, stack, tags.get(LOGICAL_ID));
  return `${terraform(isRule)} ${cloudFormation(place, isRule, undefined, undefined)}`;
}

function terraform(isRule: boolean): string {
  const [resource, argument] = isRule
    ? ["aws_lb_listener_rule", "action"]
    : ["aws_lb_listener", "default_action"];
  return `Terraform: lifecycle { ignore_changes = [${argument}] } in the ${resource}.`;
}

/** A stack update writes a resource only when its template changed: so the weights must not stand there as constants. */
function cloudFormation(
  { groups }: EcsPlace,
  isRule: boolean,
  stack: string | undefined,
  logicalId: string | undefined,
): string {
  const type = isRule ? "ListenerRule" : "Listener";
  const property = isRule ? "Actions" : "DefaultActions";
  const weights = groups
    .map(({ name, arn }) => `{ TargetGroupArn: ${arn}, Weight: !Ref ${parameterOf(name)} }`)
    .join(", ");
  const where = stack === undefined ? "" : ` of stack ${stack}`;
  const resource = `${logicalId ?? "the resource"} (AWS::ElasticLoadBalancingV2::${type})${where}`;
  return `CloudFormation: in ${resource}, ${property}: [{ Type: forward, ForwardConfig: { TargetGroups: [${weights}] } }], with these parameters as they are live at each update.`;
}

/** A parameter's name has letters and digits only. Source: AWS docs, parameters-section-structure. */
function parameterOf(name: string): string {
  return `${name.replaceAll(/[^A-Za-z0-9]/g, "")}Weight`;
}
