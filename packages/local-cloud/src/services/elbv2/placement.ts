import type { NetworkPort } from "../../data-plane/ports.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import {
  invalid,
  invalidConfiguration,
  invalidSecurityGroup,
  invalidSubnet,
  subnetNotFound,
} from "./errors.ts";
import { SECURITY_GROUPS_PER_BALANCER } from "./limits.ts";
import type { BalancerRow } from "./state.ts";

interface Subnet {
  readonly id: string;
  readonly vpcId: string;
  readonly zone: string;
}

/** Subnets in at least two zones of one VPC, one in each. */
export function readSubnets(
  network: NetworkPort,
  place: Place,
  ids: readonly string[],
): { readonly vpcId: string; readonly subnets: readonly Subnet[] } {
  const subnets = [...new Set(ids)].map((id) => {
    const subnet = network.subnet(place, id);
    if (subnet === undefined) throw subnetNotFound(id);
    return subnet;
  });
  const zones = new Set(subnets.map(({ zone }) => zone));
  const [first] = subnets;
  if (first === undefined || (zones.size < 2 && zones.size === subnets.length)) {
    throw invalid("At least two subnets in two different Availability Zones must be specified");
  }
  if (zones.size < subnets.length) {
    throw invalidConfiguration(
      "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
    );
  }
  if (subnets.some(({ vpcId }) => vpcId !== first.vpcId)) {
    throw invalidSubnet("All subnets must belong to the same VPC");
  }
  return { vpcId: first.vpcId, subnets };
}

/** The VPC's default group when none is named. */
export function readSecurityGroups(
  network: NetworkPort,
  place: Place,
  vpcId: string,
  ids: readonly string[] = [],
): readonly string[] {
  if (ids.length === 0) return [network.defaultSecurityGroup(place, vpcId) ?? []].flat();
  if (ids.length > SECURITY_GROUPS_PER_BALANCER) {
    throw invalidConfiguration(
      `A load balancer can have at most ${SECURITY_GROUPS_PER_BALANCER} security groups, got ${ids.length}`,
    );
  }
  for (const id of ids) {
    const group = network.securityGroup(place, id);
    if (group === undefined) {
      throw invalidConfiguration(
        `One or more security groups are invalid: the security group '${id}' does not exist`,
      );
    }
    if (group.vpcId !== vpcId) {
      throw invalidSecurityGroup(`The security group '${id}' does not belong to VPC '${vpcId}'`);
    }
  }
  return ids;
}

/** Puts an interface into each subnet. */
export function attachInterfaces(
  network: NetworkPort,
  place: Place,
  dimension: string,
  subnets: readonly Subnet[],
  securityGroupIds: readonly string[],
): BalancerRow["subnets"] {
  return subnets.map(({ id, zone }) => {
    const made = network.attach(place, {
      subnetId: id,
      securityGroupIds,
      description: `ELB ${dimension}`,
      requesterId: "amazon-elb",
    });
    if (made === undefined) throw invalidSubnet(`Not enough IP space available in ${id}`);
    return { id, zone, interfaceId: made.id };
  });
}
