import { arnIn, type Call, type ServiceDemands, text, texts } from "./call.ts";
import { hasTags } from "./tags-given.ts";

const ALARMS: ReadonlySet<string> = new Set([
  "DeleteAlarms",
  "DescribeAlarmContributors",
  "DescribeAlarmHistory",
  "DescribeAlarms",
  "DisableAlarmActions",
  "EnableAlarmActions",
  "PutCompositeAlarm",
  "PutMetricAlarm",
  "SetAlarmState",
]);

/** Source: Service Authorization Reference, Amazon CloudWatch. Metrics have no ARNs. */
export const CLOUDWATCH: ServiceDemands = {
  prefix: "cloudwatch",
  resourcesOf(call) {
    const { operation, input, place } = call;
    const named = text(input, "ResourceARN");
    if (named !== undefined) return [named];
    if (ALARMS.has(operation)) return alarmsOf(call);
    if (!/^(?:Get|Put|Delete)Dashboards?$/.test(operation)) return undefined;
    const dashboards = [...texts(input, "DashboardName"), ...texts(input, "DashboardNames")];
    return dashboards.map((name) => `arn:aws:cloudwatch::${place.account}:dashboard/${name}`);
  },
  keysOf: ({ input }) => ({
    "cloudwatch:namespace": text(input, "Namespace"),
    "cloudwatch:AlarmActions": ["AlarmActions", "OKActions", "InsufficientDataActions"].flatMap(
      (member) => texts(input, member),
    ),
  }),
  also(call) {
    if (!call.operation.startsWith("Put") || !hasTags(call.input)) return [];
    return [{ action: "cloudwatch:TagResource", resources: alarmsOf(call) }];
  },
};

/** Looking at all alarms is looking at each of them. */
function alarmsOf({ input, place }: Call): readonly string[] {
  const named = [...texts(input, "AlarmName"), ...texts(input, "AlarmNames")];
  return (named.length === 0 ? ["*"] : named).map((name) =>
    arnIn(place, "cloudwatch", `alarm:${name}`),
  );
}
