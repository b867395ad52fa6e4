import { trafficPlan } from "../configs/traffic-plan.ts";
import { AppSpecProblem } from "../revisions/appspec.ts";
import { readEcsAppSpec } from "../revisions/ecs-appspec.ts";
import type { DeploymentRow } from "../state.ts";
import { serviceCall } from "./ecs-calls.ts";
import { installStage } from "./ecs-install.ts";
import { findTarget, remember, serviceOf, targetOf } from "./ecs-target.ts";
import { shiftTraffic, testTrafficStage } from "./ecs-traffic.ts";
import { hookStage } from "./hooks.ts";
import type { Platform } from "./platform.ts";
import { refusedTo } from "./service-role.ts";
import { shiftingStage } from "./shifting.ts";
import { DONE, failed, SKIPPED, type Stage } from "./stage.ts";
import { readyWait, terminationWait } from "./waits.ts";

/**
 * Deployments of services: a second task set is installed behind the other target group, tested by the test listener,
 * and gets the production listener's traffic share by share; then the first one is taken away.
 */
export const ecsPlatform: Platform = {
  async prepare(run, content) {
    let read;
    try {
      read = readEcsAppSpec(content);
    } catch (error) {
      if (!(error instanceof AppSpecProblem)) throw error;
      const message = `The deployment failed because the AppSpec file that specifies the deployment configuration is missing or has an invalid configuration. ${error.message}`;
      return { kind: "refused", code: "INVALID_REVISION", message };
    }
    const found = await findTarget(run, read.spec);
    if (found.kind === "refused") return found;
    return { kind: "ready", hooks: read.hooks, target: found.target };
  },

  async check(run) {
    const target = targetOf(run.row());
    const problem = await refusedTo(run, serviceCall("DescribeServices", target));
    if (problem !== undefined) return problem;
    const services = await run.codedeploy.cloud.port("containerServices");
    if (services.find(serviceOf(run))?.status === "ACTIVE") {
      await remember(run);
      return DONE;
    }
    const { cluster, service } = target;
    return failed("INVALID_ECS_SERVICE", `The ECS service ${cluster}:${service} does not exist.`);
  },

  stages: (row) => [
    hookStage("BeforeInstall"),
    installStage,
    hookStage("AfterInstall"),
    testTrafficStage,
    testHook(row),
    ...(row.creator === "codeDeployRollback" ? [] : [readyWait]),
    hookStage("BeforeAllowTraffic"),
    shiftingStage(trafficPlan(row.routing), shiftTraffic),
    hookStage("AfterAllowTraffic"),
    terminationWait,
  ],

  reverse(row) {
    const target = targetOf(row);
    return {
      configName: "CodeDeployDefault.ECSAllAtOnce",
      target: {
        ...target,
        original: target.replacement,
        replacement: target.original,
        taskSets: [],
      },
      // The revision that serves again; of a first deployment only its own is known.
      revision: row.previousRevision ?? row.revision,
    };
  },
};

/** Without a test listener there is nothing to test. */
function testHook(row: DeploymentRow): Stage {
  const stage = hookStage("AfterAllowTestTraffic");
  return targetOf(row).testListenerArn === undefined ? { ...stage, look: () => SKIPPED } : stage;
}
