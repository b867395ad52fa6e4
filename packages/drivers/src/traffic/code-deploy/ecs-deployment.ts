import type { CodeDeployHook, ScheduledWeight } from "@headgate/core";
import type { CallLimits } from "../../aws/runner.ts";
import type { EcsRoute } from "../ecs-task-sets/route.ts";
import type { EcsCalls } from "../ecs/calls.ts";
import type { ForwardApi } from "../ecs/forward.ts";
import type { EcsOptions } from "../ecs/options.ts";
import type { EcsPlace } from "../ecs/place.ts";
import type { DeployApi, DeployPlace } from "./deploy-api.ts";
import type { DeployShifter } from "./shift.ts";

export interface CodeDeployEcsOptions extends EcsOptions {
  readonly deploy: DeployPlace;
  /** What the strategy says; preflight compares it with the deployment configuration. */
  readonly schedule: readonly ScheduledWeight[];
  /** Functions for the AppSpec. Default: none. */
  readonly hooks?: readonly CodeDeployHook[] | undefined;
  /** How long the rollout watches the canary with all traffic. Milliseconds. */
  readonly bakeMs: number;
}

/** What the steps of a release share. */
export interface EcsDeployment {
  readonly options: CodeDeployEcsOptions;
  readonly calls: EcsCalls;
  readonly api: DeployApi;
  readonly place: EcsPlace;
  readonly forward: ForwardApi;
  readonly shifter: DeployShifter;
  readRoute(limits?: CallLimits): Promise<EcsRoute>;
}
