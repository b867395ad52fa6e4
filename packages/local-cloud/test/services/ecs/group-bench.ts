import type { DescribeTargetHealthCommandOutput } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { CloudEventOf } from "../../../src/bus.ts";
import { virtualClock } from "../../../src/clock.ts";
import { createCloud } from "../../../src/cloud.ts";
import { seededRandom } from "../../../src/random.ts";
import type { RequestContext } from "../../../src/service.ts";
import { type TaskRow, stateOpener, type Workload } from "../../../src/services/ecs/state.ts";
import type {
  TaskGroup,
  TaskGroups,
  TaskGroupView,
} from "../../../src/services/ecs/task-groups.ts";
import { createTasks } from "../../../src/services/ecs/tasks/engine.ts";
import { createTaskGroups } from "../../../src/services/ecs/tasks/groups/keeper.ts";
import type { ServiceName } from "../../../src/services/registry.ts";
import { openStore } from "../../../src/storage/sqlite-store.ts";
import { trustOf } from "../../support/roles.ts";
import { type FakeRuntime, fakeRuntime } from "./fake-runtime.ts";

const PLACE = { account: "000000000000", region: "us-east-1" };
const ID = "ecs-svc/1";

/** Groups of tasks in a cloud without its HTTP server, on a virtual clock. */
export interface GroupBench {
  readonly runtime: FakeRuntime;
  readonly groups: TaskGroups;
  readonly workload: Workload;
  keep(group: Partial<TaskGroup>): void;
  view(): TaskGroupView;
  /** What was told to EventBridge of tasks, oldest first. */
  readonly events: readonly CloudEventOf<"stateChanged">[];
  /** Every task of the cluster, oldest first. */
  all(): TaskRow[];
  /** Those that are to run. */
  alive(): TaskRow[];
  task(id: string | undefined): TaskRow | undefined;
  protect(id: string | undefined, forMs: number): void;
  call(service: ServiceName, operation: string, input: object): Promise<unknown>;
  /** A load balancer with one target group. */
  balance(options?: { readonly deregistrationSeconds?: number }): Promise<{
    readonly groupArn: string;
    readonly workload: Workload;
    targets(): Promise<{ readonly id: string | undefined; readonly state: string | undefined }[]>;
  }>;
  advance(byMs: number): Promise<void>;
  /** New tasks and groups on the rows that are stored: what a restart of the cloud does. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function startGroupBench(): Promise<GroupBench> {
  const runtime = fakeRuntime();
  const clock = virtualClock(Date.UTC(2026, 10, 21), (error) => {
    throw error;
  });
  const core = createCloud({
    ...PLACE,
    clock,
    random: seededRandom(7),
    store: openStore(undefined),
    endpointUrl: () => "http://127.0.0.1:1",
    taskRuntime: runtime,
    warn: (message) => {
      throw new Error(message);
    },
  });
  const call: GroupBench["call"] = async (service, operation, input) => {
    const { handlers } = await core.service(service);
    const context: RequestContext = {
      ...PLACE,
      operation,
      requestId: core.cloud.random.uuid(),
      caller: { accessKeyId: "test", arn: "arn:aws:iam::000000000000:root", userId: "0" },
      signal: AbortSignal.any([]),
    };
    return handlers[operation]?.(input, context);
  };
  await call("iam", "CreateRole", {
    RoleName: "execution",
    AssumeRolePolicyDocument: trustOf("ecs-tasks.amazonaws.com"),
  });
  await call("ecs", "CreateCluster", {});
  await call("ecs", "RegisterTaskDefinition", {
    family: "web",
    requiresCompatibilities: ["FARGATE"],
    networkMode: "awsvpc",
    cpu: "256",
    memory: "512",
    executionRoleArn: "execution",
    containerDefinitions: [
      { name: "web", image: "example/web:1", portMappings: [{ containerPort: 80 }] },
    ],
  });
  const network = await networkOf(call);
  const workload: Workload = {
    taskDefinitionArn: "arn:aws:ecs:us-east-1:000000000000:task-definition/web:1",
    launchType: "FARGATE",
    capacityProviderStrategy: [],
    platformVersion: "LATEST",
    network: { subnets: network.subnets, securityGroups: [], assignPublicIp: "DISABLED" },
    loadBalancers: [],
    healthCheckGraceSeconds: 0,
  };
  const events: CloudEventOf<"stateChanged">[] = [];
  core.cloud.bus.subscribe("stateChanged", (event) => void events.push(event));
  const open = stateOpener(core.cloud.store);
  const state = open(PLACE);
  const start = () => {
    const tasks = createTasks(core.cloud, async () => runtime);
    return { tasks, groups: createTaskGroups({ cloud: core.cloud, in: open, tasks }) };
  };
  let parts = start();
  const all = () => [...state.tasks("default").values()];
  return {
    runtime,
    get groups() {
      return parts.groups;
    },
    workload,
    keep(group) {
      parts.groups.keep({
        ...PLACE,
        id: ID,
        clusterName: "default",
        serviceName: "web",
        workload,
        count: 1,
        taskTags: {},
        enableExecuteCommand: false,
        ...group,
      });
    },
    view: () => parts.groups.view(PLACE, "default", ID),
    events,
    all,
    alive: () => all().filter(({ desiredStatus }) => desiredStatus === "RUNNING"),
    task: (id) => state.tasks("default").get(id ?? ""),
    protect(id = "", forMs) {
      parts.tasks.protect(state, { clusterName: "default", id }, clock.nowMs() + forMs);
    },
    call,
    balance: (options = {}) => balance(call, network, workload, options),
    advance: (byMs) => clock.advance(byMs),
    async restart() {
      await parts.groups.close();
      await parts.tasks.close();
      parts = start();
      await parts.tasks.resume(state);
    },
    async close() {
      await parts.groups.close();
      await parts.tasks.close();
      await core.close();
      await runtime.close();
    },
  };
}

type Call = GroupBench["call"];

/** What an answer has under `name`, as a list of objects. */
async function listIn(answer: Promise<unknown>, name: string): Promise<Record<string, unknown>[]> {
  const found: unknown = Object.entries((await answer) ?? {}).find(([key]) => key === name)?.[1];
  return Array.isArray(found) ? found : [];
}

async function networkOf(call: Call) {
  const subnets = await listIn(call("ec2", "DescribeSubnets", {}), "Subnets");
  const chosen = subnets.slice(0, 2);
  return {
    subnets: chosen.map(({ SubnetId }) => String(SubnetId)),
    vpcId: String(chosen[0]?.["VpcId"]),
  };
}

async function balance(
  call: Call,
  network: { readonly subnets: readonly string[]; readonly vpcId: string },
  workload: Workload,
  { deregistrationSeconds = 0 }: { readonly deregistrationSeconds?: number },
): ReturnType<GroupBench["balance"]> {
  const elb = (operation: string, input: object) => call("elasticloadbalancing", operation, input);
  const created = await listIn(
    elb("CreateTargetGroup", {
      Name: "web",
      Protocol: "HTTP",
      Port: 80,
      VpcId: network.vpcId,
      TargetType: "ip",
      HealthCheckIntervalSeconds: 5,
      HealthCheckTimeoutSeconds: 2,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 2,
    }),
    "TargetGroups",
  );
  const TargetGroupArn = String(created[0]?.["TargetGroupArn"]);
  await elb("ModifyTargetGroupAttributes", {
    TargetGroupArn,
    Attributes: [
      {
        Key: "deregistration_delay.timeout_seconds",
        Value: String(deregistrationSeconds),
      },
    ],
  });
  const balancers = await listIn(
    elb("CreateLoadBalancer", { Name: "web", Subnets: network.subnets }),
    "LoadBalancers",
  );
  await elb("CreateListener", {
    LoadBalancerArn: balancers[0]?.["LoadBalancerArn"],
    Protocol: "HTTP",
    Port: 80,
    DefaultActions: [{ Type: "forward", TargetGroupArn }],
  });
  return {
    groupArn: TargetGroupArn,
    workload: {
      ...workload,
      loadBalancers: [{ targetGroupArn: TargetGroupArn, containerName: "web", containerPort: 80 }],
    },
    async targets() {
      const found = await listIn(
        elb("DescribeTargetHealth", { TargetGroupArn }),
        "TargetHealthDescriptions",
      );
      return found.map(healthRow);
    },
  };
}

type HealthRow = NonNullable<DescribeTargetHealthCommandOutput["TargetHealthDescriptions"]>[number];

function healthRow({ Target, TargetHealth }: HealthRow) {
  return { id: Target?.Id, state: TargetHealth?.State };
}
