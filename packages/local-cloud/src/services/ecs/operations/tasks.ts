import type { Failure, RunTaskRequest, Task, TaskOverride } from "@aws-sdk/client-ecs";
import { pageOf } from "../../paging.ts";
import type { Tags } from "../../tags.ts";
import { lastPart, taskArn } from "../arns.ts";
import { badToken, invalid, taskNotFound } from "../errors.ts";
import { DESCRIBE_TASKS_MAX, PAGE_ITEMS, RUN_TASK_MAX } from "../limits.ts";
import { findTaskDefinition, requireCluster, requireTaskDefinition } from "../lookups.ts";
import type { Ecs } from "../parts.ts";
import type { EcsHandlers } from "../sdk.ts";
import type { PlaceState, TaskDefinitionRow, TaskRow } from "../state.ts";
import { tagsOf } from "../tagging.ts";
import { taskOutput } from "../tasks/output.ts";
import { checkRoles, readWorkload } from "../tasks/workload.ts";

export function taskOperations(ecs: Ecs) {
  /** What a token of RunTask started. Of this run of the cloud. */
  const started = new Map<string, readonly string[]>();
  return {
    async RunTask(input, context) {
      const state = ecs.in(context);
      const cluster = requireCluster(state, input.cluster);
      const token = `${context.account}/${context.region}/${cluster.name}/${input.clientToken}`;
      const before = input.clientToken === undefined ? undefined : started.get(token);
      if (before !== undefined) {
        const rows = before.map((id) => requireTask(state, cluster.name, id));
        return { tasks: rows.map((row) => taskOutput(state, row, true)), failures: [] };
      }
      const count = input.count ?? 1;
      if (!Number.isInteger(count) || count < 1 || count > RUN_TASK_MAX) {
        // Unverified: the text.
        throw invalid(`Task count must be between 1 and ${RUN_TASK_MAX}, but was ${count}.`);
      }
      const definition = requireTaskDefinition(state, input.taskDefinition);
      const workload = await readWorkload(ecs, state, cluster, input);
      if (workload.launchType === "EC2" || workload.launchType === "EXTERNAL") {
        throw invalid("No Container Instances were found in your cluster.");
      }
      const overrides = readOverrides(definition, input.overrides);
      await checkRoles(ecs, state, [
        overrides.taskRoleArn ?? definition.definition.taskRoleArn,
        overrides.executionRoleArn ?? definition.definition.executionRoleArn,
      ]);
      const tags = taskTags(state, definition, cluster.name, input);
      const rows: TaskRow[] = [];
      for (let index = 0; index < count; index++) {
        const row = ecs.tasks.launch(state, {
          clusterName: cluster.name,
          group: input.group ?? `family:${definition.family}`,
          startedBy: input.startedBy,
          workload,
          overrides,
          enableExecuteCommand: input.enableExecuteCommand ?? false,
          tags,
        });
        rows.push(row);
      }
      if (input.clientToken !== undefined) {
        started.set(
          token,
          rows.map(({ id }) => id),
        );
      }
      return { tasks: rows.map((row) => taskOutput(state, row, true)), failures: [] };
    },

    StartTask(input, context) {
      const state = ecs.in(context);
      requireCluster(state, input.cluster);
      requireTaskDefinition(state, input.taskDefinition);
      const failures = (input.containerInstances ?? []).map((arn) => ({ arn, reason: "MISSING" }));
      return { tasks: [], failures };
    },

    StopTask(input, context) {
      const state = ecs.in(context);
      const { name } = requireCluster(state, input.cluster);
      const row = requireTask(state, name, input.task);
      // Unverified: the reason when none is given.
      const reason = input.reason ?? "Task stopped by user";
      ecs.tasks.stop(state, row, { code: "UserInitiated", reason });
      return { task: taskOutput(state, requireTask(state, name, row.id), true) };
    },

    DescribeTasks(input, context) {
      const state = ecs.in(context);
      const { name } = requireCluster(state, input.cluster);
      const wanted = input.tasks ?? [];
      if (wanted.length === 0) throw invalid("Tasks cannot be empty.");
      if (wanted.length > DESCRIBE_TASKS_MAX) {
        throw invalid(`Tasks cannot have more than ${DESCRIBE_TASKS_MAX} items.`);
      }
      const withTags = input.include?.includes("TAGS") === true;
      const tasks: Task[] = [];
      const failures: Failure[] = [];
      for (const idOrArn of wanted) {
        const row = state.tasks(name).get(lastPart(idOrArn));
        if (row !== undefined) tasks.push(taskOutput(state, row, withTags));
        else failures.push(missing(state, name, idOrArn));
      }
      return { tasks, failures };
    },

    ListTasks(input, context) {
      const state = ecs.in(context);
      const { name } = requireCluster(state, input.cluster);
      const { desiredStatus = "RUNNING", family, startedBy, serviceName, launchType } = input;
      const isWanted = (row: TaskRow) =>
        row.desiredStatus === desiredStatus &&
        input.containerInstance === undefined &&
        (startedBy === undefined || row.startedBy === startedBy) &&
        (serviceName === undefined || row.group === `service:${lastPart(serviceName)}`) &&
        (launchType === undefined || launchType === "FARGATE") &&
        (family === undefined || familyOf(state, row) === family);
      const page = pageOf([...state.tasks(name).values()].filter(isWanted), {
        keyOf: ({ arn }) => arn,
        token: input.nextToken,
        limit: input.maxResults ?? PAGE_ITEMS,
        badToken,
      });
      return { taskArns: page.items.map(({ arn }) => arn), nextToken: page.nextToken };
    },

    ExecuteCommand(input, context) {
      const state = ecs.in(context);
      const { name } = requireCluster(state, input.cluster);
      requireTask(state, name, input.task);
      // Sessions (of Systems Manager) are outside; AWS says this of tasks without an agent.
      throw invalid(
        "The execute command failed because execute command was not enabled when the task was run or the execute command agent isn’t running. Wait and try again or run a new task with execute command enabled and try again.",
      );
    },
  } satisfies EcsHandlers;
}

/** @throws InvalidParameterException */
export function requireTask(
  state: PlaceState,
  clusterName: string,
  idOrArn: string | undefined,
): TaskRow {
  const row = state.tasks(clusterName).get(lastPart(idOrArn ?? ""));
  if (row === undefined) throw taskNotFound();
  return row;
}

export function missing(state: PlaceState, clusterName: string, idOrArn: string): Failure {
  return { arn: taskArn(state.place, clusterName, lastPart(idOrArn)), reason: "MISSING" };
}

function familyOf(state: PlaceState, { workload }: TaskRow): string | undefined {
  return findTaskDefinition(state, workload.taskDefinitionArn)?.family;
}

/** @throws InvalidParameterException. Source of the text: issues of terraform-provider-aws and aws-cli. */
function readOverrides(
  { definition }: TaskDefinitionRow,
  overrides: TaskOverride | undefined,
): TaskOverride {
  const names = new Set(definition.containerDefinitions?.map(({ name }) => name));
  for (const { name } of overrides?.containerOverrides ?? []) {
    if (names.has(name)) continue;
    throw invalid(
      `Override for container named ${name ?? ""} is not a container in the TaskDefinition.`,
    );
  }
  return overrides ?? {};
}

function taskTags(
  state: PlaceState,
  definition: TaskDefinitionRow,
  clusterName: string,
  input: Pick<RunTaskRequest, "tags" | "propagateTags" | "enableECSManagedTags">,
): Tags {
  const inherited =
    input.propagateTags === "TASK_DEFINITION" ? (state.tags.get(definition.arn) ?? {}) : {};
  const managed: Tags =
    input.enableECSManagedTags === true ? { "aws:ecs:clusterName": clusterName } : {};
  return { ...managed, ...tagsOf(input.tags, inherited) };
}
