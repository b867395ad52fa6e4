import type { RegisterTaskDefinitionRequest, TaskDefinition } from "@aws-sdk/client-ecs";
import type { RequestContext } from "../../../service.ts";
import { pageOf } from "../../paging.ts";
import { lastPart, taskDefinitionArn } from "../arns.ts";
import { requiredAttributes } from "../definitions/attributes.ts";
import { fargateProblem, readContainers } from "../definitions/containers.ts";
import { readSize } from "../definitions/sizes.ts";
import { badToken, client, invalid, taskDefinitionUndescribable } from "../errors.ts";
import { DELETE_DEFINITIONS_MAX, PAGE_ITEMS } from "../limits.ts";
import { findTaskDefinition } from "../lookups.ts";
import type { Ecs } from "../parts.ts";
import type { EcsHandlers } from "../sdk.ts";
import type { PlaceState, TaskDefinitionRow } from "../state.ts";
import { keepTags, tagList, tagsOf } from "../tagging.ts";

const FAMILY = /^[a-zA-Z0-9_-]{1,255}$/;

export function taskDefinitionOperations(ecs: Ecs) {
  const { cloud } = ecs;
  return {
    RegisterTaskDefinition(input, context) {
      const state = ecs.in(context);
      const definition = readDefinition(input, context);
      const family = definition.family ?? "";
      const revision = (state.revisions.get(family) ?? 0) + 1;
      const arn = taskDefinitionArn(state.place, family, revision);
      const row: TaskDefinitionRow = {
        arn,
        family,
        revision,
        status: "ACTIVE",
        definition: {
          taskDefinitionArn: arn,
          ...definition,
          revision,
          registeredAt: new Date(cloud.clock.nowMs()),
          registeredBy: context.caller.arn,
        },
      };
      const tags = tagsOf(input.tags);
      cloud.store.transaction(() => {
        state.revisions.set(family, revision);
        state.taskDefinitions.set(`${family}:${revision}`, row);
        keepTags(state, arn, tags);
      });
      return { taskDefinition: definitionOutput(row), tags: tagList(tags) };
    },

    DescribeTaskDefinition(input, context) {
      const state = ecs.in(context);
      const row = findTaskDefinition(state, input.taskDefinition);
      if (row === undefined) throw taskDefinitionUndescribable();
      const withTags = input.include?.includes("TAGS") === true;
      return {
        taskDefinition: definitionOutput(row),
        tags: withTags ? tagList(state.tags.get(row.arn)) : [],
      };
    },

    ListTaskDefinitions(input, context) {
      const { status = "ACTIVE", familyPrefix } = input;
      const rows = [...ecs.in(context).taskDefinitions.values()]
        .filter((row) => row.status === status)
        .filter(({ family }) => familyPrefix === undefined || family === familyPrefix)
        .sort(byFamily);
      if (input.sort === "DESC") rows.reverse();
      const page = pageOf(rows, {
        keyOf: ({ arn }) => arn,
        token: input.nextToken,
        limit: input.maxResults ?? PAGE_ITEMS,
        badToken,
      });
      return { taskDefinitionArns: page.items.map(({ arn }) => arn), nextToken: page.nextToken };
    },

    ListTaskDefinitionFamilies(input, context) {
      // Source: ecs API reference: without a status, families of both kinds.
      const { familyPrefix = "", status = "ALL" } = input;
      const active = new Set<string>();
      const all = new Set<string>();
      for (const row of ecs.in(context).taskDefinitions.values()) {
        if (!row.family.startsWith(familyPrefix)) continue;
        all.add(row.family);
        if (row.status === "ACTIVE") active.add(row.family);
      }
      const families = [...all]
        .filter((name) => status === "ALL" || active.has(name) === (status === "ACTIVE"))
        .sort();
      const page = pageOf(families, {
        keyOf: (name) => name,
        token: input.nextToken,
        limit: input.maxResults ?? PAGE_ITEMS,
        badToken,
      });
      return { families: page.items, nextToken: page.nextToken };
    },

    DeregisterTaskDefinition(input, context) {
      const state = ecs.in(context);
      const row = requireRevision(state, input.taskDefinition);
      if (row.status !== "ACTIVE") return { taskDefinition: definitionOutput(row) };
      const changed: TaskDefinitionRow = {
        ...row,
        status: "INACTIVE",
        definition: { ...row.definition, deregisteredAt: new Date(cloud.clock.nowMs()) },
      };
      state.taskDefinitions.set(`${row.family}:${row.revision}`, changed);
      return { taskDefinition: definitionOutput(changed) };
    },

    DeleteTaskDefinitions(input, context) {
      const state = ecs.in(context);
      const wanted = input.taskDefinitions ?? [];
      if (wanted.length === 0 || wanted.length > DELETE_DEFINITIONS_MAX) {
        throw invalid(`taskDefinitions must have 1 to ${DELETE_DEFINITIONS_MAX} items.`);
      }
      const deleted: TaskDefinition[] = [];
      const failures: { arn: string; reason: string }[] = [];
      for (const name of wanted) {
        const row = state.taskDefinitions.get(lastPart(name));
        if (row === undefined) {
          failures.push({ arn: name, reason: "The specified task definition was not found." });
        } else if (row.status === "ACTIVE") {
          failures.push({
            arn: row.arn,
            reason:
              "The specified task definition is still in ACTIVE status. Please deregister the target and try again.",
          });
        } else {
          const changed: TaskDefinitionRow = {
            ...row,
            status: "DELETE_IN_PROGRESS",
            definition: { ...row.definition, deleteRequestedAt: new Date(cloud.clock.nowMs()) },
          };
          state.taskDefinitions.set(`${row.family}:${row.revision}`, changed);
          deleted.push(definitionOutput(changed));
        }
      }
      return { taskDefinitions: deleted, failures };
    },
  } satisfies EcsHandlers;
}

/** What is checked and filled in at registration. @throws ClientException */
function readDefinition(
  input: RegisterTaskDefinitionRequest,
  { account }: RequestContext,
): TaskDefinition {
  const family = input.family ?? "";
  if (!FAMILY.test(family)) {
    throw client("Family contains invalid characters.");
  }
  const needs = input.requiresCompatibilities ?? [];
  const needsFargate = needs.includes("FARGATE");
  if (needsFargate && input.networkMode !== "awsvpc") {
    throw client("Fargate only supports network mode ‘awsvpc’.");
  }
  const size = readSize(input, needsFargate);
  const taskRoleArn = roleArnOf(account, input.taskRoleArn);
  const executionRoleArn = roleArnOf(account, input.executionRoleArn);
  const { networkMode } = input;
  const containerDefinitions = readContainers(input.containerDefinitions, {
    networkMode,
    needsFargate,
    hasTaskMemory: size.memory !== undefined,
    executionRoleArn,
  });
  const roles = {
    ...(taskRoleArn !== undefined && { taskRoleArn }),
    ...(executionRoleArn !== undefined && { executionRoleArn }),
  };
  // Source: ecs API reference, TaskDefinition: what it was validated against when it was registered.
  const runsOnFargate =
    networkMode === "awsvpc" &&
    size.fitsFargate &&
    containerDefinitions.every((one) => fargateProblem(one, { executionRoleArn }) === undefined);
  return {
    containerDefinitions,
    family,
    ...roles,
    ...(networkMode !== undefined && { networkMode }),
    volumes: input.volumes ?? [],
    requiresAttributes: requiredAttributes({ containerDefinitions, ...roles, networkMode }),
    placementConstraints: input.placementConstraints ?? [],
    compatibilities: [
      ...(networkMode === "awsvpc" ? [] : ["EXTERNAL" as const]),
      "EC2",
      ...(runsOnFargate ? ["FARGATE" as const] : []),
    ],
    ...(needs.length > 0 && { requiresCompatibilities: needs }),
    ...(size.cpu !== undefined && { cpu: String(size.cpu) }),
    ...(size.memory !== undefined && { memory: String(size.memory) }),
    runtimePlatform: input.runtimePlatform,
    pidMode: input.pidMode,
    ipcMode: input.ipcMode,
    proxyConfiguration: input.proxyConfiguration,
    ephemeralStorage: input.ephemeralStorage,
    enableFaultInjection: input.enableFaultInjection,
  };
}

/** A role may be given by its name. @throws ClientException */
function roleArnOf(account: string, role: string | undefined): string | undefined {
  if (role === undefined || role === "") return undefined;
  if (/^arn:aws[\w-]*:iam::\d{12}:role\/.+$/.test(role)) return role;
  if (role.startsWith("arn:") || !/^[\w+=,.@-]{1,64}$/.test(role))
    throw client("Role is not valid");
  return `arn:aws:iam::${account}:role/${role}`;
}

/** @throws ClientException, InvalidParameterException. Source of the texts: moto's ecs tests. */
function requireRevision(state: PlaceState, nameOrArn: string | undefined): TaskDefinitionRow {
  const name = lastPart(nameOrArn ?? "");
  const [, revision] = name.split(":");
  if (revision === undefined) throw client("Revision is missing.");
  if (!/^\d+$/.test(revision)) {
    throw invalid(`Invalid revision number. Number: ${revision}`);
  }
  const row = state.taskDefinitions.get(name);
  if (row === undefined) throw client("The specified task definition does not exist.");
  return row;
}

function definitionOutput({ status, definition }: TaskDefinitionRow): TaskDefinition {
  return { ...definition, status };
}

function byFamily(one: TaskDefinitionRow, other: TaskDefinitionRow): number {
  if (one.family !== other.family) return one.family < other.family ? -1 : 1;
  return one.revision - other.revision;
}
