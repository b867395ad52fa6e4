import type {
  HookCall,
  HookOutcome,
  HookRunner,
  PreflightFinding,
  VersionId,
} from "@headgate/core";
import type { AwsClients } from "../aws/clients.ts";
import type { AwsRunner } from "../aws/runner.ts";
import type { Clock } from "../clock.ts";
import { type CapacityLook, lookAtCapacity, runCapacity } from "./capacity.ts";
import { lookAtCommand, runCommand } from "./command.ts";
import { askEcsFunction, type EcsDeploymentLook } from "./ecs-function.ts";
import { callUrl, lookAtUrl } from "./http.ts";
import { lookAtInvoke, runInvoke } from "./invoke.ts";
import { invokeHook, lookAtFunction, lookAtReporter } from "./lambda.ts";
import { runLoad } from "./load.ts";
import { runSmoke } from "./smoke.ts";
import { countValidation } from "./validation-metric.ts";

export interface HooksOptions {
  readonly clients: AwsClients;
  readonly run: AwsRunner;
  readonly clock: Clock;
  /** What a command inherits, HEADGATE_* added. Default: this process's own environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Where a command runs. Default: this process's working directory. */
  readonly workingDirectory?: string | undefined;
  /** "Lambda", "ECS", ...: the dimension of the metrics that tests' results become. */
  readonly deploymentType?: string;
  /** The function that is a version of the target; undefined where the target is no function. */
  readonly functionOf?: (version: VersionId) => string;
  readonly capacity?: CapacityLook;
  /** What functions made for ECS are told; undefined where the target is no service. */
  readonly ecsDeployment?: EcsDeploymentLook | undefined;
  /** Waits for what CodeDeploy hears of a hook that it asks; undefined where no deployment of CodeDeploy moves the weights. */
  readonly codeDeployOutcome?: ((call: HookCall) => Promise<HookOutcome>) | undefined;
}

const NO_DEPLOYMENT =
  "its function reports to a deployment of CodeDeploy, and this target is released by none";

/** Asks hooks. Never throws for what a hook or its way does: that is an outcome, `error`. */
export function hookRunner(options: HooksOptions): HookRunner {
  return {
    async run(call): Promise<HookOutcome> {
      const { target } = call;
      switch (target.kind) {
        case "lambda":
          return invokeHook(options, call, target.functionName);
        case "ecsFunction":
          return askEcsFunction(options, call, target);
        case "codeDeployFunction":
          return (
            (await options.codeDeployOutcome?.(call)) ?? { verdict: "error", detail: NO_DEPLOYMENT }
          );
        case "http":
          return callUrl(call, target.url);
        case "command":
          return runCommand(options, call, target.argv);
        case "smoke":
          return counted(options, call, await runSmoke(call, target));
        case "load":
          return counted(options, call, await runLoad(call, target));
        case "invoke":
          return counted(options, call, await runInvoke(options, call, target));
        case "capacity":
          return counted(options, call, await runCapacity(options.capacity, call));
        default:
          return target satisfies never;
      }
    },
    preflight: (calls) => Promise.all(calls.map((call) => lookAtHook(options, call))),
  };
}

async function counted(
  options: HooksOptions,
  call: HookCall,
  outcome: HookOutcome,
): Promise<HookOutcome> {
  await countValidation(options, call, outcome);
  return outcome;
}

async function lookAtHook(options: HooksOptions, call: HookCall): Promise<PreflightFinding> {
  const { target, name } = call;
  const check = `hook ${name} exists`;
  switch (target.kind) {
    case "lambda":
      return lookAtFunction(options, check, target.functionName);
    case "ecsFunction":
      return lookAtFunction(options, check, target.functionName);
    case "codeDeployFunction":
      return lookAtReporter(options, check, target.functionName);
    case "http":
      return lookAtUrl(check, target.url);
    case "command":
      return lookAtCommand(options, check, target.argv);
    case "smoke":
    case "load":
      return lookAtUrl(check, target.url);
    case "invoke":
      return lookAtInvoke(options, check, call, target);
    case "capacity":
      return lookAtCapacity(options.capacity, check);
    default:
      return target satisfies never;
  }
}
