import {
  arnIn,
  type Call,
  lastPart,
  type ServiceDemands,
  structure,
  structures,
  text,
} from "./call.ts";
import { hasTags } from "./tags-given.ts";

/** Source: Service Authorization Reference, Amazon VPC Lattice. */
export const VPC_LATTICE: ServiceDemands = {
  prefix: "vpc-lattice",
  // Unverified: BatchUpdateRule is not in the reference.
  actionOf: ({ operation }) => (operation === "BatchUpdateRule" ? "UpdateRule" : operation),
  resourcesOf(call) {
    const { operation, input } = call;
    if (operation.startsWith("List") && operation !== "ListTargets") return undefined;
    const named = text(input, "resourceArn");
    if (named !== undefined) return [named];
    const paths = pathsOf(call);
    return paths.map((path) =>
      path.startsWith("arn:") ? path : arnIn(call.place, "vpc-lattice", path),
    );
  },
  keysOf({ input }) {
    const groups = targetGroupsOf(input);
    return {
      "vpc-lattice:AuthType": text(input, "authType"),
      "vpc-lattice:Protocol": text(input, "protocol"),
      "vpc-lattice:VpcId": text(input, "vpcIdentifier"),
      "vpc-lattice:TargetGroupArns": groups.length === 0 ? undefined : groups,
    };
  },
  also(call) {
    if (!call.operation.startsWith("Create") || !hasTags(call.input)) return [];
    const resources = VPC_LATTICE.resourcesOf(call) ?? ["*"];
    const keys = { "vpc-lattice:CreateAction": call.operation };
    return [{ action: "vpc-lattice:TagResource", resources, keys }];
  },
};

/** What an input names, as the part of the ARN behind the account, or as the ARN it is. */
function pathsOf({ operation, input }: Call): readonly string[] {
  const id = (member: string) => {
    const given = text(input, member);
    return given === undefined ? undefined : lastPart(given);
  };
  const [service, listener, rule] = ["service", "listener", "rule"].map((kind) =>
    id(`${kind}Identifier`),
  );
  const network = id("serviceNetworkIdentifier");
  const group = id("targetGroupIdentifier");
  if (operation === "CreateTargetGroup") return ["targetgroup/*"];
  if (operation === "CreateService") return ["service/*"];
  if (operation === "CreateServiceNetwork") return ["servicenetwork/*"];
  if (operation === "CreateListener") return [`service/${service}/listener/*`];
  if (operation === "CreateRule") return [`service/${service}/listener/${listener}/rule/*`];
  if (operation === "BatchUpdateRule") {
    return structures(input, "rules").map(
      (one) => `service/${service}/listener/${listener}/rule/${text(one, "ruleIdentifier") ?? "*"}`,
    );
  }
  if (operation.includes("Association"))
    return associationPaths(operation, input, service, network);
  if (operation === "CreateAccessLogSubscription") return ["accesslogsubscription/*"];
  const log = id("accessLogSubscriptionIdentifier");
  if (log !== undefined) return [`accesslogsubscription/${log}`];
  if (group !== undefined) return [`targetgroup/${group}`];
  if (rule !== undefined) return [`service/${service}/listener/${listener}/rule/${rule}`];
  if (listener !== undefined) return [`service/${service}/listener/${listener}`];
  if (service !== undefined) return [`service/${service}`];
  if (network !== undefined) return [`servicenetwork/${network}`];
  // Policies name a service or a network without saying which.
  const resource = text(input, "resourceIdentifier");
  if (resource === undefined || resource.startsWith("arn:"))
    return resource === undefined ? [] : [resource];
  return [`${resource.startsWith("sn-") ? "servicenetwork" : "service"}/${resource}`];
}

function associationPaths(
  operation: string,
  input: Call["input"],
  service: string | undefined,
  network: string | undefined,
): readonly string[] {
  const kind = operation.includes("Vpc")
    ? "servicenetworkvpcassociation"
    : "servicenetworkserviceassociation";
  if (!operation.startsWith("Create")) {
    const given = Object.keys(input).find((member) => member.endsWith("AssociationIdentifier"));
    return [`${kind}/${lastPart(text(input, given ?? "") ?? "*")}`];
  }
  const joined = operation.includes("Vpc") ? [] : [`service/${service}`];
  return [`${kind}/*`, `servicenetwork/${network}`, ...joined];
}

/** The target groups of a forward action, as they are named. */
function targetGroupsOf(input: Call["input"]): readonly string[] {
  return ["action", "defaultAction"].flatMap((member) =>
    structures(structure(structure(input, member), "forward"), "targetGroups").flatMap(
      (group) => text(group, "targetGroupIdentifier") ?? [],
    ),
  );
}
