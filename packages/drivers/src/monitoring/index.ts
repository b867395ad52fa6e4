import {
  alarmNames,
  type DashboardBody,
  type ExtraChart,
  type LatencyBound,
  type LeftOut,
  type MonitoredTarget,
  type RolloutSpec,
  type TrafficDriver,
  TOO_FEW_PERIODS,
  type UsualLevel,
  usualLevel,
  type MetricSource,
} from "@headgate/core";
import type { AwsClients } from "../aws/clients.ts";
import { awsRunner } from "../aws/runner.ts";
import type { Clock, Random } from "../clock.ts";
import { VALIDATION_NAMESPACE } from "../hooks/validation-metric.ts";
import { latencyBounds } from "./latency-history.ts";
import { lookAtTarget } from "./look.ts";
import { publishedIn, withData } from "./published.ts";
import { alarmArns, putAlarms, type PutAlarm, type PutAlarmsOptions } from "./put-alarms.ts";
import { putDashboard, type PutDashboard } from "./put-dashboard.ts";

export type { PutAlarm } from "./put-alarms.ts";
export type { PutDashboard } from "./put-dashboard.ts";

/** A target's dashboard and alarms: what they are made of, and putting them. */
export interface Monitoring {
  region(): Promise<string>;
  look(spec: RolloutSpec, traffic: Pick<TrafficDriver, "readRoute">): Promise<MonitoredTarget>;
  /** Results of tests of targets such as these, as hooks count them, where there are any. */
  shared(specs: readonly Pick<RolloutSpec, "target">[]): Promise<{
    readonly extras: readonly ExtraChart[];
    readonly leftOut: readonly LeftOut[];
  }>;
  /** Of the last two weeks; undefined without any traffic. */
  usual(metrics: Pick<MetricSource, "history">): Promise<UsualLevel | undefined>;
  /** By an arm's key; a sentence where a threshold cannot be known. */
  latency(
    target: MonitoredTarget,
    usual: UsualLevel | undefined,
  ): Promise<ReadonlyMap<string, LatencyBound | string>>;
  /** ARNs of the alarms that a spec names, and of those that were put for it. */
  alarmArns(spec: Pick<RolloutSpec, "alarms">, target: MonitoredTarget): Promise<readonly string[]>;
  putAlarms(options: PutAlarmsOptions): Promise<readonly PutAlarm[]>;
  putDashboard(parts: {
    readonly name: string;
    readonly body: DashboardBody;
    readonly overwrite: boolean;
  }): Promise<PutDashboard>;
}

const HOUR_MS = 3_600_000;
const HISTORY_MS = 14 * 24 * HOUR_MS;

export function monitoring(parts: {
  readonly clients: AwsClients;
  readonly clock: Clock;
  readonly random: Random;
}): Monitoring {
  const { clients, clock } = parts;
  const access = { clients, clock, run: awsRunner(parts) };
  const published = publishedIn(access);
  return {
    async region() {
      const cloudWatch = await clients.cloudWatch();
      const request = { action: "cloudwatch:PutDashboard", subject: "the region" };
      // Without a region the SDK throws an error of its own.
      return access.run(request, () => cloudWatch.config.region());
    },
    look: (spec, traffic) => lookAtTarget(access, spec, () => traffic.readRoute(), published),
    shared: (specs) => withData([validations(specs)], published),
    async usual(metrics) {
      const nowMs = clock.nowMs();
      const days = await metrics.history({ fromMs: nowMs - HISTORY_MS, toMs: nowMs });
      // Days come by the hour: what began within this one is seen by the minute only.
      const spans =
        days.length > 0 ? days : await metrics.history({ fromMs: nowMs - HOUR_MS, toMs: nowMs });
      return usualLevel(spans);
    },
    async latency(target, usual) {
      const bounds = new Map<string, LatencyBound | string>();
      const arms = target.arms.filter(({ latency, isAlarmed }) => latency && isAlarmed);
      if (usual === undefined) {
        for (const { key } of arms) bounds.set(key, "no traffic is known yet");
        return bounds;
      }
      // Versions take turns in the same places, so what one of them shows counts for all.
      const bound = await latencyBounds(access, arms, usual.requestsPerSecond);
      for (const { key } of arms) bounds.set(key, bound ?? TOO_FEW_PERIODS);
      return bounds;
    },
    alarmArns: ({ alarms }, target) =>
      alarmArns(access, { named: alarms.map(({ name }) => name), ours: alarmNames(target) }),
    putAlarms: (options) => putAlarms(access, options),
    putDashboard: (options) => putDashboard(access, options),
  };
}

function validations(specs: readonly Pick<RolloutSpec, "target">[]): ExtraChart {
  const types = new Set(specs.map(({ target }) => deploymentTypeOf(target)));
  return {
    title: "tests of releases",
    lines: [...types].flatMap((type) =>
      ["PreDeploymentValidation", "PostDeploymentValidation"].flatMap((metricName) =>
        ["Success", "Failure"].map((Status) => ({
          label: `${metricName === "PreDeploymentValidation" ? "before" : "after"} traffic, ${type}: ${Status.toLowerCase()}`,
          metric: {
            namespace: VALIDATION_NAMESPACE,
            metricName,
            dimensions: { DeploymentType: type, Status },
          },
          statistic: "Sum",
        })),
      ),
    ),
  };
}

/** As each target's hooks say it with their results. */
function deploymentTypeOf(target: RolloutSpec["target"]): string {
  if (target.ecs !== undefined) return "ECS";
  if (target.lattice !== undefined) return "Lattice";
  return target.apiGateway === undefined ? "Lambda" : "ApiGateway";
}
