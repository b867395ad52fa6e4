import type { PreflightFinding } from "@headgate/core";
import { lookAt, type Looked, problem, warning } from "../../preflight.ts";
import {
  controllerFinding,
  forwardFindings,
  revisionFinding,
  serviceFinding,
} from "../ecs/findings.ts";
import { groupFindings, healthFinding } from "../ecs/group-findings.ts";
import { networkFinding } from "../ecs/network-finding.ts";
import type { EcsTarget } from "../ecs/place.ts";
import { readTaskDefinition } from "../ecs/task-definition.ts";
import { balancerLooked } from "./balancer-finding.ts";
import { confusingPauses, hooksOfOthers } from "./configuration.ts";
import type { NativeParts } from "./native-parts.ts";
import { PAUSE_HINT, pauseText } from "./prepare.ts";
import { type NativeRoute, revisionWith } from "./route.ts";
import { describeDeployment, revisionOf } from "./sight.ts";

/**
 * Looks at everything that a rollout by ECS's own deployments would meet, and changes nothing. A look that needs what
 * an earlier one did not find is left out: one cause, one problem.
 */
export async function preflight(
  target: EcsTarget,
  located: () => Promise<NativeParts>,
): Promise<readonly PreflightFinding[]> {
  const findings: PreflightFinding[] = [];
  const keep = (...found: readonly PreflightFinding[]) => {
    findings.push(...found);
    return found.every(({ outcome }) => outcome !== "problem");
  };

  let parts: NativeParts | undefined;
  keep(
    await lookAt(`service ${target.service} and its load balancer can be found`, async () => {
      parts = await located();
      return `${parts.place.label}, ${parts.place.action.label}`;
    }),
  );
  if (parts === undefined) return findings;
  const native: NativeParts = parts;
  const { calls, place, reader, revision } = native;

  let route: NativeRoute | undefined;
  keep(
    await lookAt("the weights can be read", async () => {
      route = await reader.read();
      return route.forward.token;
    }),
  );
  if (route === undefined) return findings;
  const live: NativeRoute = route;
  const { service } = live.sight;
  if (!keep(controllerFinding("native", service), serviceFinding(service))) return findings;
  if (!keep(...forwardFindings(place, live.forward))) return findings;
  if (!keep(await lookAt("no deployment is under way", () => quietLooked(live)))) return findings;
  keep(await lookAt("ECS can shift as the strategy says", () => strategyLooked(native)));
  keep(
    await lookAt("ECS may move the traffic", () => balancerLooked(native, live)),
    ...(await hookFindings(live)),
    await lookAt("alarms of the service itself", () => alarmsLooked(live)),
  );

  const serving = place.groups.find(({ arn }) => arn === live.stableGroupArn);
  const stable = revisionWith(live.sight, live.stable);
  if (serving === undefined || stable === undefined) return findings;
  const { taskDefinitionArn: current } = stable;
  const { definition } = await readTaskDefinition(calls, current);
  keep(...(await groupFindings(calls, place, definition.networkMode)));
  keep(
    await networkFinding(calls, place, {
      networkMode: definition.networkMode,
      network: service.raw.networkConfiguration?.awsvpcConfiguration,
      count: service.desiredCount,
    }),
  );
  keep(await healthFinding(calls, serving, live.stable));
  keep(await revisionFinding(calls, place, { current, revision, serving: live.stable }));
  if (target.testers !== undefined || target.testListener !== undefined) {
    keep(await lookAt("testers have a way to the canary", () => native.testers.plan()));
  }
  return findings;
}

function quietLooked({ sight }: NativeRoute): Looked {
  const { deployment } = sight;
  if (deployment === undefined) return "none";
  const version = revisionOf(sight, deployment.targetArn)?.version ?? "another version";
  return problem(
    `one to ${version} is: ${describeDeployment(deployment)}`,
    `Wait until it is over, or stop it: aws ecs stop-service-deployment --service-deployment-arn ${deployment.arn}`,
  );
}

function strategyLooked({ strategy }: NativeParts): Looked {
  switch (strategy.kind) {
    case "blueGreen":
      return "BLUE_GREEN: all at once";
    case "canary":
      return `CANARY: ${strategy.weight / 100}%, then all`;
    case "linear":
      return `LINEAR: steps of ${strategy.step / 100}%`;
    case "impossible":
      return problem(strategy.why, "Change the strategy in headgate.yaml.");
    default:
      return strategy satisfies never;
  }
}

async function hookFindings({ sight }: NativeRoute): Promise<readonly PreflightFinding[]> {
  const configuration = sight.service.raw.deploymentConfiguration ?? {};
  const [confusing] = confusingPauses(configuration);
  const others = hooksOfOthers(configuration);
  const pauses = others.filter(({ targetType }) => targetType === "PAUSE");
  const check = "hooks of the service itself stay";
  return [
    await lookAt(check, () => {
      if (confusing !== undefined) return problem(`it has ${pauseText(confusing)}`, PAUSE_HINT);
      if (pauses.length > 0) {
        const stages = pauses.flatMap(({ lifecycleStages = [] }) => lifecycleStages).join(", ");
        return warning(
          `ECS pauses at ${stages}, and somebody must continue it while the new tasks come up`,
          "Preparation waits ten minutes for it. A hook of kind beforeInstall, or a step of kind approval, does the same.",
        );
      }
      return `${others.length} of them`;
    }),
  ];
}

/** ECS turns back by itself when one of them goes off; Headgate sees that, and says so. */
function alarmsLooked({ sight }: NativeRoute): Looked {
  const { alarms } = sight.service.raw.deploymentConfiguration ?? {};
  const names = (alarms?.alarmNames ?? []).join(", ");
  if (alarms?.enable !== true) return "none";
  if (alarms.rollback === true) return `ECS watches ${names} too, and turns back by itself`;
  return warning(
    `ECS watches ${names}, and only stops where it stands when one of them goes off`,
    "Set alarms.rollback, or give the alarms to Headgate (alarms in headgate.yaml).",
  );
}
