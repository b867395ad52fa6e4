import { once } from "node:events";
import {
  ContinueServiceDeploymentCommand,
  type CreateServiceCommandInput,
  CreateClusterCommand,
  CreateServiceCommand,
  type DeploymentConfiguration,
  DescribeServiceDeploymentsCommand,
  DescribeServicesCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  type ServiceDeployment,
  StopServiceDeploymentCommand,
  UpdateServiceCommand,
  type UpdateServiceCommandInput,
} from "@aws-sdk/client-ecs";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  CreateTargetGroupCommand,
  DescribeListenersCommand,
  DescribeRulesCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import type { CloudEventOf } from "../../../src/bus.ts";
import { createCloud } from "../../../src/cloud.ts";
import { virtualClock } from "../../../src/clock.ts";
import type { FunctionInvoker, InvokeRequest, Ports } from "../../../src/data-plane/ports.ts";
import { seededRandom } from "../../../src/random.ts";
import { createCloudServer } from "../../../src/server.ts";
import type { Cloud, Service } from "../../../src/service.ts";
import { createServiceDeployments } from "../../../src/services/ecs/deployments/deployments.ts";
import { clusterOperations } from "../../../src/services/ecs/operations/clusters.ts";
import { serviceDeploymentOperations } from "../../../src/services/ecs/operations/service-deployments.ts";
import { serviceOperations } from "../../../src/services/ecs/operations/services.ts";
import { taskDefinitionOperations } from "../../../src/services/ecs/operations/task-definitions.ts";
import { createServiceScheduler } from "../../../src/services/ecs/services/scheduler.ts";
import { SERVICE, stateOpener } from "../../../src/services/ecs/state.ts";
import type { TaskGroups } from "../../../src/services/ecs/task-groups.ts";
import { openStore } from "../../../src/storage/sqlite-store.ts";
import { createWire } from "../../../src/wire/index.ts";
import { trustOf } from "../../support/roles.ts";
import { forwardTo } from "../elbv2/balancer-cloud.ts";
import { timedGroups } from "./timed-groups.ts";

const PLACE = { account: "000000000000", region: "us-east-1" };
const START_MS = Date.UTC(2026, 10, 21, 10);
const ROLE = "arn:aws:iam::000000000000:role/ecs";
export const HOOK = "arn:aws:lambda:us-east-1:000000000000:function:hook";

export const SECOND = 1000;
export const MINUTE = 60_000;

/** What a hook's function was called with. */
export interface HookEvent {
  readonly executionId: string;
  readonly lifecycleStage: string;
  readonly resourceArn: string;
  readonly executionDetails: {
    readonly serviceArn: string;
    readonly targetServiceRevisionArn: string;
    readonly testTrafficWeights: Readonly<Record<string, number>>;
    readonly productionTrafficWeights: Readonly<Record<string, number>>;
  };
  readonly hookDetails?: unknown;
}

type Answer = Awaited<ReturnType<FunctionInvoker["invoke"]>>;

/** Where things are when a deployment is looked at: weights in percent of the newest version. */
export interface Sight {
  readonly status: string | undefined;
  readonly stage: string | undefined;
  /** Weights of target groups as the load balancer has them. */
  readonly production: Readonly<Record<string, number>>;
  readonly test: Readonly<Record<string, number>>;
}

/** Makes a real SDK client of the cloud. */
type ClientMaker = <Client extends { destroy(): void }>(
  type: new (configuration: {
    endpoint: string;
    region: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
    maxAttempts: number;
  }) => Client,
) => Client;

export type DeploymentsCloud = Awaited<ReturnType<typeof deploymentsCloud>>;

/**
 * Services of containers on a virtual clock, over the real SDK and real load balancers; only the tasks are not real:
 * they are healthy a second after they were asked for, unless their task definition says otherwise.
 */
export async function deploymentsCloud(
  options: { readonly dataDirectory?: string; readonly resumesAtMs?: number } = {},
) {
  const clock = virtualClock(options.resumesAtMs ?? START_MS, (error) => {
    throw error;
  });
  const warnings: string[] = [];
  let url = "";
  const core = createCloud({
    ...PLACE,
    clock,
    random: seededRandom(11),
    store: openStore(options.dataDirectory),
    endpointUrl: () => url,
    warn: (message) => void warnings.push(message),
  });
  const events: CloudEventOf<"stateChanged">[] = [];
  core.cloud.bus.subscribe("stateChanged", (event) => void events.push(event));
  const hook = scriptedHook();
  const cloud = withFunctions(core.cloud, hook);
  const groups = timedGroups(clock);
  const ecsService = startEcs(cloud, groups);
  const wire = createWire({ region: PLACE.region, clock, signingKey: () => undefined });
  const server = createCloudServer({
    core: {
      ...core,
      service: (name) =>
        name === "ecs" ? Promise.resolve(ecsService.service) : core.service(name),
    },
    wire,
    admin: {
      ...PLACE,
      version: "0",
      clock,
      dataDirectory: undefined,
      startedAtMs: START_MS,
      loadedServices: () => [],
      resumed: () => Promise.resolve(),
      reset: () => Promise.resolve(),
      outbox: () => Promise.resolve([]),
      dashboards: () => core.cloud.port("dashboards"),
      stop: () => undefined,
    },
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === "object" ? (address?.port ?? 0) : 0}`;
  const clients: { destroy(): void }[] = [];
  const client: ClientMaker = (type) => {
    const made = new type({
      endpoint: url,
      region: PLACE.region,
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
      maxAttempts: 1,
    });
    clients.push(made);
    return made;
  };
  const ecs = client<ECSClient>(ECSClient);
  const elb = client<ElasticLoadBalancingV2Client>(ElasticLoadBalancingV2Client);
  const isRestart = options.resumesAtMs !== undefined;
  if (isRestart) {
    ecsService.resume();
  } else await prepare(client);
  const traffic = await routesOf(elb, client<EC2Client>(EC2Client), isRestart);
  const { subnets } = traffic;

  const latest = (): string => [...ecsService.state.serviceDeployments.values()].at(-1)?.arn ?? "";
  const describe = async (arn = latest()): Promise<ServiceDeployment> => {
    const { serviceDeployments = [] } = await ecs.send(
      new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [arn] }),
    );
    const [found] = serviceDeployments;
    if (found === undefined) throw new Error(`no service deployment ${arn}`);
    return found;
  };
  const weights = (ruleArn: string) => traffic.weights(ruleArn);

  return {
    clock,
    core,
    ecs,
    elb,
    client,
    hook,
    groups,
    events,
    warnings,
    traffic,
    state: ecsService.state,
    latest,
    describe,
    weights,
    advance: (byMs: number) => clock.advance(byMs),

    /** Moves on by seconds until the newest deployment is at a stage, or over. */
    async until(stage: string, mostSeconds = 600): Promise<ServiceDeployment> {
      for (let second = 0; second < mostSeconds; second++) {
        const now = await describe();
        if (now.lifecycleStage === stage || now.finishedAt !== undefined) return now;
        await clock.advance(SECOND);
      }
      throw new Error(`the deployment did not come to ${stage} in ${mostSeconds} s`);
    },

    /** Moves on by seconds until the newest deployment has a status. */
    async untilStatus(status: string, mostSeconds = 600): Promise<ServiceDeployment> {
      for (let second = 0; second < mostSeconds; second++) {
        const now = await describe();
        if (now.status === status) return now;
        await clock.advance(SECOND);
      }
      throw new Error(`the deployment did not become ${status}: ${(await describe()).status}`);
    },

    /** Moves on by seconds until a hook waits for ContinueServiceDeployment. */
    async pause(mostSeconds = 600): Promise<ServiceDeployment> {
      for (let second = 0; second < mostSeconds; second++) {
        const now = await describe();
        if (waiting(now) !== undefined) return now;
        await clock.advance(SECOND);
      }
      throw new Error(`no hook waited: ${JSON.stringify(await describe())}`);
    },

    /** Answers the hook that waits. */
    async proceed(action?: "CONTINUE" | "ROLLBACK") {
      const now = await describe();
      await ecs.send(
        new ContinueServiceDeploymentCommand({
          serviceDeploymentArn: now.serviceDeploymentArn,
          hookId: waiting(now)?.hookId,
          action,
        }),
      );
      await clock.advance(0);
    },

    async sight(): Promise<Sight> {
      const { status, lifecycleStage: stage } = await describe();
      return {
        status,
        stage,
        production: await weights(traffic.productionRule),
        test: await weights(traffic.testRule),
      };
    },

    loadBalancers: [
      {
        targetGroupArn: traffic.blue,
        containerName: "web",
        containerPort: 8080,
        advancedConfiguration: {
          alternateTargetGroupArn: traffic.green,
          productionListenerRule: traffic.productionRule,
          testListenerRule: traffic.testRule,
          roleArn: ROLE,
        },
      },
    ],

    async create(
      configuration: DeploymentConfiguration,
      more: Partial<CreateServiceCommandInput> = {},
    ) {
      await ecs.send(
        new CreateServiceCommand({
          serviceName: "web",
          taskDefinition: "web:1",
          desiredCount: 2,
          launchType: "FARGATE",
          networkConfiguration: { awsvpcConfiguration: { subnets: subnets.slice(0, 2) } },
          loadBalancers: this.loadBalancers,
          deploymentConfiguration: configuration,
          ...more,
        }),
      );
    },

    /** A service that runs version 1 since a while. */
    async running(configuration: DeploymentConfiguration) {
      await this.create({ strategy: "BLUE_GREEN", bakeTimeInMinutes: 0 });
      await this.untilStatus("SUCCESSFUL");
      await clock.advance(MINUTE);
      events.length = 0;
      hook.events.length = 0;
      this.settings = configuration;
    },
    settings: {} as DeploymentConfiguration,

    async update(taskDefinition: string, more: Partial<UpdateServiceCommandInput> = {}) {
      await ecs.send(
        new UpdateServiceCommand({
          service: "web",
          taskDefinition,
          deploymentConfiguration: this.settings,
          ...more,
        }),
      );
      await clock.advance(0);
    },

    async stop(stopType?: "ABORT" | "ROLLBACK") {
      await ecs.send(
        new StopServiceDeploymentCommand({ serviceDeploymentArn: latest(), stopType }),
      );
      await clock.advance(0);
    },

    /** Names of events so far. */
    told: (detailType: string) =>
      events
        .filter((event) => event.detailType === detailType)
        .map(({ detail }) => detail["eventName"]),

    async service() {
      const { services = [] } = await ecs.send(new DescribeServicesCommand({ services: ["web"] }));
      return services[0];
    },

    async close() {
      for (const one of clients) one.destroy();
      ecsService.close();
      server.close();
      server.closeAllConnections();
      await core.close();
    },
  };
}

function waiting({ lifecycleHookDetails = [] }: ServiceDeployment) {
  return lifecycleHookDetails.find(({ status }) => status === "AWAITING_ACTION");
}

/** The service as `createEcs` puts it together, over the groups of this file. */
function startEcs(cloud: Cloud, groups: TaskGroups) {
  const open = stateOpener(cloud.store);
  const ecs = {
    cloud,
    in: open,
    groups,
    tasks: {
      launch: () => {
        throw new Error("no single tasks here");
      },
      stop: () => undefined,
      protect: () => undefined,
      usage: () => Promise.resolve(undefined),
      onChange: () => undefined,
      resume: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
  };
  const scheduler = createServiceScheduler({ ...ecs, deployments: () => deployments });
  const deployments = createServiceDeployments({ ...ecs, steering: scheduler.steering });
  const service: Service = {
    handlers: {
      ...clusterOperations(ecs),
      ...taskDefinitionOperations(ecs),
      ...serviceOperations({ ...ecs, deployments: () => deployments }, scheduler),
      ...serviceDeploymentOperations(ecs, deployments),
    },
  };
  return {
    service,
    state: open(PLACE),
    resume() {
      scheduler.resume();
      for (const place of cloud.store.scopes(SERVICE)) deployments.resume(open(place));
    },
    close() {
      deployments.close();
      scheduler.close();
    },
  };
}

async function prepare(client: ClientMaker): Promise<void> {
  await client<IAMClient>(IAMClient).send(
    new CreateRoleCommand({
      RoleName: "ecs",
      AssumeRolePolicyDocument: trustOf("ecs.amazonaws.com"),
    }),
  );
  const ecs = client<ECSClient>(ECSClient);
  await ecs.send(new CreateClusterCommand({}));
  for (let revision = 1; revision <= 4; revision++) {
    await ecs.send(
      new RegisterTaskDefinitionCommand({
        family: "web",
        requiresCompatibilities: ["FARGATE"],
        networkMode: "awsvpc",
        cpu: "256",
        memory: "512",
        containerDefinitions: [
          { name: "web", image: `web:${revision}`, portMappings: [{ containerPort: 8080 }] },
        ],
      }),
    );
  }
}

/** A load balancer with a rule for users and the default rule of another listener for testers. */
async function routesOf(elb: ElasticLoadBalancingV2Client, ec2: EC2Client, isRestart: boolean) {
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand());
  const subnets = Subnets.map(({ SubnetId = "" }) => SubnetId);
  const group = async (Name: string) => {
    const { TargetGroups } = await elb.send(
      new CreateTargetGroupCommand({
        Name,
        TargetType: "ip",
        Protocol: "HTTP",
        Port: 80,
        VpcId: Subnets[0]?.VpcId ?? "",
      }),
    );
    return TargetGroups?.[0]?.TargetGroupArn ?? "";
  };
  const blue = await group("blue");
  const green = await group("green");
  const { LoadBalancers } = await elb.send(
    new CreateLoadBalancerCommand({ Name: "web", Subnets: subnets.slice(0, 2) }),
  );
  const LoadBalancerArn = LoadBalancers?.[0]?.LoadBalancerArn ?? "";
  const forward = forwardTo({ arn: blue, weight: 1 }, { arn: green, weight: 0 });
  const listener = async (Port: number) => {
    const { Listeners } = await elb.send(
      new CreateListenerCommand({
        LoadBalancerArn,
        Protocol: "HTTP",
        Port,
        DefaultActions: [forward],
      }),
    );
    return Listeners?.[0]?.ListenerArn ?? "";
  };
  const stored = isRestart ? await storedRules(elb, LoadBalancerArn) : undefined;
  const [users, testers] = stored ?? [await listener(80), await listener(81)];
  if (stored === undefined) {
    await elb.send(
      new CreateRuleCommand({
        ListenerArn: users,
        Priority: 1,
        Conditions: [{ Field: "path-pattern", Values: ["/*"] }],
        Actions: [forward],
      }),
    );
  }
  const firstRule = async (ListenerArn: string | undefined) => {
    const { Rules } = await elb.send(new DescribeRulesCommand({ ListenerArn }));
    return Rules?.[0]?.RuleArn ?? "";
  };
  return {
    blue,
    green,
    subnets,
    listener: users ?? "",
    productionRule: await firstRule(users),
    testRule: await firstRule(testers),
    /** By "blue" and "green", as the target groups are called. */
    async weights(ruleArn: string): Promise<Record<string, number>> {
      const { Rules } = await elb.send(new DescribeRulesCommand({ RuleArns: [ruleArn] }));
      const shares = Rules?.[0]?.Actions?.[0]?.ForwardConfig?.TargetGroups ?? [];
      return Object.fromEntries(
        shares.map(({ TargetGroupArn, Weight = 0 }) => [
          TargetGroupArn === blue ? "blue" : "green",
          Weight,
        ]),
      );
    },
  };
}

async function storedRules(elb: ElasticLoadBalancingV2Client, LoadBalancerArn: string) {
  const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn }));
  return Listeners.toSorted((a, b) => (a.Port ?? 0) - (b.Port ?? 0)).map(
    ({ ListenerArn = "" }) => ListenerArn,
  );
}

/** Functions that answer as the test says: the last answer for good. */
function scriptedHook() {
  const events: HookEvent[] = [];
  const answers: ((event: HookEvent) => object | Answer)[] = [];
  return {
    events,
    /** One after the other; the last one stays. */
    answer(...next: readonly ((event: HookEvent) => object)[]) {
      answers.splice(0, answers.length, ...next);
    },
    invoke(request: InvokeRequest): Promise<Answer> {
      const event: HookEvent = JSON.parse(Buffer.from(request.payload).toString("utf8"));
      events.push(event);
      const next = answers.length > 1 ? answers.shift() : answers[0];
      const answer = next?.(event) ?? { hookStatus: "SUCCEEDED" };
      if (isRefusal(answer)) return Promise.resolve(answer);
      return Promise.resolve({
        kind: "answered",
        executedVersion: "1",
        payload: Buffer.from(JSON.stringify(answer)),
        logTail: "",
      });
    },
  };
}

function isRefusal(answer: object): answer is Answer {
  return "kind" in answer && answer.kind === "refused";
}

function withFunctions(cloud: Cloud, functions: FunctionInvoker): Cloud {
  return {
    ...cloud,
    port<Name extends keyof Ports>(name: Name): Promise<Ports[Name]> {
      const own: Partial<Ports> = { functions };
      const found = own[name];
      return found === undefined ? cloud.port(name) : Promise.resolve(found);
    },
  };
}
