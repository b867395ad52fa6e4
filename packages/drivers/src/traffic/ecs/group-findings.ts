import type { PreflightFinding } from "@headgate/core";
import { lookAt, type Looked, problem, warning } from "../../preflight.ts";
import type { EcsCalls } from "./calls.ts";
import { type EcsPlace, type GroupPlace, groupName } from "./place.ts";
import { describeHealth, readTargetHealth } from "./target-health.ts";

/** Both groups must be able to hold this service's tasks, and nobody else's. */
export async function groupFindings(
  calls: EcsCalls,
  place: EcsPlace,
  networkMode: string | undefined,
): Promise<readonly PreflightFinding[]> {
  const vpcId = await loadBalancerVpc(calls, place);
  const findings: PreflightFinding[] = [];
  for (const group of place.groups) {
    findings.push(
      await lookAt(`target group ${group.name} fits`, () =>
        fitsLooked(group, place, networkMode, vpcId),
      ),
    );
  }
  findings.push(
    await lookAt("no other service uses the target groups", () => sharedLooked(calls, place)),
  );
  return findings;
}

async function loadBalancerVpc({ elb }: EcsCalls, place: EcsPlace): Promise<string | undefined> {
  const arn = place.loadBalancerArn;
  const { LoadBalancers = [] } = await elb(
    "DescribeLoadBalancers",
    `load balancer ${place.loadBalancerDimension}`,
    async (client, options) => client.describeLoadBalancers({ LoadBalancerArns: [arn] }, options),
  );
  return LoadBalancers[0]?.VpcId;
}

function fitsLooked(
  group: GroupPlace,
  place: EcsPlace,
  networkMode: string | undefined,
  vpcId: string | undefined,
): Looked {
  // Source: AWS docs, ECS developer guide, alb: awsvpc needs ip, the other modes instance.
  const wanted = networkMode === "awsvpc" ? "ip" : "instance";
  if (group.targetType !== wanted) {
    return problem(
      `its target type is ${group.targetType}; tasks with network mode ${networkMode ?? "bridge"} need ${wanted}`,
      `A target type cannot be changed: create another target group with --target-type ${wanted}.`,
    );
  }
  if (vpcId !== undefined && group.vpcId !== vpcId) {
    return problem(
      `it is in ${group.vpcId}, and the load balancer in ${vpcId}`,
      "Create the target group in the VPC of the load balancer.",
    );
  }
  const elsewhere = group.loadBalancerArns.find((arn) => arn !== place.loadBalancerArn);
  if (elsewhere !== undefined) {
    return problem(
      `another load balancer forwards to it: ${elsewhere}`,
      "Give the release two target groups that only this load balancer uses.",
    );
  }
  return `type ${group.targetType}, ${group.vpcId}, health check ${group.healthPath}`;
}

/** Source: AWS docs, API_CreateService: services list their load balancers; nothing else tells who registers tasks. */
async function sharedLooked(calls: EcsCalls, place: EcsPlace): Promise<Looked> {
  const { clusterArn: cluster, serviceArn, groups } = place;
  const arns = new Set<string>(groups.map(({ arn }) => arn));
  let looked = 0;
  for (const page of await servicePages(calls, cluster)) {
    const { services = [] } = await calls.ecs(
      "DescribeServices",
      `services of ${cluster}`,
      async (client, options) => client.describeServices({ cluster, services: [...page] }, options),
    );
    looked += services.length;
    for (const { serviceArn: arn, serviceName, loadBalancers = [], taskSets = [] } of services) {
      if (arn === serviceArn) continue;
      const used = [...loadBalancers, ...taskSets.flatMap((set) => set.loadBalancers ?? [])];
      const shared = used.find(({ targetGroupArn = "" }) => arns.has(targetGroupArn));
      if (shared === undefined) continue;
      return problem(
        `service ${serviceName} registers its tasks in ${groupName(place, shared.targetGroupArn ?? "")} too`,
        "Two services in one target group share its traffic whatever the weights: give each its own.",
      );
    }
  }
  return `looked at ${looked} services of the cluster`;
}

/** DescribeServices takes ten at a time. Source: botocore ecs model. */
async function servicePages(
  { ecs }: EcsCalls,
  cluster: string,
): Promise<readonly (readonly string[])[]> {
  const pages: (readonly string[])[] = [];
  let nextToken: string | undefined;
  do {
    const input = { cluster, maxResults: 10, nextToken };
    const page = await ecs("ListServices", `services of ${cluster}`, async (client, options) =>
      client.listServices(input, options),
    );
    if ((page.serviceArns ?? []).length > 0) pages.push(page.serviceArns ?? []);
    nextToken = page.nextToken;
  } while (nextToken !== undefined && pages.length < MOST_PAGES);
  return pages;
}

const MOST_PAGES = 50;

/** Whether what serves now is healthy: without it there is no way back. */
export function healthFinding(
  calls: EcsCalls,
  group: GroupPlace,
  version: string,
): Promise<PreflightFinding> {
  return lookAt(`stable ${version} is healthy in ${group.name}`, async () => {
    const health = await readTargetHealth(calls, group);
    const text = describeHealth(health);
    if (health.healthy === 0) {
      return problem(
        text,
        `Its targets must answer ${group.healthPath} first: there is no way back to a version that does not.`,
      );
    }
    if (health.others.length > 0) return warning(text, "Look at those that are not healthy.");
    return text;
  });
}
