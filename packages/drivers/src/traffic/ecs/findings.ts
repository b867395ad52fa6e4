import type { PreflightFinding } from "@headgate/core";
import { lookAt, ok, problem, runsAlready, warning } from "../../preflight.ts";
import type { EcsCalls } from "./calls.ts";
import type { Forward } from "./forward.ts";
import { type EcsMode, type EcsPlace, groupName } from "./place.ts";
import type { ServiceView } from "./service.ts";
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
      ? "CodeDeploy alone may change such a service: release it through its deployment group with target.ecs.via.codeDeploy, or make another with the deployment controller ECS or EXTERNAL."
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

/** What the revision would become. */
export function revisionFinding(
  calls: EcsCalls,
  place: EcsPlace,
  parts: { readonly current: string; readonly revision: EcsRevision; readonly serving: string },
): Promise<PreflightFinding> {
  const { current, revision, serving } = parts;
  const what = revision.kind === "image" ? `image ${revision.image}` : revision.taskDefinition;
  const unchanged = runsAlready(`${serving} already runs it`, "There is nothing to roll out.");
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
