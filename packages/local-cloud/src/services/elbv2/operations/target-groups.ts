import type { TargetGroup } from "@aws-sdk/client-elastic-load-balancing-v2";
import { isDeepStrictEqual } from "node:util";
import { pageOf } from "../../paging.ts";
import { arnOf, balancerOf, groupOf } from "../arns.ts";
import { allAttributes, attributeShapes, groupAttributes, readAttributes } from "../attributes.ts";
import {
  badToken,
  duplicateName,
  groupInUse,
  invalid,
  namesNotFound,
  notAvailable,
} from "../errors.ts";
import { healthShape, readHealthCheck } from "../health-settings.ts";
import { PAGE_ITEMS } from "../limits.ts";
import type { Elbv2Handlers, Elbv2Input } from "../sdk.ts";
import type { Elb, GroupRow, PlaceState } from "../state.ts";
import { readTags } from "../tagging.ts";
import { balancerUsing, groupsBehind } from "../usage.ts";

export function targetGroupOperations(elb: Elb) {
  const { cloud } = elb;
  return {
    async CreateTargetGroup(input, context) {
      const state = elb.in(context);
      const wanted = readGroup(input);
      if (wanted.vpcId !== undefined) {
        const network = await elb.network();
        if (network.vpc(state.place, wanted.vpcId) === undefined) {
          throw invalid(`The VPC ID '${wanted.vpcId}' is not found`);
        }
      }
      const tags = readTags(input.Tags);
      const known = [...state.groups.values()].find(({ name }) => name === wanted.name);
      if (known !== undefined) {
        const { arn: _arn, attributes: _attributes, ...settings } = known;
        if (!isDeepStrictEqual(settings, wanted)) throw duplicateName("TargetGroup", wanted.name);
        return { TargetGroups: [groupShape(state, known)] };
      }
      const arn = arnOf(state.place, `targetgroup/${wanted.name}/${cloud.random.hex(16)}`);
      const row: GroupRow = { ...wanted, arn, attributes: {} };
      cloud.store.transaction(() => {
        state.groups.set(arn, row);
        if (Object.keys(tags).length > 0) state.tags.set(arn, tags);
      });
      return { TargetGroups: [groupShape(state, row)] };
    },

    DescribeTargetGroups(input, context) {
      const state = elb.in(context);
      const { TargetGroupArns: arns = [], Names: names = [], LoadBalancerArn: balancerArn } = input;
      for (const arn of arns) groupOf(state, arn);
      const all = [...state.groups.values()];
      const missing = names.filter((name) => all.every((row) => row.name !== name));
      if (missing.length > 0) throw namesNotFound("TargetGroup", missing.join(", "));
      const behind =
        balancerArn === undefined
          ? undefined
          : groupsBehind(state, balancerOf(state, balancerArn).arn);
      const isNamed = (row: GroupRow) =>
        (arns.length === 0 && names.length === 0) ||
        arns.includes(row.arn) ||
        names.includes(row.name);
      const page = pageOf(
        all.filter((row) => isNamed(row) && (behind?.has(row.arn) ?? true)),
        {
          keyOf: ({ arn }) => arn,
          token: input.Marker,
          limit: input.PageSize ?? PAGE_ITEMS,
          badToken,
        },
      );
      return {
        TargetGroups: page.items.map((row) => groupShape(state, row)),
        NextMarker: page.nextToken,
      };
    },

    async ModifyTargetGroup(input, context) {
      const state = elb.in(context);
      const row = groupOf(state, input.TargetGroupArn);
      const changed: GroupRow = { ...row, check: readHealthCheck(row.type, input, row.check) };
      state.groups.set(row.arn, changed);
      await elb.changed(state);
      return { TargetGroups: [groupShape(state, changed)] };
    },

    /** What is not there is deleted already. */
    async DeleteTargetGroup(input, context) {
      const state = elb.in(context);
      const { TargetGroupArn: arn = "" } = input;
      if (!state.groups.has(arn)) return {};
      if (balancerUsing(state, arn) !== undefined) throw groupInUse(arn);
      cloud.store.transaction(() => {
        for (const [key] of state.targets(arn).entries()) state.targets(arn).delete(key);
        state.groups.delete(arn);
        state.tags.delete(arn);
      });
      await elb.changed(state);
      return {};
    },

    DescribeTargetGroupAttributes(input, context) {
      const { type, attributes } = groupOf(elb.in(context), input.TargetGroupArn);
      return { Attributes: attributeShapes(allAttributes(groupAttributes(type), attributes)) };
    },

    ModifyTargetGroupAttributes(input, context) {
      const state = elb.in(context);
      const row = groupOf(state, input.TargetGroupArn);
      const table = groupAttributes(row.type);
      const attributes = {
        ...row.attributes,
        ...readAttributes(table, "Target group", input.Attributes),
      };
      const all = allAttributes(table, attributes);
      // Source: AWS docs, "Slow start mode".
      if (
        (all["slow_start.duration_seconds"] ?? "0") !== "0" &&
        all["load_balancing.algorithm.type"] !== "round_robin"
      ) {
        throw invalid(
          "Slow start cannot be enabled with the load balancing algorithm " +
            `'${all["load_balancing.algorithm.type"] ?? ""}': it needs round_robin`,
        );
      }
      state.groups.set(row.arn, { ...row, attributes });
      return { Attributes: attributeShapes(all) };
    },
  } satisfies Elbv2Handlers;
}

/** Source: AWS docs, API_CreateTargetGroup. */
function readGroup(input: Elbv2Input<"CreateTargetGroup">): Omit<GroupRow, "arn" | "attributes"> {
  const { Name: name = "", TargetType: type = "instance", Protocol, Port, VpcId } = input;
  if (!/^[a-zA-Z0-9-]{1,32}$/.test(name)) {
    throw invalid(
      name.length > 32
        ? `Target group name '${name}' cannot be longer than '32' characters`
        : `Target group name '${name}' can only contain characters that are alphanumeric characters or hyphens(-)`,
    );
  }
  if (name.startsWith("-") || name.endsWith("-")) {
    throw invalid(`Target group name '${name}' cannot begin or end with '-'`);
  }
  if (type === "alb") throw notAvailable("Target groups of type alb are");
  if (type === "lambda") {
    const given = Object.entries({ Protocol, Port, VpcId }).find(
      ([, value]) => value !== undefined,
    );
    if (given !== undefined) {
      const noun = { Protocol: "Protocol", Port: "Port", VpcId: "VPC ID" }[given[0]] ?? given[0];
      throw invalid(`${noun} cannot be specified for target groups with target type 'lambda'`);
    }
    const check = readHealthCheck(type, input);
    return { name, type, protocol: undefined, port: undefined, vpcId: undefined, check };
  }
  if (Protocol === undefined) throw invalid("A protocol must be specified");
  if (Protocol !== "HTTP" && Protocol !== "HTTPS") {
    throw notAvailable(`Target groups of protocol ${Protocol} are`);
  }
  const { ProtocolVersion: version = "HTTP1" } = input;
  if (version !== "HTTP1") throw notAvailable(`Target groups of protocol version ${version} are`);
  if (Port === undefined) throw invalid("A port must be specified");
  if (VpcId === undefined) throw invalid("A VPC ID must be specified");
  const check = readHealthCheck(type, input);
  return { name, type, protocol: Protocol, port: Port, vpcId: VpcId, check };
}

function groupShape(state: PlaceState, row: GroupRow): TargetGroup {
  const balancerArn = balancerUsing(state, row.arn);
  return {
    TargetGroupArn: row.arn,
    TargetGroupName: row.name,
    Protocol: row.protocol,
    Port: row.port,
    VpcId: row.vpcId,
    TargetType: row.type,
    ProtocolVersion: row.type === "lambda" ? undefined : "HTTP1",
    IpAddressType: "ipv4",
    LoadBalancerArns: balancerArn === undefined ? [] : [balancerArn],
    ...healthShape(row),
  };
}
