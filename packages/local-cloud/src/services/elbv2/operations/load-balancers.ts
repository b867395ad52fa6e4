import type { LoadBalancer } from "@aws-sdk/client-elastic-load-balancing-v2";
import { bucketsFolder } from "../../../data-plane/load-balancer/access-logs.ts";
import { pageOf } from "../../paging.ts";
import { arnOf, balancerOf } from "../arns.ts";
import {
  allAttributes,
  attributeShapes,
  BALANCER_ATTRIBUTES,
  readAttributes,
} from "../attributes.ts";
import {
  badToken,
  duplicateName,
  invalid,
  namesNotFound,
  notAvailable,
  notFound,
  notPermitted,
} from "../errors.ts";
import { PAGE_ITEMS, PROVISIONING_MS } from "../limits.ts";
import { attachInterfaces, readSecurityGroups, readSubnets } from "../placement.ts";
import type { Elbv2Handlers, Elbv2Input } from "../sdk.ts";
import type { BalancerRow, Elb, PlaceState } from "../state.ts";
import { readTags } from "../tagging.ts";
import { listenersOf, rulesOf } from "../usage.ts";

/** Source: AWS docs, "Elastic Load Balancing endpoints and quotas" (hosted zones by region). */
const HOSTED_ZONES: Readonly<Record<string, string>> = {
  "eu-central-1": "Z215JYRZR1TBD5",
  "eu-west-1": "Z32O12XQLNTSW2",
  "us-east-2": "Z3AADJGX6KTTL2",
  "us-west-2": "Z1H1FL5HABSF5",
};
const OTHER_ZONE = "Z35SXDOTRQ7X7K";

export function loadBalancerOperations(elb: Elb) {
  const { cloud } = elb;
  const shapeOf = (state: PlaceState, row: BalancerRow) => balancerShape(elb, state, row);

  return {
    async CreateLoadBalancer(input, context) {
      const state = elb.in(context);
      const name = readName(input);
      const network = await elb.network();
      const wanted =
        input.Subnets ?? (input.SubnetMappings ?? []).map(({ SubnetId = "" }) => SubnetId);
      const { vpcId, subnets } = readSubnets(network, state.place, wanted);
      const groups = readSecurityGroups(network, state.place, vpcId, input.SecurityGroups);
      const scheme = input.Scheme ?? "internet-facing";
      const tags = readTags(input.Tags);
      const known = [...state.balancers.values()].find((row) => row.name === name);
      if (known !== undefined) {
        const isSame = known.scheme === scheme && known.vpcId === vpcId;
        if (!isSame) throw duplicateName("LoadBalancer", name);
        return { LoadBalancers: [shapeOf(state, known)] };
      }
      const resource = `app/${name}/${cloud.random.hex(16)}`;
      const arn = arnOf(state.place, `loadbalancer/${resource}`);
      const nowMs = cloud.clock.nowMs();
      const prefix = scheme === "internal" ? "internal-" : "";
      const row: BalancerRow = {
        arn,
        name,
        label: `${prefix}${name.toLowerCase()}-${1_000_000_000 + cloud.random.int(1_000_000_000)}`,
        scheme,
        ipAddressType: input.IpAddressType ?? "ipv4",
        vpcId,
        subnets: attachInterfaces(network, state.place, resource, subnets, groups),
        securityGroupIds: groups,
        attributes: {},
        createdAtMs: nowMs,
        activeAtMs: nowMs + PROVISIONING_MS,
      };
      cloud.store.transaction(() => {
        state.balancers.set(arn, row);
        if (Object.keys(tags).length > 0) state.tags.set(arn, tags);
      });
      return { LoadBalancers: [shapeOf(state, row)] };
    },

    DescribeLoadBalancers(input, context) {
      const state = elb.in(context);
      const { LoadBalancerArns: arns = [], Names: names = [] } = input;
      for (const arn of arns) balancerOf(state, arn);
      const all = [...state.balancers.values()];
      const missing = names.filter((name) => all.every((row) => row.name !== name));
      if (missing.length > 0) throw namesNotFound("LoadBalancer", missing.join(", "));
      const isWanted = (row: BalancerRow) =>
        (arns.length === 0 && names.length === 0) ||
        arns.includes(row.arn) ||
        names.includes(row.name);
      const page = pageOf(all.filter(isWanted), {
        keyOf: ({ arn }) => arn,
        token: input.Marker,
        limit: input.PageSize ?? PAGE_ITEMS,
        badToken,
      });
      return {
        LoadBalancers: page.items.map((row) => shapeOf(state, row)),
        NextMarker: page.nextToken,
      };
    },

    /** Its listeners and rules go with it, its target groups stay. What is not there is deleted already. */
    async DeleteLoadBalancer(input, context) {
      const state = elb.in(context);
      const row = knownBalancer(state, input.LoadBalancerArn);
      if (row === undefined) return {};
      if (row.attributes["deletion_protection.enabled"] === "true") {
        throw notPermitted(
          `Load balancer '${row.arn}' cannot be deleted because deletion protection is enabled`,
        );
      }
      const network = await elb.network();
      cloud.store.transaction(() => {
        for (const listener of listenersOf(state, row.arn)) {
          for (const rule of rulesOf(state, listener.arn)) {
            state.rules.delete(rule.arn);
            state.tags.delete(rule.arn);
          }
          state.listeners.delete(listener.arn);
          state.tags.delete(listener.arn);
        }
        state.balancers.delete(row.arn);
        state.tags.delete(row.arn);
        for (const { interfaceId } of row.subnets) network.detach(state.place, interfaceId);
      });
      await elb.changed(state);
      return {};
    },

    async SetSecurityGroups(input, context) {
      const state = elb.in(context);
      const row = balancerOf(state, input.LoadBalancerArn);
      const network = await elb.network();
      const ids = readSecurityGroups(network, state.place, row.vpcId, input.SecurityGroups);
      cloud.store.transaction(() => {
        state.balancers.set(row.arn, { ...row, securityGroupIds: ids });
        for (const { interfaceId } of row.subnets) network.regroup(state.place, interfaceId, ids);
      });
      return { SecurityGroupIds: [...ids] };
    },

    async SetSubnets(input, context) {
      const state = elb.in(context);
      const row = balancerOf(state, input.LoadBalancerArn);
      const network = await elb.network();
      const wanted =
        input.Subnets ?? (input.SubnetMappings ?? []).map(({ SubnetId = "" }) => SubnetId);
      const { subnets } = readSubnets(network, state.place, wanted);
      const kept = row.subnets.filter(({ id }) => subnets.some((subnet) => subnet.id === id));
      const added = subnets.filter(({ id }) => row.subnets.every((subnet) => subnet.id !== id));
      const dimension = row.arn.slice(row.arn.indexOf("app/"));
      const changed: BalancerRow = {
        ...row,
        subnets: [
          ...kept,
          ...attachInterfaces(network, state.place, dimension, added, row.securityGroupIds),
        ],
      };
      state.balancers.set(row.arn, changed);
      for (const { id, interfaceId } of row.subnets) {
        if (kept.every((subnet) => subnet.id !== id)) network.detach(state.place, interfaceId);
      }
      return { AvailabilityZones: zoneShapes(changed), IpAddressType: row.ipAddressType };
    },

    SetIpAddressType(input, context) {
      const state = elb.in(context);
      const row = balancerOf(state, input.LoadBalancerArn);
      const ipAddressType = input.IpAddressType ?? "ipv4";
      state.balancers.set(row.arn, { ...row, ipAddressType });
      return { IpAddressType: ipAddressType };
    },

    DescribeLoadBalancerAttributes(input, context) {
      const { attributes } = balancerOf(elb.in(context), input.LoadBalancerArn);
      return { Attributes: attributeShapes(allAttributes(BALANCER_ATTRIBUTES, attributes)) };
    },

    ModifyLoadBalancerAttributes(input, context) {
      const state = elb.in(context);
      const row = balancerOf(state, input.LoadBalancerArn);
      const given = readAttributes(BALANCER_ATTRIBUTES, "Load balancer", input.Attributes);
      const attributes = { ...row.attributes, ...given };
      state.balancers.set(row.arn, { ...row, attributes });
      const logs = Object.entries(given).find(
        ([key, value]) => key.endsWith("_logs.s3.enabled") && value === "true",
      );
      if (logs !== undefined) {
        if (logs[0] === "access_logs.s3.enabled") {
          cloud.notice(`${row.name}: access logs go to ${bucketsFolder(cloud)}, as there is no S3`);
        } else {
          cloud.warn(`${row.name}: ${logs[0]} is set, but these logs are not written here.`);
        }
      }
      return { Attributes: attributeShapes(allAttributes(BALANCER_ATTRIBUTES, attributes)) };
    },
  } satisfies Elbv2Handlers;
}

/** Source: AWS docs, API_CreateLoadBalancer. */
function readName({ Name: name = "", Type }: Elbv2Input<"CreateLoadBalancer">): string {
  if (Type !== undefined && Type !== "application") {
    throw notAvailable(`Load balancers of type ${Type} are`);
  }
  if (name.length === 0 || name.length > 32) {
    throw invalid(`The load balancer name '${name}' cannot be longer than '32' characters`);
  }
  if (!/^[a-zA-Z0-9-]+$/.test(name)) {
    throw invalid(
      `The load balancer name '${name}' can only contain characters that are alphanumeric characters and hyphens(-)`,
    );
  }
  if (name.startsWith("-") || name.endsWith("-")) {
    throw invalid(`The load balancer name '${name}' cannot begin or end with a hyphen(-)`);
  }
  if (name.startsWith("internal-")) {
    throw invalid(`The load balancer name '${name}' cannot begin with 'internal-'`);
  }
  return name;
}

function knownBalancer(state: PlaceState, arn: string | undefined): BalancerRow | undefined {
  try {
    return balancerOf(state, arn);
  } catch (error) {
    if (error instanceof Error && error.message === notFound("LoadBalancer").message)
      return undefined;
    throw error;
  }
}

function zoneShapes({ subnets }: BalancerRow) {
  return subnets.map(({ id, zone }) => ({
    ZoneName: zone,
    SubnetId: id,
    LoadBalancerAddresses: [],
  }));
}

/** The name carries the port of the cloud, so that it leads there as it stands. */
function balancerShape({ cloud }: Elb, { place }: PlaceState, row: BalancerRow): LoadBalancer {
  const { port } = new URL(cloud.endpointUrl());
  return {
    LoadBalancerArn: row.arn,
    LoadBalancerName: row.name,
    DNSName: `${row.label}.${place.region}.elb.localhost:${port}`,
    CanonicalHostedZoneId: HOSTED_ZONES[place.region] ?? OTHER_ZONE,
    CreatedTime: new Date(row.createdAtMs),
    Scheme: row.scheme,
    VpcId: row.vpcId,
    State: { Code: row.activeAtMs <= cloud.clock.nowMs() ? "active" : "provisioning" },
    Type: "application",
    AvailabilityZones: zoneShapes(row),
    SecurityGroups: [...row.securityGroupIds],
    IpAddressType: row.ipAddressType,
  };
}
