import type { AwsVpcConfiguration } from "@aws-sdk/client-ecs";
import { type PreflightFinding, RolloutError } from "@headgate/core";
import { lookAt, type Looked, problem, warning } from "../../preflight.ts";
import type { EcsCalls } from "./calls.ts";
import type { EcsPlace } from "./place.ts";

/** Whether the canary's tasks, which get the same network as stable's, still find it: subnets, groups, room. */
export function networkFinding(
  calls: EcsCalls,
  place: EcsPlace,
  parts: {
    readonly networkMode: string | undefined;
    readonly network: AwsVpcConfiguration | undefined;
    /** Tasks that come. */
    readonly count: number;
  },
): Promise<PreflightFinding> {
  const { networkMode, network, count } = parts;
  return lookAt("the canary's tasks have a network", async () => {
    if (networkMode !== "awsvpc") return `network mode ${networkMode ?? "bridge"}`;
    if (network === undefined || (network.subnets ?? []).length === 0) return noSubnets();
    try {
      return await networkLooked(calls, place, network, count);
    } catch (error) {
      if (!(error instanceof RolloutError) || error.code !== "AWS_DENIED") throw error;
      return warning(`it could not be looked at: ${error.message}`, error.hint);
    }
  });
}

function noSubnets(): Looked {
  return problem(
    "what serves has no subnets of its own, and network mode awsvpc needs some",
    "Give it a --network-configuration: the new version takes the subnets and security groups of the one that serves.",
  );
}

async function networkLooked(
  { ec2 }: EcsCalls,
  { groups, label }: EcsPlace,
  { subnets = [], securityGroups = [] }: AwsVpcConfiguration,
  count: number,
): Promise<Looked> {
  const vpcId = groups[0].vpcId;
  const { Subnets = [] } = await ec2("DescribeSubnets", `the subnets of ${label}`, (client, send) =>
    client.describeSubnets({ SubnetIds: [...subnets] }, send),
  );
  const elsewhere = Subnets.filter(({ VpcId }) => VpcId !== vpcId);
  if (elsewhere.length > 0) {
    const found = elsewhere.map(({ SubnetId, VpcId }) => `subnet ${SubnetId} is in ${VpcId}`);
    return problem(
      `${found.join(", ")}, and the target groups are in ${vpcId}`,
      "Targets must be in the VPC of their target group: give the service subnets of that VPC.",
    );
  }
  const foreign = await groupsElsewhere({ ec2 }, securityGroups, label, vpcId);
  if (foreign !== undefined) return foreign;
  const room = Subnets.reduce((sum, subnet) => sum + (subnet.AvailableIpAddressCount ?? 0), 0);
  const names = securityGroups.length === 0 ? "the VPC's default one" : securityGroups.join(", ");
  const text = `as stable's: subnets ${subnets.join(", ")} of ${vpcId}; security groups ${names}`;
  if (room >= count) return text;
  return problem(
    `${text}; ${room} addresses are free, and ${count} more tasks need one each`,
    "Free addresses, or give the service larger subnets.",
  );
}

async function groupsElsewhere(
  { ec2 }: Pick<EcsCalls, "ec2">,
  ids: readonly string[],
  label: string,
  vpcId: string,
): Promise<Looked | undefined> {
  if (ids.length === 0) return undefined;
  const { SecurityGroups = [] } = await ec2(
    "DescribeSecurityGroups",
    `the security groups of ${label}`,
    (client, send) => client.describeSecurityGroups({ GroupIds: [...ids] }, send),
  );
  const elsewhere = SecurityGroups.filter(({ VpcId }) => VpcId !== vpcId);
  if (elsewhere.length === 0) return undefined;
  const found = elsewhere.map(({ GroupId, VpcId }) => `security group ${GroupId} is in ${VpcId}`);
  return problem(
    `${found.join(", ")}, and the subnets are in ${vpcId}`,
    "Give the service security groups of its own VPC.",
  );
}
