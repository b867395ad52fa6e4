import { Lambda } from "@aws-sdk/client-lambda";
import { zipFolder } from "@headgate/drivers";
import { type LocalCloud, startLocalCloud } from "@headgate/local-cloud";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DEMO_FILE, type DemoRelease, demoSource } from "../../src/demo/app.ts";
import { openShop, type Shop } from "../../src/demo/shop.ts";
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
/** Whatever a test waits for must come within this time, or it fails and says what it waited for. */
const WAIT_MS = 15_000;

/** Where the alias sends its traffic, read back from the cloud. */
export interface AliasRoute {
  readonly stable: string;
  readonly canary: string | undefined;
  readonly percent: number;
}

/** A local cloud with a real function behind a real API, its users, and a folder per release. */
export interface TestShop extends Shop {
  readonly cloud: LocalCloud;
  readonly lambda: Lambda;
  readonly traffic: Traffic;
  /** A folder with code and a headgate.yaml that releases it. */
  release(code: DemoRelease | string, spec?: Readonly<Record<string, unknown>>): ReleaseFolder;
  route(): Promise<AliasRoute>;
  /** All traffic on its newest stable version again, whatever the test before has left. */
  settle(): Promise<AliasRoute>;
  close(): Promise<void>;
}

export interface ReleaseFolder {
  readonly path: string;
  write(code: DemoRelease | string): void;
  writeSpec(spec: Readonly<Record<string, unknown>>): void;
  run(...argv: readonly string[]): Promise<Finished>;
  start(...argv: readonly string[]): Running;
  /** The result of a command with `--json`. */
  json(...argv: readonly string[]): Promise<Record<string, unknown>>;
}

/** The steps of most tests: short, because what is waited for is another's doing. */
export const SHORT_STEPS = [
  { setWeight: "30%" },
  { pause: "200ms" },
  { setWeight: "60%" },
  { pause: "200ms" },
];
/** Long enough for another process to act while it lasts; no test waits it out. */
export const LONG_STEPS = [{ setWeight: "30%" }, { pause: "50s" }];
/** What finds a release that fails. */
export const ERROR_CHECK = {
  name: "errors",
  metric: "errorRate",
  max: 5,
  interval: "1s",
  inconclusiveLimit: -1,
};

export async function openTestShop(): Promise<TestShop> {
  const cloud = await startLocalCloud({ port: 0, region: REGION });
  const first = temporaryFolder();
  writeCode(first.path, { version: "1.0.0", failureRate: 0 });
  const configuration = { endpoint: cloud.url, region: REGION, credentials: CREDENTIALS };
  const shop = await openShop(configuration, await zipFolder(join(first.path, "code")));
  first.remove();
  const lambda = new Lambda(configuration);
  const traffic = startTraffic(shop.url, REQUESTS_PER_SECOND);
  const folders: ReturnType<typeof temporaryFolder>[] = [];
  const alias = { FunctionName: shop.functionName, Name: shop.alias };
  const route = async (): Promise<AliasRoute> => {
    const { FunctionVersion = "", RoutingConfig } = await lambda.getAlias(alias);
    const [canary] = Object.entries(RoutingConfig?.AdditionalVersionWeights ?? {});
    return { stable: FunctionVersion, canary: canary?.[0], percent: 100 * (canary?.[1] ?? 0) };
  };
  return {
    ...shop,
    cloud,
    lambda,
    traffic,
    route,
    release(code, spec = {}) {
      const folder = temporaryFolder();
      folders.push(folder);
      return releaseFolder({ path: folder.path, shop, url: cloud.url, code, spec });
    },
    async settle() {
      await lambda.updateAlias({ ...alias, RoutingConfig: { AdditionalVersionWeights: {} } });
      return route();
    },
    async close() {
      await traffic.stop();
      lambda.destroy();
      await cloud.close();
      for (const folder of folders) folder.remove();
    },
  };
}

function releaseFolder(wanted: {
  readonly path: string;
  readonly shop: Shop;
  readonly url: string;
  readonly code: DemoRelease | string;
  readonly spec: Readonly<Record<string, unknown>>;
}): ReleaseFolder {
  const { path, shop, url } = wanted;
  const around = { cwd: path, env: { AWS_ENDPOINT_URL: url } };
  const writeSpec = (spec: Readonly<Record<string, unknown>>) => {
    // JSON is YAML.
    const text = JSON.stringify({ ...baseSpec(shop), ...spec }, null, 2);
    writeFileSync(join(path, "headgate.yaml"), text);
  };
  writeCode(path, wanted.code);
  writeSpec(wanted.spec);
  return {
    path,
    write: (code) => writeCode(path, code),
    writeSpec,
    run: (...argv) => headgate(argv, around),
    start: (...argv) => startHeadgate(argv, around),
    async json(...argv) {
      const { stdout, stderr } = await headgate([...argv, "--json"], around);
      const value: unknown = JSON.parse(
        stdout === "" ? `{"stderr":${JSON.stringify(stderr)}}` : stdout,
      );
      return { ...(value as Record<string, unknown>) };
    },
  };
}

function baseSpec({ functionName, alias }: Shop): Readonly<Record<string, unknown>> {
  return {
    name: "shop",
    target: { lambda: { function: functionName, alias } },
    revision: { folder: "code" },
    strategy: { canary: { steps: SHORT_STEPS } },
    // Most of these releases have no traffic, and nothing is proved without any.
    analysis: "none",
    poll: { alarms: "300ms", route: "300ms", traffic: "500ms" },
    deadline: "1m",
  };
}

function writeCode(path: string, code: DemoRelease | string): void {
  mkdirSync(join(path, "code"), { recursive: true });
  const text = typeof code === "string" ? code : demoSource(code);
  writeFileSync(join(path, "code", DEMO_FILE), text);
}

let released = 1;
/** Code that no release had before: Lambda publishes no version of code that did not change. */
export function nextRelease(failureRate = 0): DemoRelease {
  released += 1;
  return { version: `${released}.0.0`, failureRate };
}

/** Reads until `isIt` holds. Rejects after {@link WAIT_MS} with what was read last. */
export async function until<Value>(
  what: string,
  read: () => Promise<Value>,
  isIt: (value: Value) => boolean,
): Promise<Value> {
  const endMs = performance.now() + WAIT_MS;
  for (;;) {
    const value = await read();
    if (isIt(value)) return value;
    if (performance.now() > endMs) {
      throw new Error(`${what} did not come within ${WAIT_MS} ms: ${JSON.stringify(value)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
