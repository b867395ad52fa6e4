import { arnIn, type Call, type ServiceDemands, text, texts } from "./call.ts";
import { passRole } from "./pass-role.ts";
import { hasTags } from "./tags-given.ts";

const OF_STREAM: ReadonlySet<string> = new Set([
  "CreateLogStream",
  "DeleteLogStream",
  "GetLogEvents",
  "PutLogEvents",
]);

/** Operations that AWS checks against "*", whatever they name. */
const UNSCOPED: ReadonlySet<string> = new Set([
  "DeleteResourcePolicy",
  "DescribeQueries",
  "DescribeResourcePolicies",
  "PutResourcePolicy",
  "StopQuery",
  "TestMetricFilter",
]);

/**
 * What names a group is checked against `log-group:NAME:log-stream:`, which is why policies end in `:*`; tags are
 * checked against the group alone.
 * Source: Service Authorization Reference, Amazon CloudWatch Logs; AWS's denials as users quote them
 * ("logs:CreateLogGroup on resource: arn:aws:logs:eu-west-1:111122223333:log-group:/shop:log-stream:").
 */
export const LOGS: ServiceDemands = {
  prefix: "logs",
  resourcesOf(call) {
    const { operation, input, place } = call;
    if (UNSCOPED.has(operation)) return undefined;
    const named = text(input, "resourceArn");
    if (named !== undefined) return [named];
    if (operation === "DescribeLogGroups") return [arnIn(place, "logs", "log-group::log-stream:")];
    const groups = groupsOf(call);
    const stream = OF_STREAM.has(operation) ? (text(input, "logStreamName") ?? "") : "";
    return groups.map((group) => `${group}:log-stream:${stream}`);
  },
  also(call) {
    const { operation, input } = call;
    const roles = passRole(text(input, "roleArn"), "logs.amazonaws.com");
    if (operation !== "CreateLogGroup" || !hasTags(input)) return roles;
    return [...roles, { action: "logs:TagResource", resources: groupsOf(call) }];
  },
};

function groupsOf({ input, place }: Call): readonly string[] {
  const members = ["logGroupName", "logGroupNames", "logGroupIdentifier", "logGroupIdentifiers"];
  const named = members.flatMap((member) => texts(input, member));
  return [...new Set(named)].map((name) =>
    name.startsWith("arn:") ? name.replace(/:\*$/, "") : arnIn(place, "logs", `log-group:${name}`),
  );
}
