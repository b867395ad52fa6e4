import {
  arnIn,
  type Call,
  type Demand,
  type ServiceDemands,
  structures,
  text,
  texts,
} from "./call.ts";

const MADE: Readonly<Record<string, readonly string[]>> = {
  CreateSecurityGroup: ["security-group/*"],
  CreateSubnet: ["subnet/*"],
  CreateVpc: ["vpc/*"],
};

/** Source: Service Authorization Reference, Amazon EC2. Reading has no resources. */
export const EC2: ServiceDemands = {
  prefix: "ec2",
  resourcesOf: (call) => (call.operation.startsWith("Describe") ? undefined : arnsOf(call)),
  keysOf: ({ operation }) => ({
    "ec2:CreateAction": operation === "CreateTags" ? undefined : operation,
  }),
  also: tagging,
};

function arnsOf({ operation, input, place }: Call): readonly string[] {
  const arn = (path: string) => arnIn(place, "ec2", path);
  const vpc = text(input, "VpcId");
  const made = MADE[operation];
  if (made !== undefined) {
    const within = vpc === undefined ? [] : [`vpc/${vpc}`];
    return [...made, ...within].map(arn);
  }
  if (/^(?:Create|Delete)Tags$/.test(operation)) {
    return texts(input, "Resources").map((id) => arn(`${kindOf(id)}/${id}`));
  }
  const group = text(input, "GroupId");
  if (group !== undefined) return [arn(`security-group/${group}`)];
  const subnet = text(input, "SubnetId");
  if (subnet !== undefined) return [arn(`subnet/${subnet}`)];
  return vpc === undefined ? [] : [arn(`vpc/${vpc}`)];
}

const KINDS: Readonly<Record<string, string>> = {
  acl: "network-acl",
  eni: "network-interface",
  igw: "internet-gateway",
  rtb: "route-table",
  sg: "security-group",
  sgr: "security-group-rule",
  subnet: "subnet",
  vpc: "vpc",
};

function kindOf(id: string): string {
  return KINDS[id.slice(0, id.lastIndexOf("-"))] ?? "*";
}

function tagging({ operation, input, place }: Call): readonly Demand[] {
  const specified = structures(input, "TagSpecifications");
  if (operation === "CreateTags" || specified.length === 0) return [];
  const resources = specified.map((one) =>
    arnIn(place, "ec2", `${text(one, "ResourceType") ?? "*"}/*`),
  );
  return [{ action: "ec2:CreateTags", resources }];
}
