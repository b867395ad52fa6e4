import type { Cluster, ClusterField, ClusterSetting } from "@aws-sdk/client-ecs";
import { pageOf } from "../../paging.ts";
import { clusterArn, lastPart } from "../arns.ts";
import {
  badToken,
  clusterContainsServices,
  clusterContainsTasks,
  clusterNotFound,
  invalid,
} from "../errors.ts";
import { DESCRIBE_CLUSTERS_MAX, PAGE_ITEMS } from "../limits.ts";
import { findCluster, requireCluster } from "../lookups.ts";
import type { Ecs } from "../parts.ts";
import type { EcsHandlers } from "../sdk.ts";
import type { ClusterRow, PlaceState } from "../state.ts";
import { keepTags, tagList, tagsOf } from "../tagging.ts";
import { checkProviders } from "./capacity-providers.ts";
import { settingOf } from "./settings.ts";

/** Source: ecs API reference, CreateCluster. */
const NAME = /^[a-zA-Z0-9_-]{1,255}$/;
const INSIGHTS = ["enabled", "disabled", "enhanced"];
const ALL: readonly ClusterField[] = ["SETTINGS", "CONFIGURATIONS", "TAGS", "STATISTICS"];

export function clusterOperations(ecs: Ecs) {
  const { cloud } = ecs;
  return {
    async CreateCluster(input, context) {
      const state = ecs.in(context);
      const name = input.clusterName ?? "default";
      if (!NAME.test(name)) {
        throw invalid(
          "Invalid identifier: Identifier is for a cluster but contains characters outside of letters, numbers, hyphens and underscores, or more than 255.",
        );
      }
      const existing = state.clusters.get(name);
      if (existing?.status === "ACTIVE") return { cluster: clusterOutput(state, existing, ALL) };
      const providers = input.capacityProviders ?? [];
      checkProviders(providers, input.defaultCapacityProviderStrategy);
      const row: ClusterRow = {
        name,
        arn: clusterArn(state.place, name),
        status: "ACTIVE",
        settings: settingsOf(input.settings, [
          {
            name: "containerInsights",
            value: settingOf(state, context.caller.arn, "containerInsights"),
          },
        ]),
        configuration: input.configuration,
        capacityProviders: providers,
        defaultStrategy: input.defaultCapacityProviderStrategy ?? [],
      };
      const tags = tagsOf(input.tags);
      // Source: AWS docs, using service-linked roles for ECS: made with the first cluster.
      const roles = await cloud.port("roles");
      roles.link(context.account, "ecs.amazonaws.com");
      cloud.store.transaction(() => {
        state.clusters.set(name, row);
        keepTags(state, row.arn, tags);
      });
      return { cluster: clusterOutput(state, row, ALL) };
    },

    DescribeClusters(input, context) {
      const state = ecs.in(context);
      const wanted = input.clusters ?? ["default"];
      if (wanted.length > DESCRIBE_CLUSTERS_MAX) {
        throw invalid(`clusters can have at most ${DESCRIBE_CLUSTERS_MAX} items.`);
      }
      const clusters: Cluster[] = [];
      const failures: { arn: string; reason: string }[] = [];
      for (const nameOrArn of wanted) {
        const row = findCluster(state, nameOrArn);
        if (row !== undefined) clusters.push(clusterOutput(state, row, input.include ?? []));
        else {
          const arn = clusterArn(state.place, lastPart(nameOrArn));
          failures.push({ arn, reason: "MISSING" });
        }
      }
      return { clusters, failures };
    },

    ListClusters(input, context) {
      const state = ecs.in(context);
      const active = [...state.clusters.values()].filter(({ status }) => status === "ACTIVE");
      const page = pageOf(active, {
        keyOf: ({ arn }) => arn,
        token: input.nextToken,
        limit: input.maxResults ?? PAGE_ITEMS,
        badToken,
      });
      return { clusterArns: page.items.map(({ arn }) => arn), nextToken: page.nextToken };
    },

    UpdateCluster(input, context) {
      const state = ecs.in(context);
      const row = requireCluster(state, input.cluster);
      const changed: ClusterRow = {
        ...row,
        settings: settingsOf(input.settings, row.settings),
        configuration: input.configuration ?? row.configuration,
      };
      state.clusters.set(row.name, changed);
      return { cluster: clusterOutput(state, changed, ALL) };
    },

    UpdateClusterSettings(input, context) {
      const state = ecs.in(context);
      const row = requireCluster(state, input.cluster);
      const changed: ClusterRow = { ...row, settings: settingsOf(input.settings, row.settings) };
      state.clusters.set(row.name, changed);
      return { cluster: clusterOutput(state, changed, ALL) };
    },

    PutClusterCapacityProviders(input, context) {
      const state = ecs.in(context);
      const row = requireCluster(state, input.cluster);
      const providers = input.capacityProviders ?? [];
      const strategy = input.defaultCapacityProviderStrategy ?? [];
      checkProviders(providers, strategy);
      const changed: ClusterRow = {
        ...row,
        capacityProviders: providers,
        defaultStrategy: strategy,
      };
      state.clusters.set(row.name, changed);
      return { cluster: clusterOutput(state, changed, ALL) };
    },

    DeleteCluster(input, context) {
      const state = ecs.in(context);
      const row = findCluster(state, input.cluster);
      if (row === undefined || row.status === "INACTIVE") throw clusterNotFound();
      const services = [...state.services(row.name).values()];
      if (services.some(({ status }) => status !== "INACTIVE")) throw clusterContainsServices();
      const tasks = [...state.tasks(row.name).values()];
      if (tasks.some(({ lastStatus }) => lastStatus !== "STOPPED")) throw clusterContainsTasks();
      const gone: ClusterRow = { ...row, status: "INACTIVE" };
      cloud.store.transaction(() => {
        state.clusters.set(row.name, gone);
        keepTags(state, row.arn, {});
      });
      return { cluster: clusterOutput(state, gone, ALL) };
    },
  } satisfies EcsHandlers;
}

function settingsOf(
  given: readonly ClusterSetting[] | undefined,
  before: readonly ClusterSetting[],
): readonly ClusterSetting[] {
  if (given === undefined || given.length === 0) return before;
  for (const { name, value = "" } of given) {
    // Unverified: the text.
    if (name !== "containerInsights" || !INSIGHTS.includes(value)) {
      throw invalid(
        `Invalid setting value '${value}' for '${name ?? ""}': containerInsights can be ${INSIGHTS.join(", ")}.`,
      );
    }
  }
  return given;
}

/** Parts that `include` does not name are there, but empty. Source: recorded AWS answers (moto's ecs tests). */
function clusterOutput(
  state: PlaceState,
  row: ClusterRow,
  include: readonly ClusterField[],
): Cluster {
  const tasks = [...state.tasks(row.name).values()];
  const pending = new Set(["PROVISIONING", "PENDING", "ACTIVATING"]);
  const services = [...state.services(row.name).values()];
  const isFull = include.includes("STATISTICS");
  const running = tasks.filter(({ lastStatus }) => lastStatus === "RUNNING").length;
  const waiting = tasks.filter(({ lastStatus }) => pending.has(lastStatus)).length;
  const active = services.filter(({ status }) => status === "ACTIVE").length;
  return {
    clusterArn: row.arn,
    clusterName: row.name,
    status: row.status,
    registeredContainerInstancesCount: 0,
    runningTasksCount: running,
    pendingTasksCount: waiting,
    activeServicesCount: active,
    statistics: isFull ? statistics({ running, waiting, active }) : [],
    tags: include.includes("TAGS") ? tagList(state.tags.get(row.arn)) : [],
    settings: include.includes("SETTINGS") ? [...row.settings] : [],
    ...(include.includes("CONFIGURATIONS") && { configuration: row.configuration }),
    capacityProviders: [...row.capacityProviders],
    defaultCapacityProviderStrategy: [...row.defaultStrategy],
  };
}

/** Everything here runs as on Fargate. Source: ecs API reference, Cluster. */
function statistics(counts: { running: number; waiting: number; active: number }) {
  const { running, waiting, active } = counts;
  const rows: readonly (readonly [string, number])[] = [
    ["runningEC2TasksCount", 0],
    ["runningFargateTasksCount", running],
    ["pendingEC2TasksCount", 0],
    ["pendingFargateTasksCount", waiting],
    ["activeEC2ServiceCount", 0],
    ["activeFargateServiceCount", active],
    ["drainingEC2ServiceCount", 0],
    ["drainingFargateServiceCount", 0],
  ];
  return rows.map(([name, value]) => ({ name, value: String(value) }));
}
