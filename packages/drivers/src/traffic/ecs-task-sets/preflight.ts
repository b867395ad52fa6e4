import type { PreflightFinding } from "@headgate/core";
import { lookAt, ok, problem } from "../../preflight.ts";
import {
  controllerFinding,
  forwardFindings,
  revisionFinding,
  serviceFinding,
} from "../ecs/findings.ts";
import { groupFindings, healthFinding } from "../ecs/group-findings.ts";
import { networkFinding } from "../ecs/network-finding.ts";
import type { EcsPlace, EcsTarget } from "../ecs/place.ts";
import { preventionFor } from "../ecs/prevention.ts";
import { servingLooked } from "../ecs/serving-set.ts";
import { readTaskDefinition } from "../ecs/task-definition.ts";
import { stableSet, type TaskSetPreparation } from "./prepare.ts";
import { otherGroup, taskSetIn } from "./route.ts";
import { isMadeHere } from "./task-set-api.ts";
import type { EcsRoute } from "./route.ts";
import type { TaskSetView } from "../ecs/service.ts";

/**
 * Looks at everything that a rollout with task sets would meet, and changes nothing. A look that needs what an
 * earlier one did not find is left out: one cause, one problem.
 */
export async function preflight(
  target: EcsTarget,
  located: () => Promise<TaskSetPreparation>,
): Promise<readonly PreflightFinding[]> {
  const findings: PreflightFinding[] = [];
  const keep = (...found: readonly PreflightFinding[]) => {
    findings.push(...found);
    return found.every(({ outcome }) => outcome !== "problem");
  };

  let preparation: TaskSetPreparation | undefined;
  keep(
    await lookAt(`service ${target.service} and its load balancer can be found`, async () => {
      preparation = await located();
      return `${preparation.place.label}, ${preparation.place.action.label}`;
    }),
  );
  if (preparation === undefined) return findings;
  const found: TaskSetPreparation = preparation;
  const { calls, place, shifter, testers, revision } = found;

  let route: EcsRoute | undefined;
  keep(
    await lookAt("the weights can be read", async () => {
      route = await shifter.readRoute();
      return route.forward.token;
    }),
  );
  if (route === undefined) return findings;
  const live: EcsRoute = route;
  const { service } = live;
  if (!keep(controllerFinding("taskSets", service), serviceFinding(service))) return findings;
  if (!keep(...forwardFindings(place, live.forward))) return findings;

  // Nothing tells whether they are kept out already; so it is said to all.
  keep(
    await lookAt("other tools keep out of the weights, with this", () =>
      preventionFor(calls, place),
    ),
  );

  let set: TaskSetView | undefined;
  keep(
    await lookAt("a task set serves", async () => {
      set = stableSet(place, live);
      return servingLooked(set, primaryHint);
    }),
  );
  if (set === undefined) return findings;
  const stable: TaskSetView = set;
  const serving = place.groups.find(({ arn }) => arn === live.stableGroupArn);
  if (serving === undefined) return findings;
  const { definition } = await readTaskDefinition(calls, stable.taskDefinitionArn);
  keep(...(await groupFindings(calls, place, definition.networkMode)));
  keep(
    await networkFinding(calls, place, {
      networkMode: definition.networkMode,
      network: stable.raw.networkConfiguration?.awsvpcConfiguration,
      count: service.desiredCount,
    }),
  );
  keep(await healthFinding(calls, serving, live.stable));
  keep(idleFinding(place, live));
  const { taskDefinitionArn: current } = stable;
  keep(await revisionFinding(calls, place, { current, revision, serving: live.stable }));
  if (target.testers !== undefined || target.testListener !== undefined) {
    keep(await lookAt("testers have a way to the canary", () => testers.plan()));
  }
  return findings;
}

function primaryHint(id: string): string {
  return `aws ecs update-service-primary-task-set --primary-task-set ${id}: which version is stable rests on it.`;
}

/** What an earlier release left there would be in the way. */
function idleFinding(place: EcsPlace, { service, stableGroupArn }: EcsRoute): PreflightFinding {
  const idle = otherGroup(place, stableGroupArn);
  const check = `target group ${idle.name} is free`;
  const left = taskSetIn(service, idle.arn);
  if (left === undefined) return ok(check, "no task set is in it");
  if (isMadeHere(left)) {
    return ok(
      check,
      `task set ${left.id} of ${left.version}, which an earlier release left, is taken away or used`,
    );
  }
  const hint = `It has no traffic. If nobody needs it: aws ecs delete-task-set --cluster ${place.clusterArn} --service ${place.serviceName} --task-set ${left.id} --force`;
  return {
    check,
    ...problem(
      `task set ${left.id} of ${left.version} is in it, which Headgate did not make`,
      hint,
    ),
  };
}
