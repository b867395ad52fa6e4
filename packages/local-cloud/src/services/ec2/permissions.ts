import type { IpPermission, SecurityGroupRule } from "@aws-sdk/client-ec2";
import { readBlock } from "./cidr.ts";
import { invalidValue, missing, notFound } from "./errors.ts";
import type { GroupRow, Peer, PlaceState, RuleRow } from "./state.ts";
import { tagShapes } from "./tagging.ts";

/** A rule as a call names it. */
export type WantedRule = Omit<RuleRow, "id" | "groupId" | "isEgress">;

/** The flat members, which stand for one permission. */
interface FlatRule {
  readonly IpProtocol?: string | undefined;
  readonly FromPort?: number | undefined;
  readonly ToPort?: number | undefined;
  readonly CidrIp?: string | undefined;
  readonly SourceSecurityGroupName?: string | undefined;
}

/** Every pair of a protocol's ports and a peer is a rule of its own. */
export function readPermissions(
  state: PlaceState,
  group: GroupRow,
  input: FlatRule & { readonly IpPermissions?: readonly IpPermission[] | undefined },
): WantedRule[] {
  const given = input.IpPermissions ?? [];
  const flat: IpPermission[] =
    given.length > 0 || (input.IpProtocol === undefined && input.CidrIp === undefined)
      ? []
      : [
          {
            IpProtocol: input.IpProtocol,
            FromPort: input.FromPort,
            ToPort: input.ToPort,
            IpRanges: input.CidrIp === undefined ? [] : [{ CidrIp: input.CidrIp }],
            UserIdGroupPairs:
              input.SourceSecurityGroupName === undefined
                ? []
                : [{ GroupName: input.SourceSecurityGroupName }],
          },
        ];
  const rules = [...given, ...flat].flatMap((permission) => {
    const ports = portsOf(permission);
    return peersOf(state, group, permission).map((peer) => Object.assign(peer, ports));
  });
  if (rules.length === 0) throw missing("ipPermissions");
  return rules;
}

const NUMBERS: Readonly<Record<string, string>> = {
  "1": "icmp",
  "6": "tcp",
  "17": "udp",
  "58": "icmpv6",
};

function portsOf({ IpProtocol, FromPort, ToPort }: IpPermission) {
  if (IpProtocol === undefined) throw missing("ipProtocol");
  const lower = IpProtocol.toLowerCase();
  const protocol = lower === "all" ? "-1" : (NUMBERS[lower] ?? lower);
  if (!["-1", "tcp", "udp", "icmp", "icmpv6"].includes(protocol) && !/^\d{1,3}$/.test(protocol)) {
    throw invalidValue(`Invalid value '${IpProtocol}' for IP protocol. Unknown protocol.`);
  }
  if (protocol !== "tcp" && protocol !== "udp") {
    return { protocol, fromPort: FromPort ?? -1, toPort: ToPort ?? -1 };
  }
  if (FromPort === undefined || ToPort === undefined) {
    throw invalidValue(
      `Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.`,
    );
  }
  if (FromPort < 0 || ToPort > 65_535 || FromPort > ToPort) {
    throw invalidValue(
      `Invalid value '${FromPort}-${ToPort}' for portRange: from 0 to 65535, the lower port first.`,
    );
  }
  return { protocol, fromPort: FromPort, toPort: ToPort };
}

function peersOf(state: PlaceState, group: GroupRow, permission: IpPermission) {
  const { IpRanges = [], Ipv6Ranges = [], UserIdGroupPairs = [], PrefixListIds = [] } = permission;
  const peer = (kind: Peer["kind"], value: string, description: string | undefined) => ({
    peer: { kind, value },
    description,
  });
  return [
    ...IpRanges.map(({ CidrIp = "", Description }) => {
      if (readBlock(CidrIp) === undefined) {
        throw invalidValue(`CIDR block ${CidrIp} is malformed`);
      }
      return peer("ipv4", CidrIp, Description);
    }),
    ...Ipv6Ranges.map(({ CidrIpv6 = "", Description }) => {
      if (!/^[0-9a-f:.]+\/\d{1,3}$/i.test(CidrIpv6)) {
        throw invalidValue(`CIDR block ${CidrIpv6} is malformed`);
      }
      return peer("ipv6", CidrIpv6, Description);
    }),
    ...UserIdGroupPairs.map(({ GroupId, GroupName, Description }) => {
      const found = [...state.groups.values()].find(
        ({ id, name, vpcId }) => id === GroupId || (name === GroupName && vpcId === group.vpcId),
      );
      if (found === undefined) throw notFound("group", GroupId ?? GroupName ?? "");
      return peer("group", found.id, Description);
    }),
    ...PrefixListIds.map(({ PrefixListId = "", Description }) =>
      peer("prefixList", PrefixListId, Description),
    ),
  ];
}

export function isSameRule(left: WantedRule, right: WantedRule): boolean {
  return (
    left.protocol === right.protocol &&
    left.fromPort === right.fromPort &&
    left.toPort === right.toPort &&
    left.peer.kind === right.peer.kind &&
    left.peer.value === right.peer.value
  );
}

/** As the error about a duplicate writes it. */
export function ruleText({ protocol, fromPort, toPort, peer }: WantedRule): string {
  const shown = protocol === "-1" ? "ALL" : protocol.toUpperCase();
  const ports =
    fromPort === -1 && toPort === -1 ? "" : `, from port: ${fromPort}, to port: ${toPort}`;
  return `peer: ${peer.value}, ${shown}${ports}, ALLOW`;
}

/** Rules of one protocol and one range of ports are one permission. */
export function permissionShapes(state: PlaceState, rules: readonly RuleRow[]): IpPermission[] {
  const groups = Map.groupBy(rules, (rule) => `${rule.protocol}/${rule.fromPort}/${rule.toPort}`);
  return [...groups.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const of = (kind: Peer["kind"]) => same.filter(({ peer }) => peer.kind === kind);
    const hasPorts = first.fromPort !== -1 || first.toPort !== -1;
    return {
      IpProtocol: first.protocol,
      FromPort: hasPorts ? first.fromPort : undefined,
      ToPort: hasPorts ? first.toPort : undefined,
      IpRanges: of("ipv4").map(({ peer, description }) => ({
        CidrIp: peer.value,
        Description: description,
      })),
      Ipv6Ranges: of("ipv6").map(({ peer, description }) => ({
        CidrIpv6: peer.value,
        Description: description,
      })),
      PrefixListIds: of("prefixList").map(({ peer, description }) => ({
        PrefixListId: peer.value,
        Description: description,
      })),
      UserIdGroupPairs: of("group").map(({ peer, description }) => ({
        GroupId: peer.value,
        UserId: state.place.account,
        Description: description,
      })),
    };
  });
}

export function ruleShape(state: PlaceState, row: RuleRow): SecurityGroupRule {
  const { place } = state;
  const { kind, value } = row.peer;
  return {
    SecurityGroupRuleId: row.id,
    SecurityGroupRuleArn: `arn:aws:ec2:${place.region}:${place.account}:security-group-rule/${row.id}`,
    GroupId: row.groupId,
    GroupOwnerId: place.account,
    IsEgress: row.isEgress,
    IpProtocol: row.protocol,
    FromPort: row.fromPort,
    ToPort: row.toPort,
    CidrIpv4: kind === "ipv4" ? value : undefined,
    CidrIpv6: kind === "ipv6" ? value : undefined,
    PrefixListId: kind === "prefixList" ? value : undefined,
    ReferencedGroupInfo: kind === "group" ? { GroupId: value, UserId: place.account } : undefined,
    Description: row.description,
    Tags: tagShapes(state, row.id),
  };
}
