import { badRange, cidrConflict, inUse, invalidValue, missing, notFound } from "../errors.ts";
import { contains, freeAddress, KEPT, overlaps, readBlock, sizeOf } from "../cidr.ts";
import { addVpc } from "../default-network.ts";
import { select } from "../filters.ts";
import type { Ec2Handlers } from "../sdk.ts";
import { type Ec2, newId, type PlaceState, type SubnetRow, type VpcRow } from "../state.ts";
import { putTags, specifiedTags, tagShapes } from "../tagging.ts";
import { zonesOf } from "../zones.ts";

/** Blocks of VPCs and subnets. Source: AWS docs, "VPC CIDR blocks". */
const BITS = { min: 16, max: 28 };

export function vpcOperations(ec2: Ec2) {
  const { cloud } = ec2;
  return {
    CreateVpc(input, context) {
      const state = ec2.in(context);
      const { CidrBlock: cidr } = input;
      if (cidr === undefined) throw missing("cidrBlock");
      const block = readBlock(cidr);
      if (block === undefined || block.bits < BITS.min || block.bits > BITS.max) {
        throw badRange("Vpc", cidr);
      }
      const tags = specifiedTags(input.TagSpecifications, "vpc");
      const tenancy = input.InstanceTenancy ?? "default";
      const vpc = cloud.store.transaction(() => {
        const made = addVpc(cloud, state, { cidr, isDefault: false, tenancy });
        putTags(state, made.id, tags);
        return made;
      });
      return { Vpc: vpcShape(state, vpc) };
    },

    DescribeVpcs(input, context) {
      const state = ec2.in(context);
      const page = select(state.vpcs.values(), input, {
        ids: input.VpcIds,
        missing: (id) => notFound("vpc", id),
        state,
        facts: (row) => ({
          cidr: row.cidr,
          "cidr-block-association.cidr-block": row.cidr,
          "dhcp-options-id": row.dhcpOptionsId,
          "is-default": String(row.isDefault),
          isDefault: String(row.isDefault),
          "owner-id": state.place.account,
          state: "available",
          "vpc-id": row.id,
        }),
      });
      return { Vpcs: page.items.map((row) => vpcShape(state, row)), NextToken: page.nextToken };
    },

    DeleteVpc(input, context) {
      const state = ec2.in(context);
      const { VpcId: id } = input;
      if (id === undefined) throw missing("vpcId");
      if (!state.vpcs.has(id)) throw notFound("vpc", id);
      const groups = [...state.groups.values()].filter(({ vpcId }) => vpcId === id);
      const isUsed =
        [...state.subnets.values()].some(({ vpcId }) => vpcId === id) ||
        [...state.gateways.values()].some(({ vpcId }) => vpcId === id) ||
        groups.some(({ name }) => name !== "default");
      if (isUsed) throw inUse("vpc", id);
      cloud.store.transaction(() => {
        for (const group of groups) removeGroup(state, group.id);
        for (const table of state.routeTables.values()) {
          if (table.vpcId === id) state.routeTables.delete(table.id);
        }
        state.vpcs.delete(id);
        state.tags.delete(id);
      });
      return {};
    },

    CreateSubnet(input, context) {
      const state = ec2.in(context);
      const { VpcId: vpcId, CidrBlock: cidr } = input;
      if (vpcId === undefined) throw missing("vpcId");
      if (cidr === undefined) throw missing("cidrBlock");
      const vpc = state.vpcs.get(vpcId);
      if (vpc === undefined) throw notFound("vpc", vpcId);
      const zone = zoneNamed(state, input.AvailabilityZone, input.AvailabilityZoneId);
      requireRoom(state, vpc, cidr);
      const tags = specifiedTags(input.TagSpecifications, "subnet");
      const id = newId(cloud, "subnet");
      const row: SubnetRow = { id, vpcId, cidr, zone, isDefault: false, mapsPublicIp: false };
      cloud.store.transaction(() => {
        state.subnets.set(id, row);
        putTags(state, id, tags);
      });
      return { Subnet: subnetShape(state, row) };
    },

    DescribeSubnets(input, context) {
      const state = ec2.in(context);
      const page = select(state.subnets.values(), input, {
        ids: input.SubnetIds,
        missing: (id) => notFound("subnet", id),
        state,
        facts: (row) => ({
          "availability-zone": row.zone,
          availabilityZone: row.zone,
          "availability-zone-id": zoneId(state, row.zone),
          "available-ip-address-count": String(freeCount(state, row)),
          "cidr-block": row.cidr,
          cidr: row.cidr,
          "default-for-az": String(row.isDefault),
          defaultForAz: String(row.isDefault),
          "map-public-ip-on-launch": String(row.mapsPublicIp),
          "owner-id": state.place.account,
          state: "available",
          "subnet-arn": subnetArn(state, row),
          "subnet-id": row.id,
          "vpc-id": row.vpcId,
        }),
      });
      return {
        Subnets: page.items.map((row) => subnetShape(state, row)),
        NextToken: page.nextToken,
      };
    },

    DeleteSubnet(input, context) {
      const state = ec2.in(context);
      const { SubnetId: id } = input;
      if (id === undefined) throw missing("subnetId");
      if (!state.subnets.has(id)) throw notFound("subnet", id);
      if ([...state.interfaces.values()].some(({ subnetId }) => subnetId === id)) {
        throw inUse("subnet", id);
      }
      state.subnets.delete(id);
      state.tags.delete(id);
      return {};
    },
  } satisfies Ec2Handlers;
}

/** A group with its rules. */
export function removeGroup(state: PlaceState, id: string): void {
  for (const rule of state.rules.values()) {
    if (rule.groupId === id) state.rules.delete(rule.id);
  }
  state.groups.delete(id);
  state.tags.delete(id);
}

/** A free address of the subnet; undefined when it is full. */
export function addressIn(state: PlaceState, subnet: SubnetRow): string | undefined {
  const block = readBlock(subnet.cidr);
  const used = new Set([...state.interfaces.values()].map(({ address }) => address));
  return block && freeAddress(block, used);
}

function zoneNamed(state: PlaceState, name: string | undefined, id: string | undefined): string {
  const zones = zonesOf(state.place);
  const found =
    name === undefined && id === undefined
      ? zones[0]
      : zones.find((zone) => zone.name === name || zone.id === id);
  if (found !== undefined) return found.name;
  throw invalidValue(
    `Value (${name ?? id ?? ""}) for parameter availabilityZone is invalid. ` +
      `Subnets can currently only be created in the following availability zones: ` +
      `${zones.map((zone) => zone.name).join(", ")}.`,
  );
}

function requireRoom(state: PlaceState, vpc: VpcRow, cidr: string): void {
  const block = readBlock(cidr);
  const outer = readBlock(vpc.cidr);
  const isInside = block !== undefined && outer !== undefined && contains(outer, block);
  if (!isInside || block.bits > BITS.max) throw badRange("Subnet", cidr);
  for (const other of state.subnets.values()) {
    const taken = readBlock(other.cidr);
    if (other.vpcId === vpc.id && taken !== undefined && overlaps(taken, block)) {
      throw cidrConflict(cidr);
    }
  }
}

function vpcShape(state: PlaceState, row: VpcRow) {
  return {
    VpcId: row.id,
    CidrBlock: row.cidr,
    CidrBlockAssociationSet: [
      {
        AssociationId: `vpc-cidr-assoc-${row.id.slice("vpc-".length)}`,
        CidrBlock: row.cidr,
        CidrBlockState: { State: "associated" as const },
      },
    ],
    DhcpOptionsId: row.dhcpOptionsId,
    InstanceTenancy: row.tenancy,
    IsDefault: row.isDefault,
    OwnerId: state.place.account,
    State: "available" as const,
    Tags: tagShapes(state, row.id),
  };
}

function subnetShape(state: PlaceState, row: SubnetRow) {
  return {
    SubnetId: row.id,
    SubnetArn: subnetArn(state, row),
    VpcId: row.vpcId,
    CidrBlock: row.cidr,
    AvailabilityZone: row.zone,
    AvailabilityZoneId: zoneId(state, row.zone),
    AvailableIpAddressCount: freeCount(state, row),
    DefaultForAz: row.isDefault,
    MapPublicIpOnLaunch: row.mapsPublicIp,
    AssignIpv6AddressOnCreation: false,
    EnableDns64: false,
    Ipv6Native: false,
    Ipv6CidrBlockAssociationSet: [],
    MapCustomerOwnedIpOnLaunch: false,
    OwnerId: state.place.account,
    State: "available" as const,
    Tags: tagShapes(state, row.id),
  };
}

function subnetArn({ place }: PlaceState, { id }: SubnetRow): string {
  return `arn:aws:ec2:${place.region}:${place.account}:subnet/${id}`;
}

function zoneId({ place }: PlaceState, name: string): string | undefined {
  return zonesOf(place).find((zone) => zone.name === name)?.id;
}

function freeCount(state: PlaceState, { id, cidr }: SubnetRow): number {
  const used = [...state.interfaces.values()].filter(({ subnetId }) => subnetId === id).length;
  return sizeOf(readBlock(cidr)?.bits ?? 32) - KEPT - used;
}
