import type { Cloud } from "../../service.ts";
import { perPlace } from "../../storage/per-place.ts";
import type { Store, Table } from "../../storage/store.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import type { Tags } from "../tags.ts";
import { makeDefaultNetwork } from "./default-network.ts";

export const SERVICE = "ec2";

export interface VpcRow {
  readonly id: string;
  readonly cidr: string;
  readonly isDefault: boolean;
  readonly tenancy: "default" | "dedicated" | "host";
  readonly dhcpOptionsId: string;
}

export interface SubnetRow {
  readonly id: string;
  readonly vpcId: string;
  readonly cidr: string;
  /** "us-east-1a" */
  readonly zone: string;
  readonly isDefault: boolean;
  readonly mapsPublicIp: boolean;
}

export interface GroupRow {
  readonly id: string;
  readonly vpcId: string;
  readonly name: string;
  readonly description: string;
}

/** The other end of a rule. */
export interface Peer {
  readonly kind: "ipv4" | "ipv6" | "group" | "prefixList";
  /** A block, a group's id, a list's id. */
  readonly value: string;
}

export interface RuleRow {
  readonly id: string;
  readonly groupId: string;
  readonly isEgress: boolean;
  /** "tcp", "udp", "icmp", "icmpv6", "-1" for all, or a number. */
  readonly protocol: string;
  /** -1 for all. */
  readonly fromPort: number;
  readonly toPort: number;
  readonly peer: Peer;
  readonly description: string | undefined;
}

/** An interface that a service has put into a subnet. */
export interface InterfaceRow {
  readonly id: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly zone: string;
  readonly address: string;
  readonly macAddress: string;
  readonly groupIds: readonly string[];
  readonly description: string;
  /** "interface", "lambda", ... */
  readonly type: "interface" | "lambda" | "network_load_balancer";
  /** "amazon-elb"; who made it. */
  readonly requesterId: string;
  readonly attachmentId: string;
  readonly attachedAtMs: number;
  /** Set when its owner is gone: when it goes itself. */
  readonly goneAtMs: number | undefined;
}

export interface GatewayRow {
  readonly id: string;
  readonly vpcId: string;
}

export interface RouteTableRow {
  readonly id: string;
  readonly vpcId: string;
  readonly associationId: string;
  /** Undefined in a VPC without one. */
  readonly gatewayId: string | undefined;
}

/** The tables of one account in one region. Keys are ids. */
export interface PlaceState {
  readonly place: Place;
  readonly vpcs: Table<VpcRow>;
  readonly subnets: Table<SubnetRow>;
  readonly groups: Table<GroupRow>;
  readonly rules: Table<RuleRow>;
  readonly interfaces: Table<InterfaceRow>;
  readonly gateways: Table<GatewayRow>;
  readonly routeTables: Table<RouteTableRow>;
  /** Of every kind of resource, by its id. */
  readonly tags: Table<Tags>;
}

/** What every operation of the service works with. */
export interface Ec2 {
  readonly cloud: Cloud;
  /** The tables of a place, with its default network, and without what is gone by now. */
  in(place: Place): PlaceState;
}

export function createEc2State(cloud: Cloud): Ec2 {
  const open = perPlace((place) => openState(cloud.store, place));
  return {
    cloud,
    in(place) {
      const state = open(place);
      if (state.vpcs.size === 0) makeDefaultNetwork(cloud, state);
      const nowMs = cloud.clock.nowMs();
      for (const { id, goneAtMs } of state.interfaces.values()) {
        if (goneAtMs !== undefined && goneAtMs <= nowMs) state.interfaces.delete(id);
      }
      return state;
    },
  };
}

function openState(store: Store, { account, region }: Place): PlaceState {
  const table = <Value>(name: string) =>
    store.table<Value>({ account, region, service: SERVICE }, name);
  return {
    place: { account, region },
    vpcs: table("vpcs"),
    subnets: table("subnets"),
    groups: table("security-groups"),
    rules: table("security-group-rules"),
    interfaces: table("network-interfaces"),
    gateways: table("internet-gateways"),
    routeTables: table("route-tables"),
    tags: table("tags"),
  };
}

/** "vpc-0" and 16 hexadecimal digits, as AWS's ids are. */
export function newId({ random }: Pick<Cloud, "random">, prefix: string): string {
  return `${prefix}-0${random.hex(16)}`;
}
