import type { AwsError } from "../../../aws-error.ts";
import { allowAllEgress } from "../default-network.ts";
import {
  cannotDelete,
  duplicateGroup,
  groupInUse,
  invalidValue,
  missing,
  notFound,
} from "../errors.ts";
import { type Facts, select } from "../filters.ts";
import { permissionShapes } from "../permissions.ts";
import type { Ec2Handlers } from "../sdk.ts";
import { type Ec2, type GroupRow, newId, type PlaceState, type RuleRow } from "../state.ts";
import { putTags, specifiedTags, tagShapes } from "../tagging.ts";
import { removeGroup } from "./vpcs.ts";

/** Source: AWS docs, API_CreateSecurityGroup. */
const TEXT = /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/;

export function securityGroupOperations(ec2: Ec2) {
  const { cloud } = ec2;
  return {
    CreateSecurityGroup(input, context) {
      const state = ec2.in(context);
      const { GroupName: name, Description: description } = input;
      if (name === undefined) throw missing("groupName");
      if (description === undefined) throw missing("groupDescription");
      requireText("groupName", name);
      requireText("groupDescription", description);
      if (name.toLowerCase().startsWith("sg-")) {
        throw invalidValue(
          `Value (${name}) for parameter GroupName is invalid. Group names may not be in the format sg-*.`,
        );
      }
      if (name === "default") {
        throw invalidValue("Cannot use reserved security group name: default");
      }
      const vpcId = input.VpcId ?? [...state.vpcs.values()].find(({ isDefault }) => isDefault)?.id;
      if (vpcId === undefined) throw missing("vpcId");
      if (!state.vpcs.has(vpcId)) throw notFound("vpc", vpcId);
      for (const other of state.groups.values()) {
        if (other.vpcId === vpcId && other.name === name) throw duplicateGroup(name, vpcId);
      }
      const tags = specifiedTags(input.TagSpecifications, "security-group");
      const id = newId(cloud, "sg");
      const row: GroupRow = { id, vpcId, name, description };
      cloud.store.transaction(() => {
        state.groups.set(id, row);
        allowAllEgress(cloud, state, id);
        putTags(state, id, tags);
      });
      return {
        GroupId: id,
        SecurityGroupArn: groupArn(state, row),
        Tags: tagShapes(state, id),
      };
    },

    DescribeSecurityGroups(input, context) {
      const state = ec2.in(context);
      const named = (input.GroupNames ?? []).map((name) => groupNamed(state, name));
      const page = select(state.groups.values(), input, {
        ids: [...(input.GroupIds ?? []), ...named],
        missing: (id) => notFound("group", id),
        state,
        facts: (row) => factsOf(state, row),
      });
      return {
        SecurityGroups: page.items.map((row) => groupShape(state, row)),
        NextToken: page.nextToken,
      };
    },

    DeleteSecurityGroup(input, context) {
      const state = ec2.in(context);
      const id = input.GroupId ?? (input.GroupName && groupNamed(state, input.GroupName));
      if (id === undefined) throw missing("groupId");
      const row = state.groups.get(id);
      if (row === undefined) throw notFound("group", id);
      const refusal = whyKept(state, row);
      if (refusal !== undefined) throw refusal;
      cloud.store.transaction(() => removeGroup(state, id));
      return { Return: true, GroupId: id };
    },
  } satisfies Ec2Handlers;
}

/** A group stays while an interface is in it, or while a rule of another group names it. */
function whyKept(state: PlaceState, { id, name }: GroupRow): AwsError | undefined {
  if (name === "default") return cannotDelete(id);
  const isUsed =
    [...state.interfaces.values()].some(({ groupIds }) => groupIds.includes(id)) ||
    [...state.rules.values()].some(
      ({ groupId, peer }) => groupId !== id && peer.kind === "group" && peer.value === id,
    );
  return isUsed ? groupInUse(id) : undefined;
}

/** Names are for the default VPC only. Source: AWS docs, API_DescribeSecurityGroups. */
function groupNamed(state: PlaceState, name: string): string {
  const found = [...state.groups.values()].find(
    (row) => row.name === name && state.vpcs.get(row.vpcId)?.isDefault === true,
  );
  if (found === undefined) throw notFound("group", name);
  return found.id;
}

function requireText(parameter: string, text: string): void {
  if (TEXT.test(text)) return;
  throw invalidValue(
    `Value (${text}) for parameter ${parameter === "groupName" ? "GroupName" : "GroupDescription"} is invalid. ` +
      `Character sets beyond ASCII are not supported.`,
  );
}

function factsOf(state: PlaceState, row: GroupRow): Facts {
  const rules = rulesOf(state, row.id);
  const sides = [
    ["ip-permission", rules.filter(({ isEgress }) => !isEgress)],
    ["egress.ip-permission", rules.filter(({ isEgress }) => isEgress)],
  ] as const;
  const permissions = sides.flatMap(([prefix, side]): (readonly [string, string[]])[] => [
    [`${prefix}.protocol`, side.map(({ protocol }) => protocol)],
    [`${prefix}.from-port`, side.map(({ fromPort }) => String(fromPort))],
    [`${prefix}.to-port`, side.map(({ toPort }) => String(toPort))],
    [`${prefix}.cidr`, valuesOf(side, "ipv4")],
    [`${prefix}.ipv6-cidr`, valuesOf(side, "ipv6")],
    [`${prefix}.group-id`, valuesOf(side, "group")],
    [`${prefix}.prefix-list-id`, valuesOf(side, "prefixList")],
  ]);
  return {
    description: row.description,
    "group-id": row.id,
    "group-name": row.name,
    "owner-id": state.place.account,
    "vpc-id": row.vpcId,
    ...Object.fromEntries(permissions),
  };
}

function valuesOf(rules: readonly RuleRow[], kind: RuleRow["peer"]["kind"]): string[] {
  return rules.filter(({ peer }) => peer.kind === kind).map(({ peer }) => peer.value);
}

function rulesOf(state: PlaceState, id: string): RuleRow[] {
  return [...state.rules.values()].filter(({ groupId }) => groupId === id);
}

function groupArn({ place }: PlaceState, { id }: GroupRow): string {
  return `arn:aws:ec2:${place.region}:${place.account}:security-group/${id}`;
}

function groupShape(state: PlaceState, row: GroupRow) {
  const rules = rulesOf(state, row.id);
  return {
    GroupId: row.id,
    GroupName: row.name,
    Description: row.description,
    VpcId: row.vpcId,
    OwnerId: state.place.account,
    SecurityGroupArn: groupArn(state, row),
    IpPermissions: permissionShapes(
      state,
      rules.filter(({ isEgress }) => !isEgress),
    ),
    IpPermissionsEgress: permissionShapes(
      state,
      rules.filter(({ isEgress }) => isEgress),
    ),
    Tags: tagShapes(state, row.id),
  };
}
