import type {
  AlarmSource,
  HookRunner,
  MetricSource,
  Notifier,
  ReceiverSpec,
  TrafficDriver,
} from "@headgate/core";
import { cloudWatchAlarms } from "./alarms/cloudwatch.ts";
import { lambdaScope } from "./alarms/lambda-scope.ts";
import type { AwsClients } from "./aws/clients.ts";
import { awsRunner } from "./aws/runner.ts";
import type { Clock, Random } from "./clock.ts";
import { hookRunner } from "./hooks/index.ts";
import { chosenSource, type Feed, type SourceSpec } from "./metrics/chosen-source.ts";
import { LAMBDA_FEED, lambdaAliasCounters } from "./metrics/cloudwatch-lambda.ts";
import { notifierFor } from "./notify/notifier.ts";
import type { Revision } from "./revisions/code-package.ts";
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

export interface LambdaDriversOptions {
  readonly clients: AwsClients;
  readonly clock: Clock;
  readonly random: Random;
  readonly target: { readonly function: string; readonly alias: string };
  readonly revision: LambdaRevision;
  /** How the canary is asked whether it answers before it gets traffic. Default: invoked with `{}`. */
  readonly probe?: Probe;
  /**
   * How fine and how late the platform counts. Default: AWS's 60 s and 120 s. Against a local cloud
   * give 1000 and 1000: the driver itself does not look where it is.
   */
  readonly metrics?: Feed;
  /** `analysis.source` of headgate.yaml: where the counts come from. Default: what Lambda itself counts. */
  readonly source?: SourceSpec | undefined;
  /** How long a new weight takes to be true everywhere. Against a local cloud give 0: it is at once. */
  readonly propagationMs?: number;
  /** `notify` of headgate.yaml: who is told. */
  readonly notify?: readonly ReceiverSpec[];
  /** Where hook commands run. Default: the process's working directory. */
  readonly workingDirectory?: string;
}

/** All that a rollout of a Lambda alias talks to the world through. */
export interface LambdaDrivers {
  readonly traffic: TrafficDriver;
  readonly metrics: MetricSource;
  readonly alarms: AlarmSource;
  readonly hooks: HookRunner;
  readonly notifier: Notifier;
}

export function lambdaDrivers(options: LambdaDriversOptions): LambdaDrivers {
  const { clients, clock, target, revision, workingDirectory } = options;
  const { handler, runtime, environment, description } = revision;
  const run = awsRunner(options);
  const names = { functionName: target.function, alias: target.alias };
  return {
    traffic: lambdaAliasDriver({
      ...names,
      clients,
      run,
      clock,
      revision: revisionOf(revision),
      settings: { handler, runtime, environment },
      description,
      probe: options.probe,
      propagationMs: options.propagationMs,
    }),
    metrics: chosenSource(options.source, {
      clients,
      run,
      clock,
      platform: lambdaAliasCounters(names),
      platformFeed: options.metrics ?? LAMBDA_FEED,
      embeddedLagMs: options.metrics?.lagMs,
    }),
    alarms: cloudWatchAlarms({ clients, run, clock, scopeOf: lambdaScope(names) }),
    hooks: hookRunner({ clients, run, workingDirectory }),
    notifier: notifierFor({ receivers: options.notify ?? [], clients, run }),
  };
}

function revisionOf({ zip, folder, version = "" }: LambdaRevision): Revision {
  if (zip !== undefined) return { kind: "zip", path: zip };
  if (folder !== undefined) return { kind: "folder", path: folder };
  return { kind: "version", version };
}
