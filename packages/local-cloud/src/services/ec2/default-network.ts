import type { Cloud } from "../../service.ts";
import { newId, type PlaceState, type VpcRow } from "./state.ts";
import { zonesOf } from "./zones.ts";

/** Source: AWS docs, "Default VPCs": the block, a /20 in each zone, a gateway, and a group of its own. */
const DEFAULT_CIDR = "172.31.0.0/16";

/** What every new account has in every region. */
export function makeDefaultNetwork(cloud: Cloud, state: PlaceState): void {
  cloud.store.transaction(() => {
    const vpc = addVpc(cloud, state, { cidr: DEFAULT_CIDR, isDefault: true, tenancy: "default" });
    const gatewayId = newId(cloud, "igw");
    state.gateways.set(gatewayId, { id: gatewayId, vpcId: vpc.id });
    for (const table of state.routeTables.values()) {
      state.routeTables.set(table.id, { ...table, gatewayId });
    }
    zonesOf(state.place).forEach(({ name }, index) => {
      const id = newId(cloud, "subnet");
      state.subnets.set(id, {
        id,
        vpcId: vpc.id,
        cidr: `172.31.${index * 16}.0/20`,
        zone: name,
        isDefault: true,
        mapsPublicIp: true,
      });
    });
  });
}

/** A VPC with what AWS makes along with it: its main route table and its default security group. */
export function addVpc(
  cloud: Cloud,
  state: PlaceState,
  given: Pick<VpcRow, "cidr" | "isDefault" | "tenancy">,
): VpcRow {
  const vpc: VpcRow = { ...given, id: newId(cloud, "vpc"), dhcpOptionsId: newId(cloud, "dopt") };
  state.vpcs.set(vpc.id, vpc);
  const routeTableId = newId(cloud, "rtb");
  state.routeTables.set(routeTableId, {
    id: routeTableId,
    vpcId: vpc.id,
    associationId: newId(cloud, "rtbassoc"),
    gatewayId: undefined,
  });
  const groupId = newId(cloud, "sg");
  state.groups.set(groupId, {
    id: groupId,
    vpcId: vpc.id,
    name: "default",
    description: "default VPC security group",
  });
  const open = { groupId, protocol: "-1", fromPort: -1, toPort: -1, description: undefined };
  const ingress = newId(cloud, "sgr");
  state.rules.set(ingress, {
    ...open,
    id: ingress,
    isEgress: false,
    peer: { kind: "group", value: groupId },
  });
  allowAllEgress(cloud, state, groupId);
  return vpc;
}

/** What every new group begins with. Source: AWS docs, "Security group rules". */
export function allowAllEgress(cloud: Cloud, state: PlaceState, groupId: string): void {
  const id = newId(cloud, "sgr");
  state.rules.set(id, {
    id,
    groupId,
    isEgress: true,
    protocol: "-1",
    fromPort: -1,
    toPort: -1,
    peer: { kind: "ipv4", value: "0.0.0.0/0" },
    description: undefined,
  });
}
