import {
  arnIn,
  type Call,
  type Demand,
  type ServiceDemands,
  structures,
  text,
  texts,
} from "./call.ts";
import { hasTags } from "./tags-given.ts";

const MEMBERS = ["ListenerArn", "RuleArn", "TargetGroupArn", "LoadBalancerArn", "ResourceArn"];

/** Source: Service Authorization Reference, AWS Elastic Load Balancing V2. Reading has no resources. */
export const ELASTIC_LOAD_BALANCING: ServiceDemands = {
  prefix: "elasticloadbalancing",
  resourcesOf: (call) => (call.operation.startsWith("Describe") ? undefined : arnsOf(call)),
  keysOf: ({ input }) => ({
    "elasticloadbalancing:Scheme": text(input, "Scheme"),
    "elasticloadbalancing:ListenerProtocol": text(input, "Protocol"),
    "elasticloadbalancing:Subnet": listed(texts(input, "Subnets")),
    "elasticloadbalancing:SecurityGroup": listed(texts(input, "SecurityGroups")),
  }),
  also: tagging,
};

function listed(ids: readonly string[]): readonly string[] | undefined {
  return ids.length === 0 ? undefined : ids;
}

function arnsOf({ operation, input, place }: Call): readonly string[] {
  switch (operation) {
    case "CreateLoadBalancer":
      return [arnIn(place, "elasticloadbalancing", `loadbalancer/app/${text(input, "Name")}/*`)];
    case "CreateTargetGroup":
      return [arnIn(place, "elasticloadbalancing", `targetgroup/${text(input, "Name")}/*`)];
    case "AddTags":
    case "RemoveTags":
      return texts(input, "ResourceArns");
    case "SetRulePriorities":
      return structures(input, "RulePriorities").flatMap((rule) => text(rule, "RuleArn") ?? []);
    default:
      return MEMBERS.flatMap((member) => text(input, member) ?? []).slice(0, 1);
  }
}

/** What is made with tags needs the permission to tag it, on the ARN that it will have. */
function tagging(call: Call): readonly Demand[] {
  const { operation, input } = call;
  if (!operation.startsWith("Create") || !hasTags(input)) return [];
  const [made = "*"] = arnsOf(call);
  const resources = [
    operation === "CreateRule"
      ? `${made.replace(":listener/", ":listener-rule/")}/*`
      : operation === "CreateListener"
        ? `${made.replace(":loadbalancer/", ":listener/")}/*`
        : made,
  ];
  const keys = { "elasticloadbalancing:CreateAction": operation };
  return [{ action: "elasticloadbalancing:AddTags", resources, keys }];
}
