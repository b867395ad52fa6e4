import { notFound } from "../errors.ts";
import { select } from "../filters.ts";
import type { Ec2Handlers } from "../sdk.ts";
import type { Ec2, InterfaceRow, PlaceState } from "../state.ts";
import { tagShapes } from "../tagging.ts";

export function networkInterfaceOperations(ec2: Ec2) {
  return {
    DescribeNetworkInterfaces(input, context) {
      const state = ec2.in(context);
      const page = select(state.interfaces.values(), input, {
        ids: input.NetworkInterfaceIds,
        missing: (id) => notFound("interface", id),
        state,
        facts: (row) => ({
          "addresses.private-ip-address": row.address,
          "attachment.attachment-id": row.attachmentId,
          "attachment.instance-owner-id": row.requesterId,
          "attachment.status": "attached",
          "availability-zone": row.zone,
          description: row.description,
          "group-id": row.groupIds,
          "group-name": row.groupIds.flatMap((id) => state.groups.get(id)?.name ?? []),
          "interface-type": row.type,
          "mac-address": row.macAddress,
          "network-interface-id": row.id,
          "owner-id": state.place.account,
          "private-ip-address": row.address,
          "requester-id": row.requesterId,
          "requester-managed": "true",
          status: "in-use",
          "subnet-id": row.subnetId,
          "vpc-id": row.vpcId,
        }),
      });
      return {
        NetworkInterfaces: page.items.map((row) => interfaceShape(state, row)),
        NextToken: page.nextToken,
      };
    },
  } satisfies Ec2Handlers;
}

function interfaceShape(state: PlaceState, row: InterfaceRow) {
  const dnsName = `ip-${row.address.replaceAll(".", "-")}.ec2.internal`;
  return {
    NetworkInterfaceId: row.id,
    SubnetId: row.subnetId,
    VpcId: row.vpcId,
    AvailabilityZone: row.zone,
    Description: row.description,
    OwnerId: state.place.account,
    RequesterId: row.requesterId,
    RequesterManaged: true,
    Status: "in-use" as const,
    MacAddress: row.macAddress,
    PrivateIpAddress: row.address,
    PrivateDnsName: dnsName,
    PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: row.address, PrivateDnsName: dnsName }],
    SourceDestCheck: true,
    InterfaceType: row.type,
    Groups: row.groupIds.map((id) => ({ GroupId: id, GroupName: state.groups.get(id)?.name })),
    Attachment: {
      AttachmentId: row.attachmentId,
      AttachTime: new Date(row.attachedAtMs),
      DeleteOnTermination: false,
      DeviceIndex: 1,
      InstanceOwnerId: row.requesterId,
      Status: "attached" as const,
    },
    Ipv6Addresses: [],
    TagSet: tagShapes(state, row.id),
  };
}
