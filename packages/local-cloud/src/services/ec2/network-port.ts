import type { NetworkPort } from "../../data-plane/ports.ts";
import { addressIn } from "./operations/vpcs.ts";
import { type Ec2, type InterfaceRow, newId } from "./state.ts";

/**
 * How long the interfaces of a service stay when it is done with them. Ours: on AWS it is minutes, and until
 * then their security groups cannot be deleted.
 */
const DETACH_MS = 2000;

/** Nothing can listen on port 0: every connection is refused. */
const NOBODY = { host: "127.0.0.1", port: 0 };

/** The network for other services: what there is, and interfaces that they put into it. */
export function createNetworkPort(ec2: Ec2): NetworkPort {
  const { cloud } = ec2;
  /** Where the addresses of interfaces really are. Lives as long as what listens there. */
  const listening = new Map<string, { readonly host: string; readonly port: number }>();
  const keyOf = (place: { account: string; region: string }, address: string, port: number) =>
    `${place.account}/${place.region}/${address}/${port}`;
  return {
    subnet(place, id) {
      const row = ec2.in(place).subnets.get(id);
      return row && { id, vpcId: row.vpcId, zone: row.zone };
    },
    vpc(place, id) {
      const row = ec2.in(place).vpcs.get(id);
      return row && { id, cidr: row.cidr };
    },
    securityGroup(place, id) {
      const row = ec2.in(place).groups.get(id);
      return row && { id, vpcId: row.vpcId };
    },
    defaultSecurityGroup(place, vpcId) {
      const groups = [...ec2.in(place).groups.values()];
      return groups.find((row) => row.vpcId === vpcId && row.name === "default")?.id;
    },
    attach(place, wanted) {
      const state = ec2.in(place);
      const subnet = state.subnets.get(wanted.subnetId);
      const address = subnet && addressIn(state, subnet);
      if (subnet === undefined || address === undefined) return undefined;
      const { random, clock } = cloud;
      const row: InterfaceRow = {
        id: newId(cloud, "eni"),
        vpcId: subnet.vpcId,
        subnetId: subnet.id,
        zone: subnet.zone,
        address,
        macAddress: `0a:${[1, 2, 3, 4, 5].map(() => random.hex(2)).join(":")}`,
        groupIds: wanted.securityGroupIds,
        description: wanted.description,
        type: "interface",
        requesterId: wanted.requesterId,
        attachmentId: newId(cloud, "eni-attach"),
        attachedAtMs: clock.nowMs(),
        goneAtMs: undefined,
      };
      state.interfaces.set(row.id, row);
      return { id: row.id, address, macAddress: row.macAddress, zone: row.zone };
    },
    regroup(place, id, securityGroupIds) {
      const { interfaces } = ec2.in(place);
      const row = interfaces.get(id);
      if (row !== undefined) interfaces.set(id, { ...row, groupIds: securityGroupIds });
    },
    detach(place, id) {
      const { interfaces } = ec2.in(place);
      const row = interfaces.get(id);
      if (row === undefined || row.goneAtMs !== undefined) return;
      interfaces.set(id, { ...row, goneAtMs: cloud.clock.nowMs() + DETACH_MS });
    },
    listen(place, address, port, at) {
      listening.set(keyOf(place, address, port), at);
      return () => {
        if (listening.get(keyOf(place, address, port)) === at) {
          listening.delete(keyOf(place, address, port));
        }
      };
    },
    reach(place, address, port) {
      const at = listening.get(keyOf(place, address, port));
      if (at !== undefined) return at;
      // The address is this cloud's own: on the machine's network it may be a stranger's.
      for (const row of ec2.in(place).interfaces.values()) {
        if (row.address === address) return NOBODY;
      }
      return { host: address, port };
    },
  };
}
