import { APIGateway } from "@aws-sdk/client-api-gateway";
import { type LocalCloud, startLocalCloud } from "@headgate/local-cloud";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DemoRelease } from "../../src/demo/app.ts";
import { openStage } from "../../src/demo/targets/api-gateway.ts";
import { startTraffic, type Traffic } from "../../src/demo/traffic.ts";
import { headgate, startHeadgate, temporaryFolder } from "./command-line.ts";
import type { ReleaseFolder } from "./test-shop.ts";

const REGION = "us-east-1";
const CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test" };
const REQUESTS_PER_SECOND = 40;

/** What the stage serves, read back from the cloud. */
export interface StageRoute {
  readonly stable: string;
  readonly canary: string | undefined;
  readonly percent: number;
}

/** A local cloud with a function behind a stage of API Gateway, its users, and a folder per release. */
export interface StageShop {
  readonly cloud: LocalCloud;
  readonly gateway: APIGateway;
  readonly apiId: string;
  readonly traffic: Traffic;
  /** A folder with an OpenAPI document of a new version and a headgate.yaml that releases it. */
  release(
    code: DemoRelease,
    spec?: Readonly<Record<string, unknown>>,
  ): Promise<Omit<ReleaseFolder, "write">>;
  route(): Promise<StageRoute>;
  close(): Promise<void>;
}

export async function openStageShop(): Promise<StageShop> {
  const cloud = await startLocalCloud({ port: 0, region: REGION });
  const configuration = { endpoint: cloud.url, region: REGION, credentials: CREDENTIALS };
  const site = temporaryFolder();
  const target = await openStage(
    { configuration, folder: site.path },
    { version: "1.0.0", failureRate: 0 },
  );
  const traffic = startTraffic(target.url, REQUESTS_PER_SECOND);
  const gateway = new APIGateway(configuration);
  const { items = [] } = await gateway.getRestApis({});
  const apiId = items[0]?.id ?? "";
  const folders: ReturnType<typeof temporaryFolder>[] = [site];
  return {
    cloud,
    gateway,
    apiId,
    traffic,
    async release(code, spec = {}) {
      const folder = temporaryFolder();
      folders.push(folder);
      const { path } = folder;
      const around = { cwd: path, env: { AWS_ENDPOINT_URL: cloud.url } };
      const prepared = await target.prepare(code);
      const own = prepared.split("\n\n");
      const writeSpec = (changes: Readonly<Record<string, unknown>>) => {
        const kept = own.filter(
          (block) => !Object.keys(changes).some((key) => block.startsWith(key)),
        );
        // JSON is YAML.
        const others = Object.entries({ ...BASE, ...changes }).map(
          ([key, value]) => `${key}: ${JSON.stringify(value)}`,
        );
        writeFileSync(join(path, "headgate.yaml"), [...kept, ...others].join("\n"));
      };
      writeSpec(spec);
      return {
        path,
        writeSpec,
        run: (...argv) => headgate(argv, around),
        start: (...argv) => startHeadgate(argv, around),
        async json(...argv) {
          const { stdout, stderr } = await headgate([...argv, "--json"], around);
          const value: unknown = JSON.parse(stdout === "" ? JSON.stringify({ stderr }) : stdout);
          return { ...Object(value) };
        },
      };
    },
    async route() {
      const stage = await gateway.getStage({ restApiId: apiId, stageName: "prod" });
      const { deploymentId: stable = "", canarySettings } = stage;
      return {
        stable,
        canary: canarySettings?.deploymentId,
        percent: canarySettings?.percentTraffic ?? 0,
      };
    },
    async close() {
      await traffic.stop();
      gateway.destroy();
      await cloud.close();
      for (const folder of folders) folder.remove();
    },
  };
}

const BASE = {
  name: "shop",
  strategy: {
    canary: {
      steps: [{ setWeight: "30%" }, { pause: "200ms" }, { setWeight: "60%" }, { pause: "200ms" }],
    },
  },
  analysis: "none",
  poll: { alarms: "300ms", route: "300ms", traffic: "500ms" },
  deadline: "1m",
};
