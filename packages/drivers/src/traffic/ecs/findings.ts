import type { PreflightFinding } from "@headgate/core";
import { lookAt, type Looked, ok, problem, warning } from "../../preflight.ts";
import type { EcsCalls } from "./calls.ts";
import type { Forward } from "./forward.ts";
import { type EcsMode, type EcsPlace, type GroupPlace, groupName } from "./place.ts";
import type { ServiceView } from "./service.ts";
import { describeHealth, readTargetHealth } from "./target-health.ts";
import {
  containerOf,
  type EcsRevision,
  isSame,
  mustBeActive,
  portOf,
  readTaskDefinition,
  withRevision,
} from "./task-definition.ts";

/** The looks that do not depend on the mode; each changes nothing. */

const CONTROLLERS: Record<EcsMode, string> = { taskSets: "EXTERNAL", native: "ECS" };

/** Whether the service's deployment controller lets this mode do its work. */
export function controllerFinding(mode: EcsMode, { controller }: ServiceView): PreflightFinding {
  const check = `mode ${mode}`;
  const wanted = CONTROLLERS[mode];
  if (controller === wanted) return ok(check, `the service's deployment controller is ${wanted}`);
  const fitting = controller === "EXTERNAL" ? "taskSets" : "native";
  const hint =
    controller === "CODE_DEPLOY"
      ? `CodeDeploy alone may change such a service. Make another with the deployment controller ECS or EXTERNAL.`
      : `Set target.ecs.mode to ${fitting}, or leave it out.`;
  const found = problem(
    `the service's deployment controller is ${controller}; ${mode} needs ${wanted}`,
    hint,
  );
  return { check, ...found };
}

export function serviceFinding(service: ServiceView): PreflightFinding {
  const check = `service ${service.name} runs`;
  const { status, desiredCount } = service;
  if (status !== "ACTIVE") {
    return {
      check,
      ...problem(`it is ${status}, not ACTIVE`, "Only an ACTIVE service can take a new version."),
    };
  }
  if (desiredCount === 0) {
    const hint = `aws ecs update-service --cluster ${service.clusterArn} --service ${service.name} --desired-count 2`;
    return { check, ...problem("its desired count is 0: a new version would have no tasks", hint) };
  }
  return ok(
    check,
    `ACTIVE, desired count ${desiredCount}; both versions run in full during the rollout, ${2 * desiredCount} tasks`,
  );
}

/** What the listener's or rule's own weights would do to a rollout. */
export function forwardFindings(place: EcsPlace, forward: Forward): readonly PreflightFinding[] {
  const { action, groups } = place;
  const check = `${action.label} forwards to one of the two target groups`;
  if (forward.groups.length === 0) {
    const types = forward.actions.map(({ Type }) => Type).join(", ");
    const hint = `Let it forward to the target group that serves now, ${groups[0].name} or ${groups[1].name}.`;
    return [
      {
        check,
        ...problem(`it does not forward: its actions are ${types === "" ? "none" : types}`, hint),
      },
    ];
  }
  const listed = forward.groups
    .map(({ arn, weight }) => `${groupName(place, arn)} with weight ${weight}`)
    .join(", ");
  const serving = forward.groups.filter(({ weight }) => weight > 0);
  const foreign = serving.filter(({ arn }) => !groups.some((group) => group.arn === arn));
  const findings = [
    { check, ...weightsLooked(listed, serving.length, foreign.length, place) },
    ...stickyFindings(forward),
  ];
  // Source: AWS docs, Quotas for your Application Load Balancers: five target groups per action.
  const names = new Set([...forward.groups.map(({ arn }) => arn), ...groups.map(({ arn }) => arn)]);
  if (names.size > 5) {
    const found = problem(
      `it names ${forward.groups.length} target groups (${listed}); with both of the release they would be ${names.size}, and 5 is the most`,
      "Take target groups without a weight out of the action.",
    );
    findings.push({ check: `${action.label} has room for both target groups`, ...found });
  }
  return findings;
}

function weightsLooked(listed: string, serving: number, foreign: number, place: EcsPlace) {
  if (serving === 0) {
    return problem(
      `all weights are 0 (${listed}): it answers 503`,
      "Give the target group that is to serve a weight first.",
    );
  }
  const names = place.groups.map(({ name }) => name).join(" and ");
  if (foreign > 0) {
    return problem(
      `target groups other than ${names} have a share of the traffic: ${listed}`,
      "Take them out of the action, or name the two that serve in target.ecs.targetGroups.",
    );
  }
  if (serving > 1) {
    return problem(
      `both have a weight: ${listed}`,
      "Finish or undo the other release first: one target group alone must serve.",
    );
  }
  return { outcome: "ok" as const, detail: listed, hint: "" };
}

/** A client that keeps its target group is not moved by weights: neither out of a bad canary nor into the comparison. */
function stickyFindings({ stickySeconds }: Forward): readonly PreflightFinding[] {
  if (stickySeconds === undefined) return [];
  const found = warning(
    `clients keep the target group that they met first for ${stickySeconds} s: turning back does not move those that met the canary, and requests of one client are not independent`,
    "Switch it off (TargetGroupStickinessConfig.Enabled=false), or make the time short.",
  );
  return [{ check: "clients follow the weights", ...found }];
}

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

/** What the revision would become. */
export function revisionFinding(
  calls: EcsCalls,
  place: EcsPlace,
  parts: { readonly current: string; readonly revision: EcsRevision; readonly serving: string },
): Promise<PreflightFinding> {
  const { current, revision, serving } = parts;
  const what = revision.kind === "image" ? `image ${revision.image}` : revision.taskDefinition;
  const unchanged = problem(`${serving} already runs it`, "There is nothing to roll out.");
  return lookAt(`${what} can be released`, async () => {
    if (revision.kind === "taskDefinition") {
      const { definition } = await readTaskDefinition(calls, revision.taskDefinition);
      mustBeActive(definition);
      portOf(definition, place.container, place.port);
      if (definition.taskDefinitionArn === current) return unchanged;
      return `${revision.taskDefinition} is ACTIVE`;
    }
    const registered = await readTaskDefinition(calls, current);
    const port = portOf(registered.definition, place.container, place.port);
    const wanted = withRevision(registered, place.container, revision);
    if (isSame(registered.definition, wanted)) return unchanged;
    const before = containerOf(registered.definition, place.container).image ?? "no image";
    return `a new revision of ${wanted.family}: container ${place.container} on port ${port}, ${before} to ${revision.image}`;
  });
}
