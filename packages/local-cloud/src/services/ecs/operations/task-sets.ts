import type { Failure, Scale } from "@aws-sdk/client-ecs";
import { lastPart, taskSetArn } from "../arns.ts";
import { invalid } from "../errors.ts";
import { requireCluster } from "../lookups.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import type { EcsHandlers } from "../sdk.ts";
import type { PlaceState, ServiceRow, TaskSetRow } from "../state.ts";
import type { ServiceParts } from "../services/service-parts.ts";
import { taskSetOutput } from "../services/task-set-output.ts";
import type { TaskSets } from "../services/task-sets.ts";
import { requireActive } from "../services/update-service.ts";
import { tagsOf } from "../tagging.ts";

/** Which service the request is about. */
interface ServiceInput {
  readonly cluster?: string | undefined;
  readonly service?: string | undefined;
}

export function taskSetOperations(parts: ServiceParts, taskSets: TaskSets) {
  const serviceOf = (place: Place, input: ServiceInput) => {
    const state = parts.in(place);
    const cluster = requireCluster(state, input.cluster);
    return { state, service: requireActive(state, cluster.name, input.service) };
  };
  /** Of a service whose task sets are its user's to manage. */
  const externalOf = (place: Place, input: ServiceInput) => {
    const found = serviceOf(place, input);
    requireExternal(found.service);
    return found;
  };
  const output = (state: PlaceState, service: ServiceRow, row: TaskSetRow, withTags = false) =>
    taskSetOutput(parts.groups, state, service, row, { withTags });

  return {
    async CreateTaskSet(input, context) {
      const { state, service } = externalOf(context, input);
      const row = await taskSets.create(state, service, {
        request: input,
        externalId: input.externalId,
        startedBy: undefined,
        scalePercent: percentOf(input.scale, 100),
        tags: tagsOf(input.tags),
        mustServe: true,
      });
      return { taskSet: output(state, service, row, true) };
    },

    UpdateTaskSet(input, context) {
      const { state, service } = externalOf(context, input);
      const row = taskSets.require(state, service, input.taskSet);
      const percent = percentOf(input.scale, row.scalePercent);
      return {
        taskSet: output(state, service, taskSets.scale(state, service, row, percent)),
      };
    },

    UpdateServicePrimaryTaskSet(input, context) {
      const { state, service } = externalOf(context, input);
      const row = taskSets.require(state, service, input.primaryTaskSet);
      return { taskSet: output(state, service, taskSets.makePrimary(state, service, row)) };
    },

    DeleteTaskSet(input, context) {
      const { state, service } = externalOf(context, input);
      const row = taskSets.require(state, service, input.taskSet);
      if (input.force !== true) requireIdle(row);
      return { taskSet: output(state, service, taskSets.remove(state, service, row)) };
    },

    DescribeTaskSets(input, context) {
      const { state, service } = serviceOf(context, input);
      const table = state.taskSets(service.clusterName, service.name);
      const withTags = input.include?.includes("TAGS") ?? false;
      if (input.taskSets === undefined || input.taskSets.length === 0) {
        const rows = [...table.values()];
        return {
          taskSets: rows.map((row) => output(state, service, row, withTags)),
          failures: [],
        };
      }
      const rows: TaskSetRow[] = [];
      const failures: Failure[] = [];
      for (const idOrArn of input.taskSets) {
        const id = `ecs-svc/${lastPart(idOrArn)}`;
        const row = table.get(id);
        if (row !== undefined) rows.push(row);
        else {
          const arn = taskSetArn(state.place, service.clusterName, service.name, id);
          failures.push({ arn, reason: "MISSING" });
        }
      }
      return { taskSets: rows.map((row) => output(state, service, row, withTags)), failures };
    },
  } satisfies EcsHandlers;
}

/** Source: an AWS answer quoted in terraform-provider-aws#30347. */
function requireExternal({ controller }: ServiceRow): void {
  if (controller === "EXTERNAL") return;
  throw invalid(
    "Amazon ECS only supports task set management on services configured to use external deployment controllers.",
  );
}

/** Source: ecs API reference, DeleteTaskSet, `force`. Unverified: the texts. */
function requireIdle({ status, scalePercent }: TaskSetRow): void {
  if (status === "PRIMARY") {
    throw invalid("The primary task set cannot be deleted. Use force, and try again.");
  }
  if (scalePercent > 0) {
    throw invalid(
      `The task set cannot be deleted while it is scaled above 0: its scale is ${scalePercent} percent. Scale it down or use force, and try again.`,
    );
  }
}

function percentOf(scale: Scale | undefined, otherwise: number): number {
  return scale?.value ?? otherwise;
}
