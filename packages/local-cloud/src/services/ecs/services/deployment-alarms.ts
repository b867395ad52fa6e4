import type { Alarms } from "../../../data-plane/ports.ts";
import type { PlaceState, ServiceDeploymentRow, ServiceRow } from "../state.ts";
import type { ServiceParts } from "./service-parts.ts";

/**
 * Bake time of an alarm whose periods are not known (metric math, composite).
 * Unverified: AWS computes the bake time of a rolling deployment from its alarms and does not say how.
 */
const UNKNOWN_PERIOD_MS = 300_000;

/** The alarms of rolling deployments. */
export interface DeploymentAlarms {
  /**
   * Begins to watch the alarms of a deployment; `then` is called when it is known whether they are watched. One
   * that is in ALARM at the start keeps all of them from being watched, for this deployment.
   * Source: AWS docs, deployment alarms.
   */
  begin(state: PlaceState, deploymentArn: string, service: ServiceRow, then: () => void): void;
  /** Whether it is still being found out. */
  isBeginning(deploymentArn: string): boolean;
  /** Names of those in ALARM, of a deployment whose alarms are watched. */
  triggered(state: PlaceState, deployment: ServiceDeploymentRow): readonly string[];
  /** How long a deployment is watched when all its tasks are there. 0 without alarms. */
  bakeMs(state: PlaceState, deployment: ServiceDeploymentRow): number;
}

export function createDeploymentAlarms(
  parts: Pick<ServiceParts, "cloud" | "deployments">,
): DeploymentAlarms {
  const beginning = new Set<string>();
  let port: Alarms | undefined;

  const viewOf = (state: PlaceState, alarmName: string) =>
    port?.find({ ...state.place, alarmName });

  const isWatched = ({ alarms }: ServiceDeploymentRow) => alarms.status === "MONITORING";

  return {
    begin(state, arn, service, then) {
      const { enable = false, alarmNames = [] } = service.deploymentConfiguration.alarms ?? {};
      if (!enable || alarmNames.length === 0) return;
      beginning.add(arn);
      const start = async () => {
        port = await parts.cloud.port("alarms");
        beginning.delete(arn);
        const row = state.serviceDeployments.get(arn);
        if (row === undefined) return;
        if (row.alarms.status !== "MONITORING") {
          const isFiring = alarmNames.some((name) => viewOf(state, name)?.state === "ALARM");
          const status = isFiring ? "DISABLED" : "MONITORING";
          parts.deployments().progress(state, arn, { alarms: { status, triggered: [] } });
        }
        then();
      };
      start().catch((error: unknown) => {
        beginning.delete(arn);
        parts.cloud.warn(`ecs: the alarms of ${arn} cannot be watched: ${String(error)}`);
      });
    },
    isBeginning: (arn) => beginning.has(arn),
    triggered(state, row) {
      if (!isWatched(row)) return [];
      const names = row.configuration.alarms?.alarmNames ?? [];
      return names.filter((name) => viewOf(state, name)?.state === "ALARM");
    },
    bakeMs(state, row) {
      if (!isWatched(row)) return 0;
      const times = (row.configuration.alarms?.alarmNames ?? []).map((name) => {
        const metric = viewOf(state, name)?.metric;
        if (metric === undefined) return UNKNOWN_PERIOD_MS;
        return metric.periodSeconds * metric.evaluationPeriods * 1000;
      });
      return Math.max(0, ...times);
    },
  };
}
