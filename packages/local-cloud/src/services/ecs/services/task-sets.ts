import { lastPart, taskSetArn } from "../arns.ts";
import { invalid, taskSetNotFound } from "../errors.ts";
import { requireCluster } from "../lookups.ts";
import type { PlaceState, ServiceRow, TaskSetRow } from "../state.ts";
import { keepTags } from "../tagging.ts";
import type { WorkloadRequest } from "../tasks/workload.ts";
import type { Tags } from "../../tags.ts";
import type { ServiceScheduler } from "./scheduler.ts";
import type { ServiceParts } from "./service-parts.ts";
import { readServiceWorkload } from "./service-request.ts";
import { editService, newDeploymentId } from "./service-rows.ts";
import { requireActive } from "./update-service.ts";

/** Source: Amazon ECS service quotas, task sets per service; the text of its error is AWS's. */
const TASK_SETS_MAX = 5;

export interface NewTaskSet {
  readonly request: WorkloadRequest;
  readonly externalId: string | undefined;
  readonly startedBy: string | undefined;
  readonly scalePercent: number;
  readonly tags: Tags;
  /** Whether the target group must have a load balancer already. */
  readonly mustServe: boolean;
}

/** What becomes of task sets; each is kept at its share of the service's desired count from then on. */
export interface TaskSets {
  /** @throws as CreateTaskSet does. */
  create(state: PlaceState, service: ServiceRow, wanted: NewTaskSet): Promise<TaskSetRow>;
  /** By id ("ecs-svc/123", "123") or ARN. @throws TaskSetNotFoundException */
  require(state: PlaceState, service: ServiceRow, idOrArn: string | undefined): TaskSetRow;
  /** @throws InvalidParameterException for what is not from 0 to 100. */
  scale(state: PlaceState, service: ServiceRow, row: TaskSetRow, percent: number): TaskSetRow;
  makePrimary(state: PlaceState, service: ServiceRow, row: TaskSetRow): TaskSetRow;
  /** It is DRAINING until its tasks are gone. */
  remove(state: PlaceState, service: ServiceRow, row: TaskSetRow): TaskSetRow;
}

export function createTaskSets(parts: ServiceParts, scheduler: ServiceScheduler): TaskSets {
  const { clock, random, store } = parts.cloud;
  const tableOf = (state: PlaceState, { clusterName, name }: ServiceRow) =>
    state.taskSets(clusterName, name);

  const change = (
    state: PlaceState,
    service: ServiceRow,
    row: TaskSetRow,
    changed: Partial<TaskSetRow>,
  ): TaskSetRow => {
    const next = { ...row, ...changed, updatedAtMs: clock.nowMs() };
    tableOf(state, service).set(row.id, next);
    return next;
  };

  return {
    async create(state, service, wanted) {
      requirePercent(wanted.scalePercent);
      requireRoom(tableOf(state, service).size);
      const cluster = requireCluster(state, service.clusterName);
      const { controller } = service;
      const workload = await readServiceWorkload(
        parts,
        state,
        { cluster, controller, mustServe: wanted.mustServe },
        wanted.request,
      );
      requireActive(state, cluster.name, service.name);
      requireRoom(tableOf(state, service).size);
      const id = newDeploymentId(random);
      const nowMs = clock.nowMs();
      const row: TaskSetRow = {
        id,
        arn: taskSetArn(state.place, cluster.name, service.name, id),
        clusterName: cluster.name,
        serviceName: service.name,
        status: "ACTIVE",
        externalId: wanted.externalId,
        startedBy: wanted.startedBy,
        workload,
        scalePercent: wanted.scalePercent,
        stabilityAtMs: nowMs,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
      };
      store.transaction(() => {
        tableOf(state, service).set(id, row);
        keepTags(state, row.arn, wanted.tags);
      });
      scheduler.look(state, service);
      return tableOf(state, service).get(id) ?? row;
    },

    require(state, service, idOrArn) {
      const digits = lastPart(idOrArn ?? "");
      const row = tableOf(state, service).get(`ecs-svc/${digits}`);
      if (row === undefined) throw taskSetNotFound();
      return row;
    },

    scale(state, service, row, scalePercent) {
      requirePercent(scalePercent);
      if (row.status === "DRAINING") throw invalid("The task set is DRAINING.");
      const next = change(state, service, row, { scalePercent });
      scheduler.look(state, service);
      return tableOf(state, service).get(row.id) ?? next;
    },

    makePrimary(state, service, row) {
      if (row.status === "DRAINING") throw invalid("The task set is DRAINING.");
      store.transaction(() => {
        for (const other of tableOf(state, service).values()) {
          if (other.status === "PRIMARY" && other.id !== row.id) {
            change(state, service, other, { status: "ACTIVE" });
          }
        }
        change(state, service, row, { status: "PRIMARY" });
        // Source: ecs API reference, UpdateServicePrimaryTaskSet: its parameters become the service's.
        editService(state, service, () => ({ workload: row.workload }));
      });
      return tableOf(state, service).get(row.id) ?? row;
    },

    remove(state, service, row) {
      const next = change(state, service, row, { status: "DRAINING", scalePercent: 0 });
      scheduler.look(state, service);
      return tableOf(state, service).get(row.id) ?? next;
    },
  };
}

function requireRoom(count: number): void {
  if (count < TASK_SETS_MAX) return;
  throw invalid(
    `${count} deployments exist on the service. Unable to create new TaskSet since this exceeds the maximum limit.`,
  );
}

/** Unverified: the text. */
function requirePercent(value: number): void {
  if (value >= 0 && value <= 100) return;
  throw invalid(`Scale value must be between 0 and 100, but was ${value}.`);
}
