import type { CodeDeployHook, ScheduledWeight } from "@headgate/core";
import { cloudWatchAlarms } from "./alarms/cloudwatch.ts";
import { lambdaScope } from "./alarms/lambda-scope.ts";
import { awsRunner } from "./aws/runner.ts";
import { chosenSource } from "./metrics/chosen-source.ts";
import { LAMBDA_FEED, lambdaAliasCounters } from "./metrics/cloudwatch-lambda.ts";
import type { DeployPlace } from "./traffic/code-deploy/deploy-api.ts";
import { codeDeployLambdaDriver } from "./traffic/code-deploy/lambda.ts";
import type { Revision } from "./revisions/code-package.ts";
import {
  commonDrivers,
  type RolloutDrivers,
  type RolloutDriversOptions,
} from "./rollout-drivers.ts";
import { functionCapacity } from "./traffic/lambda-alias/capacity-look.ts";
import { lambdaAliasDriver } from "./traffic/lambda-alias/index.ts";
import type { Probe } from "./traffic/lambda-alias/prepare.ts";

/** As in headgate.yaml; the parser has seen to it that exactly one of zip, folder, version is given. */
export interface LambdaRevision {
  /** A path, absolute or relative to the working directory. */
  readonly zip?: string | undefined;
  /** A path, absolute or relative to the working directory. */
  readonly folder?: string | undefined;
  readonly version?: string | undefined;
  readonly handler?: string | undefined;
  readonly runtime?: string | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly description?: string | undefined;
}

export interface LambdaDriversOptions extends RolloutDriversOptions {
  readonly target: {
    readonly function: string;
    readonly alias: string;
    /** CodeDeploy moves the weights. */
    readonly via?: { readonly codeDeploy: DeployPlace } | undefined;
  };
  /** The strategy's weights with their times; for a target with `via`. */
  readonly schedule?: readonly ScheduledWeight[] | undefined;
  /** Those that CodeDeploy asks; for a target with `via`. */
  readonly hooks?: readonly CodeDeployHook[] | undefined;
  readonly revision: LambdaRevision;
  /** How the canary is asked whether it answers before it gets traffic. Default: invoked with `{}`. */
  readonly probe?: Probe;
}

/** The drivers of a Lambda alias. */
export function lambdaDrivers(options: LambdaDriversOptions): RolloutDrivers {
  const { clients, clock, target, revision } = options;
  const { handler, runtime, environment, description } = revision;
  const run = awsRunner(options);
  const names = { functionName: target.function, alias: target.alias };
  const aliasOptions = {
    ...names,
    clients,
    run,
    clock,
    revision: revisionOf(revision),
    settings: { handler, runtime, environment },
    description,
    probe: options.probe,
    propagationMs: options.propagationMs,
  };
  const deploy = target.via?.codeDeploy;
  const { schedule = [], hooks } = options;
  const byCodeDeploy =
    deploy && codeDeployLambdaDriver({ ...aliasOptions, deploy, schedule, hooks });
  return {
    traffic: byCodeDeploy ?? lambdaAliasDriver(aliasOptions),
    metrics: chosenSource(options.source, {
      clients,
      run,
      clock,
      platform: lambdaAliasCounters(names),
      platformFeed: options.metrics ?? LAMBDA_FEED,
      embeddedLagMs: options.metrics?.lagMs,
    }),
    alarms: cloudWatchAlarms({ clients, run, clock, scopeOf: lambdaScope(names) }),
    ...commonDrivers(options, run, {
      deploymentType: "Lambda",
      functionOf: (version) => `${target.function}:${version}`,
      capacity: functionCapacity({ clients, run, ...names }),
      codeDeployOutcome: byCodeDeploy?.hookOutcome,
    }),
  };
}

function revisionOf({ zip, folder, version = "" }: LambdaRevision): Revision {
  if (zip !== undefined) return { kind: "zip", path: zip };
  if (folder !== undefined) return { kind: "folder", path: folder };
  return { kind: "version", version };
}
