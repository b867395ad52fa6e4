import { arnIn, type Call, lastPart, type ServiceDemands, structures, text } from "./call.ts";
import { passRole } from "./pass-role.ts";
import { hasTags } from "./tags-given.ts";

const OF_RULE =
  /^(?:(?:Delete|Describe|Disable|Enable|Put)Rule|(?:Put|Remove)Targets|ListTargetsByRule)$/;
const OF_BUS = /^(?:Create|Delete|Describe|Update)EventBus$/;

/** Source: Service Authorization Reference, Amazon EventBridge. */
export const EVENTS: ServiceDemands = {
  prefix: "events",
  resourcesOf(call) {
    const { operation, input, place } = call;
    const named = text(input, "ResourceARN");
    if (named !== undefined) return [named];
    if (operation === "PutEvents") {
      const buses = structures(input, "Entries").map((entry) =>
        busName(text(entry, "EventBusName")),
      );
      return [...new Set(buses)].map((bus) => arnIn(place, "events", `event-bus/${bus}`));
    }
    if (OF_BUS.test(operation))
      return [arnIn(place, "events", `event-bus/${busName(text(input, "Name"))}`)];
    return OF_RULE.test(operation) ? [ruleArn(call)] : undefined;
  },
  keysOf: ({ input, place, operation }) => ({
    "events:creatorAccount": OF_RULE.test(operation) ? place.account : undefined,
    "events:source": structures(input, "Entries").flatMap((entry) => text(entry, "Source") ?? []),
    "events:detail-type": structures(input, "Entries").flatMap(
      (entry) => text(entry, "DetailType") ?? [],
    ),
    "events:TargetArn": structures(input, "Targets").flatMap((target) => text(target, "Arn") ?? []),
  }),
  also(call) {
    const { operation, input } = call;
    const given = [
      text(input, "RoleArn"),
      ...structures(input, "Targets").map((one) => text(one, "RoleArn")),
    ];
    const roles = given.flatMap((role) => passRole(role, "events.amazonaws.com"));
    if (!/^(?:Put|Create)/.test(operation) || !hasTags(input)) return roles;
    return [
      ...roles,
      { action: "events:TagResource", resources: EVENTS.resourcesOf(call) ?? ["*"] },
    ];
  },
};

function busName(nameOrArn: string | undefined): string {
  return lastPart(nameOrArn ?? "default");
}

function ruleArn({ input, place }: Call): string {
  const rule = text(input, "Rule") ?? text(input, "Name") ?? "*";
  const bus = busName(text(input, "EventBusName"));
  return arnIn(place, "events", bus === "default" ? `rule/${rule}` : `rule/${bus}/${rule}`);
}
