import { createCloud } from "../../../src/cloud.ts";
import { virtualClock } from "../../../src/clock.ts";
import type { CloudEventOf } from "../../../src/bus.ts";
import { seededRandom } from "../../../src/random.ts";
import type { Cloud } from "../../../src/service.ts";
import type { ServiceDeployments } from "../../../src/services/ecs/service-deployments.ts";
import {
  createServiceScheduler,
  type ServiceScheduler,
} from "../../../src/services/ecs/services/scheduler.ts";
import {
  type PlaceState,
  type ServiceDeploymentRow,
  type ServiceRow,
  stateOpener,
  type TaskRow,
  type Workload,
} from "../../../src/services/ecs/state.ts";
import type {
  TaskGroup,
  TaskGroups,
  TaskGroupView,
} from "../../../src/services/ecs/task-groups.ts";
import { openStore } from "../../../src/storage/sqlite-store.ts";

export const START_MS = Date.UTC(2026, 10, 21);
export const PLACE = { account: "000000000000", region: "us-east-1" };
export const KEY = { clusterName: "main", name: "web" };

/** What becomes of the tasks of a task definition. */
type Fate = "healthy" | "fails" | "neverHealthy";

/** The scheduler of services over task groups that do one thing at a time, when the test says so. */
export interface ServiceBench {
  readonly cloud: Cloud;
  readonly state: PlaceState;
  readonly scheduler: ServiceScheduler;
  readonly groups: StepGroups;
  readonly events: CloudEventOf<"stateChanged">[];
  /** Stores a service of the ECS controller with no deployment yet. */
  store(more?: Partial<ServiceRow>): void;
  service(): ServiceRow;
  record(): ServiceDeploymentRow | undefined;
  /** Newest first. */
  messages(): string[];
  advance(byMs: number): Promise<void>;
  /** Forgets everything but what is stored, and starts again. */
  restart(): void;
  close(): Promise<void>;
}

export function serviceBench(seed: number): ServiceBench {
  const clock = virtualClock(START_MS, (error) => {
    throw error;
  });
  const core = createCloud({
    ...PLACE,
    clock,
    random: seededRandom(seed),
    store: openStore(undefined),
    endpointUrl: () => "http://127.0.0.1:1",
    warn: (message) => {
      throw new Error(message);
    },
  });
  const { cloud } = core;
  const open = stateOpener(cloud.store);
  const state = open(PLACE);
  const events: CloudEventOf<"stateChanged">[] = [];
  cloud.bus.subscribe("stateChanged", (event) => void events.push(event));
  state.clusters.set("main", {
    name: "main",
    arn: "arn:aws:ecs:us-east-1:000000000000:cluster/main",
    status: "ACTIVE",
    settings: [],
    configuration: undefined,
    capacityProviders: [],
    defaultStrategy: [],
  });

  const start = () => {
    const groups = stepGroups(cloud, state, seed);
    const deployments = bookOfDeployments(cloud);
    const scheduler = createServiceScheduler({
      cloud,
      in: open,
      groups,
      deployments: () => deployments,
    });
    return { groups, scheduler };
  };
  let running = start();

  return {
    cloud,
    state,
    events,
    get scheduler() {
      return running.scheduler;
    },
    get groups() {
      return running.groups;
    },
    store(more = {}) {
      state.services("main").set("web", { ...SERVICE_ROW, ...more });
    },
    service() {
      const row = state.services("main").get("web");
      if (row === undefined) throw new Error("the service is not stored");
      return row;
    },
    record() {
      return [...state.serviceDeployments.values()].at(-1);
    },
    messages() {
      return this.service().events.map(({ message }) => message);
    },
    advance: (byMs) => clock.advance(byMs),
    restart() {
      running.scheduler.close();
      running = start();
      running.scheduler.resume();
    },
    async close() {
      running.scheduler.close();
      await core.close();
    },
  };
}

const SERVICE_ROW: ServiceRow = {
  ...KEY,
  arn: "arn:aws:ecs:us-east-1:000000000000:service/main/web",
  status: "ACTIVE",
  controller: "ECS",
  schedulingStrategy: "REPLICA",
  desiredCount: 4,
  workload: undefined,
  deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 200 },
  deployments: [],
  currentServiceDeploymentArn: undefined,
  currentServiceRevisionArns: [],
  events: [],
  roleArn: undefined,
  enableEcsManagedTags: false,
  enableExecuteCommand: false,
  propagateTags: "NONE",
  availabilityZoneRebalancing: "ENABLED",
  createdAtMs: START_MS,
  createdBy: "arn:aws:iam::000000000000:root",
};

/** The workload of a task definition of that name. */
export function workloadOf(name: string, more: Partial<Workload> = {}): Workload {
  return {
    taskDefinitionArn: `arn:aws:ecs:us-east-1:000000000000:task-definition/${name}`,
    launchType: "FARGATE",
    capacityProviderStrategy: [],
    platformVersion: "LATEST",
    network: undefined,
    loadBalancers: [],
    healthCheckGraceSeconds: 0,
    ...more,
  };
}

/** Service deployments that are only written down. */
function bookOfDeployments(cloud: Cloud): ServiceDeployments {
  let count = 0;
  return {
    begin(state, service, { sourceArn, targetArn }) {
      const row: ServiceDeploymentRow = {
        arn: `arn:aws:ecs:us-east-1:000000000000:service-deployment/main/web/${++count}`,
        clusterName: service.clusterName,
        serviceName: service.name,
        status: "PENDING",
        statusReason: undefined,
        lifecycleStage: undefined,
        configuration: service.deploymentConfiguration,
        sourceRevisionArn: sourceArn,
        targetRevisionArn: targetArn,
        productionWeight: 100,
        testWeight: 0,
        alarms: { status: undefined, triggered: [] },
        failedTaskCount: 0,
        rollbackReason: undefined,
        rollbackStartedAtMs: undefined,
        createdAtMs: cloud.clock.nowMs(),
        startedAtMs: undefined,
        updatedAtMs: cloud.clock.nowMs(),
        finishedAtMs: undefined,
        stoppedAtMs: undefined,
      };
      state.serviceDeployments.set(row.arn, row);
      return row;
    },
    progress(state, arn, change) {
      const row = state.serviceDeployments.get(arn);
      if (row !== undefined) state.serviceDeployments.set(arn, { ...row, ...change });
    },
    abandon: () => undefined,
    resume: () => undefined,
    close: () => undefined,
  };
}

export interface StepGroups extends TaskGroups {
  /** By the name of a task definition; "healthy" is what is not here. */
  readonly fates: Map<string, Fate>;
  readonly kept: ReadonlyMap<string, TaskGroup>;
  /** One task goes one step, drawn by chance. @returns false when there is nothing to do. */
  step(): boolean;
  /** Steps until nothing is left to do, or `most` steps were made; `each` is called after each one. */
  run(most: number, each?: () => void): void;
}

function stepGroups(cloud: Cloud, state: PlaceState, seed: number): StepGroups {
  const random = seededRandom(seed);
  const kept = new Map<string, TaskGroup>();
  const fates = new Map<string, Fate>();
  const failures = new Map<string, number>();
  const listeners: ((id: string) => void)[] = [];
  const tasks = () => [...state.tasks("main").values()];
  const of = (id: string) => tasks().filter(({ startedBy }) => startedBy === id);
  const fateOf = ({ workload }: Pick<TaskRow, "workload">): Fate =>
    fates.get(workload.taskDefinitionArn.split("/").at(-1) ?? "") ?? "healthy";
  const put = (row: TaskRow) => state.tasks("main").set(row.id, row);
  const isHealthy = (row: TaskRow) =>
    row.lastStatus === "RUNNING" &&
    row.desiredStatus === "RUNNING" &&
    row.healthStatus === "HEALTHY";
  const wantedOf = (id: string) =>
    of(id).filter(({ desiredStatus }) => desiredStatus === "RUNNING");

  /** Every step that could be made now, each a change of one task. */
  const moves = (): (() => string)[] => {
    const found: (() => string)[] = [];
    for (const group of kept.values()) {
      const wanted = wantedOf(group.id);
      if (wanted.length < group.count) found.push(() => launch(group));
      const [surplus] = wanted.toSorted((a, b) => Number(isHealthy(a)) - Number(isHealthy(b)));
      if (wanted.length > group.count && surplus !== undefined) found.push(stop(surplus));
    }
    for (const row of tasks()) {
      const id = row.startedBy ?? "";
      const set = (change: Partial<TaskRow>) => () => {
        put({ ...row, ...change });
        return id;
      };
      if (row.lastStatus === "DEACTIVATING") found.push(remove(row));
      else if (row.desiredStatus === "STOPPED") found.push(set({ lastStatus: "DEACTIVATING" }));
      else if (row.lastStatus === "PENDING") {
        if (fateOf(row) === "fails") found.push(fail(row));
        else {
          const healthStatus = fateOf(row) === "healthy" ? "HEALTHY" : "UNHEALTHY";
          found.push(set({ lastStatus: "RUNNING", healthStatus }));
        }
      } else if (!isHealthy(row)) found.push(fail(row));
    }
    return found;
  };
  const launch = (group: TaskGroup) => {
    put({ ...TASK_ROW, id: cloud.random.hex(32), startedBy: group.id, workload: group.workload });
    return group.id;
  };
  const stop = (row: TaskRow) => () => {
    put({ ...row, desiredStatus: "STOPPED", stopCode: "ServiceSchedulerInitiated" });
    return row.startedBy ?? "";
  };
  const remove = (row: TaskRow) => () => {
    state.tasks("main").delete(row.id);
    return row.startedBy ?? "";
  };
  const fail = (row: TaskRow) => () => {
    const id = row.startedBy ?? "";
    failures.set(id, (failures.get(id) ?? 0) + 1);
    return remove(row)();
  };
  const step = () => {
    const found = moves();
    const move = found[random.int(found.length)];
    if (move === undefined) return false;
    const id = move();
    for (const listener of listeners) listener(id);
    return true;
  };

  return {
    fates,
    kept,
    step,
    run(most, each = () => undefined) {
      for (let count = 0; count < most && step(); count++) each();
    },
    keep(group) {
      kept.set(group.id, group);
    },
    view(_place, _cluster, id): TaskGroupView {
      const wanted = wantedOf(id);
      const desiredCount = kept.get(id)?.count ?? 0;
      const runningCount = wanted.filter(({ lastStatus }) => lastStatus === "RUNNING").length;
      const healthyCount = wanted.filter(isHealthy).length;
      const stoppingCount = of(id).length - wanted.length;
      const pendingCount = wanted.length - runningCount;
      const failedCount = failures.get(id) ?? 0;
      const isSteady =
        healthyCount === desiredCount && wanted.length === desiredCount && stoppingCount === 0;
      return {
        desiredCount,
        pendingCount,
        runningCount,
        healthyCount,
        failedCount,
        lastFailure: failedCount > 0 ? "(task 0) failed to start" : undefined,
        stoppingCount,
        isSteady,
      };
    },
    forget: (id) => void kept.delete(id),
    forgetFailures: (id) => void failures.delete(id),
    onChange: (listener) => void listeners.push(listener),
    close: () => Promise.resolve(),
  };
}

const TASK_ROW: TaskRow = {
  id: "",
  arn: "",
  clusterName: "main",
  group: "service:web",
  startedBy: undefined,
  workload: workloadOf("web:1"),
  lastStatus: "PENDING",
  desiredStatus: "RUNNING",
  containers: [],
  healthStatus: "UNKNOWN",
  network: undefined,
  overrides: {},
  enableExecuteCommand: false,
  stopCode: undefined,
  stoppedReason: undefined,
  version: 1,
  createdAtMs: START_MS,
  startedAtMs: undefined,
  stoppingAtMs: undefined,
  stoppedAtMs: undefined,
  protectedUntilMs: undefined,
  pullStartedAtMs: undefined,
  pullStoppedAtMs: undefined,
  executionStoppedAtMs: undefined,
};
