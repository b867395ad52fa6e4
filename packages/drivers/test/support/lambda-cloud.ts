import { Lambda, type Runtime } from "@aws-sdk/client-lambda";
import { IAM } from "@aws-sdk/client-iam";
import {
  type LocalCloud,
  seededRandom,
  startLocalCloud,
  type VirtualClock,
} from "@headgate/local-cloud";
import { type AwsClients, awsClients } from "../../src/aws/clients.ts";
import { type AwsRunner, awsRunner } from "../../src/aws/runner.ts";
import type { Clock } from "../../src/clock.ts";
import { type FaultProxy, faultProxy } from "./fault-proxy.ts";
import { zipOf } from "./zip.ts";

export const FUNCTION_NAME = "checkout";
export const ALIAS = "live";

export const ACCESS = {
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
} as const;

const TRUST = {
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
  ],
};

/** A local cloud on a virtual clock, behind a proxy with faults, and clients of both kinds. */
export interface LambdaCloud {
  readonly proxy: FaultProxy;
  /** Through the proxy: what the driver under test uses. */
  readonly clients: AwsClients;
  readonly run: AwsRunner;
  /** Waiting on it moves the cloud's own time, so nothing really waits. */
  readonly clock: Clock;
  /** Past the proxy: what a test arranges and checks with. */
  readonly lambda: Lambda;
  readonly url: string;
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

const SEED = Number(process.env["TEST_SEED"] ?? 20_261_121);

export async function startLambdaCloud(): Promise<LambdaCloud> {
  // Tests arrange as the root, which may do everything; what a driver needs is proved by roles of its own.
  const cloud = await startLocalCloud({
    port: 0,
    clock: "virtual",
    random: seededRandom(SEED),
    iam: "enforce",
  });
  const proxy = await faultProxy(cloud.url);
  const clients = awsClients({ ...ACCESS, endpointUrl: proxy.url });
  const lambda = new Lambda({ ...ACCESS, endpoint: cloud.url, maxAttempts: 1 });
  const clock = driverClock(cloud);
  return {
    proxy,
    clients,
    clock,
    lambda,
    advance: (ms) => clock.sleep(ms),
    url: cloud.url,
    run: awsRunner({ clock, random: seededRandom(SEED) }),
    async close() {
      clients.close();
      lambda.destroy();
      await proxy.close();
      await cloud.close();
    },
  };
}

function driverClock(cloud: LocalCloud): Clock {
  const virtual = cloud.clock as VirtualClock;
  return { nowMs: () => virtual.nowMs(), sleep: (ms) => virtual.advance(ms) };
}

/** A handler that answers with `text`. The file's name is the module's. */
export function pythonHandler(text: string): string {
  return `def handler(event, context):\n    return {"said": "${text}"}\n`;
}

export async function createRole(cloud: LambdaCloud, name: string): Promise<string> {
  const iam = new IAM({ ...ACCESS, endpoint: cloud.url, maxAttempts: 1 });
  const AssumeRolePolicyDocument = JSON.stringify(TRUST);
  const { Role } = await iam.createRole({ RoleName: name, AssumeRolePolicyDocument });
  iam.destroy();
  return Role?.Arn ?? "";
}

/** A function with version 1 published and the alias on it. */
export async function createFunction(
  cloud: LambdaCloud,
  files: Readonly<Record<string, string>> = { "app.py": pythonHandler("one") },
  runtime: Runtime = "python3.13",
): Promise<void> {
  const { lambda } = cloud;
  const Role = await createRole(cloud, "checkout-role");
  await lambda.createFunction({
    FunctionName: FUNCTION_NAME,
    Runtime: runtime,
    Handler: "app.handler",
    Role,
    Code: { ZipFile: await zipOf(files) },
  });
  await settle(cloud);
  await lambda.publishVersion({ FunctionName: FUNCTION_NAME });
  await lambda.createAlias({ FunctionName: FUNCTION_NAME, Name: ALIAS, FunctionVersion: "1" });
}

/** Publishes other code as a further version. @returns its number. */
export async function publish(
  cloud: LambdaCloud,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const { lambda } = cloud;
  await lambda.updateFunctionCode({ FunctionName: FUNCTION_NAME, ZipFile: await zipOf(files) });
  await settle(cloud);
  const { Version = "" } = await lambda.publishVersion({ FunctionName: FUNCTION_NAME });
  return Version;
}

/** Lets the function reach the state that its last change leads to. */
export async function settle(cloud: LambdaCloud): Promise<void> {
  for (let turn = 0; turn < 100; turn++) {
    const { State, LastUpdateStatus } = await cloud.lambda.getFunctionConfiguration({
      FunctionName: FUNCTION_NAME,
    });
    if (State !== "Pending" && LastUpdateStatus !== "InProgress") return;
    await cloud.advance(1000);
  }
  throw new Error("the function did not settle within 100 seconds of the cloud's time");
}
