import type {
  AlarmSource,
  HookRunner,
  MetricSource,
  Notifier,
  ReceiverSpec,
  TrafficDriver,
} from "@headgate/core";
import type { AwsClients } from "./aws/clients.ts";
import type { AwsRunner } from "./aws/runner.ts";
import type { Clock, Random } from "./clock.ts";
import { type HooksOptions, hookRunner } from "./hooks/index.ts";
import type { Feed, SourceSpec } from "./metrics/chosen-source.ts";
import { notifierFor } from "./notify/notifier.ts";

/** All that a rollout talks to the world through, whatever its target. */
export interface RolloutDrivers {
  readonly traffic: TrafficDriver;
  readonly metrics: MetricSource;
  readonly alarms: AlarmSource;
  readonly hooks: HookRunner;
  readonly notifier: Notifier;
}

/** What the drivers of every target are made with. */
export interface RolloutDriversOptions {
  readonly clients: AwsClients;
  readonly clock: Clock;
  readonly random: Random;
  /**
   * How fine and how late the platform counts. Default: AWS's 60 s and 120 s. Against a local cloud
   * give 1000 and 1000: the driver itself does not look where it is.
   */
  readonly metrics?: Feed;
  /** `analysis.source` of headgate.yaml: where the counts come from. Default: the target's own. */
  readonly source?: SourceSpec | undefined;
  /** How long a new weight takes to be true everywhere. Against a local cloud give 0: it is at once. */
  readonly propagationMs?: number | undefined;
  /** `notify` of headgate.yaml: who is told. */
  readonly notify?: readonly ReceiverSpec[];
  /** Where hook commands run. Default: the process's working directory. */
  readonly workingDirectory?: string;
}

/** The drivers that do not depend on the kind of target. */
export function commonDrivers(
  { clients, clock, notify = [], workingDirectory }: RolloutDriversOptions,
  run: AwsRunner,
  ofTarget: Pick<
    HooksOptions,
    "deploymentType" | "functionOf" | "capacity" | "ecsDeployment" | "codeDeployOutcome"
  >,
): Pick<RolloutDrivers, "hooks" | "notifier"> {
  return {
    hooks: hookRunner({ clients, run, clock, workingDirectory, ...ofTarget }),
    notifier: notifierFor({ receivers: notify, clients, run }),
  };
}
