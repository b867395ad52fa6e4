import type { Scheduled } from "../../../clock.ts";
import type { Cloud } from "../../../service.ts";
import type { Dimension, Place } from "../../../telemetry/metric-sink.ts";
import { cpuUnitsOf, memoryMibOf } from "../definitions/sizes.ts";
import { findTaskDefinition } from "../lookups.ts";
import type { ClusterRow, PlaceState, TaskRow } from "../state.ts";
import type { Tasks } from "./tasks.ts";

/** Source: AWS docs, Amazon ECS CloudWatch metrics: "available in 1-minute periods". */
const PERIOD_MS = 60_000;
const MIB = 1024 * 1024;
const STARTING = ["PROVISIONING", "PENDING", "ACTIVATING"];

/** One task's use of what it has, over the time since it was last asked. */
interface Use {
  readonly task: TaskRow;
  readonly serviceName: string | undefined;
  readonly cpuUnits: number;
  readonly cpuReserved: number;
  readonly memoryMib: number;
  readonly memoryReserved: number;
}

export interface TaskMetrics {
  /** Begins to measure, unless it does already. */
  start(): void;
  close(): void;
}

/**
 * Measures tasks once a minute while there are any: AWS/ECS, and ECS/ContainerInsights where the cluster's setting
 * asks for it. Source: AWS docs, Amazon ECS CloudWatch metrics, and Container Insights metrics.
 */
export function createTaskMetrics({
  cloud,
  tasks,
  places,
}: {
  readonly cloud: Cloud;
  readonly tasks: Tasks;
  /** Every place that has clusters. */
  readonly places: () => readonly PlaceState[];
}): TaskMetrics {
  const { clock } = cloud;
  const before = new Map<string, { readonly cpuMs: number; readonly atMs: number }>();
  let next: Scheduled | undefined;
  let isClosed = false;

  const useOf = async (state: PlaceState, task: TaskRow): Promise<Use | undefined> => {
    const used = await tasks.usage(task);
    if (used === undefined) return undefined;
    const definition = findTaskDefinition(state, task.workload.taskDefinitionArn)?.definition;
    const atMs = clock.nowMs();
    const last = before.get(task.id) ?? { cpuMs: 0, atMs: task.startedAtMs ?? task.createdAtMs };
    before.set(task.id, { cpuMs: used.cpuMs, atMs });
    const tookMs = Math.max(1, atMs - last.atMs);
    return {
      task,
      serviceName: /^service:(.+)$/.exec(task.group)?.[1],
      cpuUnits: (Math.max(0, used.cpuMs - last.cpuMs) / tookMs) * 1024,
      cpuReserved: cpuUnitsOf(task.overrides.cpu ?? definition?.cpu) ?? 1024,
      memoryMib: used.memoryBytes / MIB,
      memoryReserved: memoryMibOf(task.overrides.memory ?? definition?.memory) ?? 1024,
    };
  };

  const measure = async () => {
    next = undefined;
    const seen = new Set<string>();
    for (const state of places()) {
      for (const cluster of state.clusters.values()) {
        const uses: Use[] = [];
        for (const task of state.tasks(cluster.name).values()) {
          if (task.lastStatus === "STOPPED") continue;
          seen.add(task.id);
          const use = await useOf(state, task);
          if (use !== undefined) uses.push(use);
        }
        recordUse(cloud, state.place, cluster, uses);
        if (hasInsights(cluster)) recordInsights(cloud, state, cluster, uses);
      }
    }
    for (const id of before.keys()) if (!seen.has(id)) before.delete(id);
    if (seen.size > 0 || places().some(hasWatchedServices)) start();
  };

  const start = () => {
    if (isClosed || next !== undefined) return;
    next = clock.schedule(clock.nowMs() + PERIOD_MS, measure);
  };

  tasks.onChange(start);
  return {
    start,
    close() {
      isClosed = true;
      next?.cancel();
    },
  };
}

function recorder(cloud: Cloud, place: Place, namespace: string) {
  const atMs = cloud.clock.nowMs();
  return (dimensions: readonly Dimension[], metricName: string, value: number, unit: string) =>
    cloud.metrics.series(place, { namespace, metricName, dimensions, unit }).record(value, atMs);
}

const ofCluster = ({ name }: ClusterRow): Dimension[] => [{ Name: "ClusterName", Value: name }];
const ofService = (cluster: ClusterRow, name: string): Dimension[] => [
  ...ofCluster(cluster),
  { Name: "ServiceName", Value: name },
];

/** Each task is a sample: Average is that of the service's tasks. */
function recordUse(cloud: Cloud, place: Place, cluster: ClusterRow, uses: readonly Use[]): void {
  const record = recorder(cloud, place, "AWS/ECS");
  for (const { serviceName, cpuUnits, cpuReserved, memoryMib, memoryReserved } of uses) {
    const scopes = [ofCluster(cluster)];
    if (serviceName !== undefined) scopes.push(ofService(cluster, serviceName));
    for (const dimensions of scopes) {
      record(dimensions, "CPUUtilization", (100 * cpuUnits) / cpuReserved, "Percent");
      record(dimensions, "MemoryUtilization", (100 * memoryMib) / memoryReserved, "Percent");
    }
  }
}

function recordInsights(
  cloud: Cloud,
  state: PlaceState,
  cluster: ClusterRow,
  uses: readonly Use[],
): void {
  const record = recorder(cloud, state.place, "ECS/ContainerInsights");
  const recordSums = (dimensions: readonly Dimension[], some: readonly Use[]) => {
    const sum = (of: (use: Use) => number) => some.reduce((total, use) => total + of(use), 0);
    record(
      dimensions,
      "CpuUtilized",
      sum(({ cpuUnits }) => cpuUnits),
      "None",
    );
    record(
      dimensions,
      "CpuReserved",
      sum(({ cpuReserved }) => cpuReserved),
      "None",
    );
    record(
      dimensions,
      "MemoryUtilized",
      sum(({ memoryMib }) => memoryMib),
      "Megabytes",
    );
    record(
      dimensions,
      "MemoryReserved",
      sum(({ memoryReserved }) => memoryReserved),
      "Megabytes",
    );
  };
  const services = [...state.services(cluster.name).values()].filter(
    ({ status }) => status === "ACTIVE",
  );
  record(ofCluster(cluster), "TaskCount", uses.length, "Count");
  record(ofCluster(cluster), "ServiceCount", services.length, "Count");
  recordSums(ofCluster(cluster), uses);
  const rows = [...state.tasks(cluster.name).values()];
  for (const service of services) {
    const dimensions = ofService(cluster, service.name);
    const own = rows.filter(({ group }) => group === `service:${service.name}`);
    const inStatus = (statuses: readonly string[]) =>
      own.filter(({ lastStatus }) => statuses.includes(lastStatus)).length;
    record(dimensions, "RunningTaskCount", inStatus(["RUNNING"]), "Count");
    record(dimensions, "PendingTaskCount", inStatus(STARTING), "Count");
    record(dimensions, "DesiredTaskCount", service.desiredCount, "Count");
    record(dimensions, "DeploymentCount", service.deployments.length, "Count");
    record(dimensions, "TaskSetCount", state.taskSets(cluster.name, service.name).size, "Count");
    recordSums(
      dimensions,
      uses.filter(({ serviceName }) => serviceName === service.name),
    );
  }
}

function hasInsights({ settings, status }: ClusterRow): boolean {
  const found = settings.find(({ name }) => name === "containerInsights");
  return status === "ACTIVE" && (found?.value === "enabled" || found?.value === "enhanced");
}

function hasWatchedServices(state: PlaceState): boolean {
  return [...state.clusters.values()].some(
    (cluster) =>
      hasInsights(cluster) &&
      [...state.services(cluster.name).values()].some(({ status }) => status === "ACTIVE"),
  );
}
