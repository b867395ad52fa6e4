import { EC2 } from "@aws-sdk/client-ec2";
import { ECS } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { startLocalCloud } from "@headgate/local-cloud";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DemoRelease } from "../../src/demo/app.ts";
import { writeServiceCode } from "../../src/demo/service-app.ts";
import {
  BLUE,
  CONTAINER,
  GREEN,
  openService,
  pushImage,
  SERVICE,
  SHOP,
} from "../../src/demo/targets/ecs.ts";
import { startTraffic, type Traffic } from "../../src/demo/traffic.ts";
import {
  type Finished,
  headgate,
  type Running,
  startHeadgate,
  temporaryFolder,
} from "./command-line.ts";

const REGION = "us-east-1";
const CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test" };
const REQUESTS_PER_SECOND = 40;

/** What can be told from outside of where the users are. */
export interface EcsState {
  /** The listener's weights by target group, those of 0 left out. */
  readonly weights: Readonly<Record<string, number>>;
  /** "web:1 PRIMARY"; those on their way out left out. */
  readonly taskSets: readonly string[];
  readonly rules: number;
}

/** A local cloud with a real service of two processes behind a load balancer, its users, and a folder to release from. */
export interface EcsShop {
  readonly ecs: ECS;
  readonly elb: ElasticLoadBalancingV2;
  readonly ec2: EC2;
  readonly traffic: Traffic;
  readonly url: string;
  readonly listenerArn: string;
  readonly groups: { readonly blue: string; readonly green: string };
  /** Pushes a release of the demo's service, or of a program of one's own. @returns the image's name. */
  image(code: DemoRelease | { readonly tag: string; readonly source: string }): Promise<string>;
  /** The folder's headgate.yaml; `target` goes over the target.ecs that is right. */
  write(
    revision: Readonly<Record<string, unknown>>,
    spec?: Readonly<Record<string, unknown>>,
    target?: Readonly<Record<string, unknown>>,
  ): void;
  run(...argv: readonly string[]): Promise<Finished>;
  start(...argv: readonly string[]): Running;
  state(): Promise<EcsState>;
  /** The version that answers. */
  version(headers?: Readonly<Record<string, string>>): Promise<unknown>;
  close(): Promise<void>;
}

/** @param options.timeoutMs For releases that take longer than a command usually may. */
export async function openEcsShop(options: { readonly timeoutMs?: number } = {}): Promise<EcsShop> {
  const cloud = await startLocalCloud({ port: 0, region: REGION, taskRuntime: "processes" });
  const folder = temporaryFolder();
  const configuration = { endpoint: cloud.url, region: REGION, credentials: CREDENTIALS };
  const first = { version: "1.0.0", failureRate: 0 };
  const { url } = await openService({ configuration, folder: folder.path }, first);
  const [ecs, elb] = [new ECS(configuration), new ElasticLoadBalancingV2(configuration)];
  const ec2 = new EC2(configuration);
  const traffic = startTraffic(url, REQUESTS_PER_SECOND);
  const around = { cwd: folder.path, env: { AWS_ENDPOINT_URL: cloud.url }, ...options };

  const { LoadBalancers = [] } = await elb.describeLoadBalancers({ Names: [SHOP] });
  const LoadBalancerArn = LoadBalancers[0]?.LoadBalancerArn;
  const listener = async () => (await elb.describeListeners({ LoadBalancerArn })).Listeners?.[0];
  const listenerArn = (await listener())?.ListenerArn ?? "";
  const { TargetGroups = [] } = await elb.describeTargetGroups({ Names: [BLUE, GREEN] });
  const arnOf = (name: string) =>
    TargetGroups.find(({ TargetGroupName }) => TargetGroupName === name)?.TargetGroupArn ?? "";

  return {
    ecs,
    elb,
    ec2,
    traffic,
    url,
    listenerArn,
    groups: { blue: arnOf(BLUE), green: arnOf(GREEN) },
    image(code) {
      if ("version" in code) {
        const service = writeServiceCode(folder.path, code);
        return pushImage(configuration, { folder: service, tag: code.version });
      }
      const own = join(folder.path, code.tag);
      mkdirSync(own);
      writeFileSync(join(own, "server.mjs"), code.source);
      return pushImage(configuration, { folder: own, tag: code.tag });
    },
    write(revision, spec = {}, target = {}) {
      const whole = { ...BASE_SPEC, target: { ecs: { ...TARGET, ...target } }, revision, ...spec };
      // JSON is YAML.
      writeFileSync(join(folder.path, "headgate.yaml"), JSON.stringify(whole, null, 2));
    },
    run: (...argv) => headgate(argv, around),
    start: (...argv) => startHeadgate(argv, around),
    async state() {
      const { services = [] } = await ecs.describeServices({ cluster: SHOP, services: [SERVICE] });
      const sets = services[0]?.taskSets ?? [];
      const { Rules = [] } = await elb.describeRules({ ListenerArn: listenerArn });
      const [action] = (await listener())?.DefaultActions ?? [];
      const weights = (action?.ForwardConfig?.TargetGroups ?? []).flatMap(
        ({ TargetGroupArn = "", Weight = 0 }) =>
          Weight === 0 ? [] : [[TargetGroupArn.split("/")[1] ?? "", Weight] as const],
      );
      return {
        weights: Object.fromEntries(weights),
        taskSets: sets
          .filter(({ status }) => status !== "DRAINING")
          .map(({ taskDefinition, status }) => `${taskDefinition?.split("/").at(-1)} ${status}`),
        rules: Rules.filter(({ IsDefault }) => IsDefault !== true).length,
      };
    },
    async version(headers = {}) {
      const answer: unknown = await (await fetch(url, { headers })).json();
      return typeof answer === "object" && answer !== null && "version" in answer && answer.version;
    },
    async close() {
      await traffic.stop();
      for (const client of [ecs, elb, ec2]) client.destroy();
      await cloud.close();
      folder.remove();
    },
  };
}

const TARGET = {
  cluster: SHOP,
  service: SERVICE,
  container: CONTAINER,
  listener: `${SHOP}:80`,
  targetGroups: [BLUE, GREEN],
};

const BASE_SPEC = {
  name: "shop",
  strategy: { canary: { steps: [{ setWeight: "30%" }, { pause: "200ms" }] } },
  analysis: "none",
  poll: { alarms: "300ms", route: "300ms", traffic: "500ms" },
  deadline: "2m",
};
