import { createCloud, type CloudCore } from "../../../src/cloud.ts";
import { virtualClock, type VirtualClock } from "../../../src/clock.ts";
import { seededRandom } from "../../../src/random.ts";
import type { RequestContext } from "../../../src/service.ts";
import { openStore } from "../../../src/storage/sqlite-store.ts";
import { trustOf } from "../../support/roles.ts";
import { zipOf } from "../../support/worker-cloud.ts";
import { ACCOUNT, eventually, ROLE } from "./lambda-cloud.ts";

/** A cloud without its HTTP server, for what other services do to Lambda: ports and the bus. */
export interface TestCore {
  readonly core: CloudCore;
  readonly clock: VirtualClock;
  readonly warnings: string[];
  /** Calls an operation as the server would. */
  call(service: "lambda" | "iam" | "sns", operation: string, input: object): Promise<unknown>;
  /** Creates a function of one Python file and waits until it can be invoked. */
  create(name: string, app: string, more?: object): Promise<void>;
  /** All samples of an AWS/Lambda metric so far; undefined without data. */
  samples(
    metric: string,
    dimensions: Record<string, string>,
  ): { readonly sum: number; readonly count: number; readonly max: number } | undefined;
  /** Sum of Invocations of the function as a whole. */
  invocations(name: string): number;
  close(): Promise<void>;
}

const START_MS = Date.UTC(2026, 10, 21);
const DAY_MS = 24 * 3_600_000;

export const PLACE = { account: ACCOUNT, region: "us-east-1" };

export async function testCore(): Promise<TestCore> {
  const clock = virtualClock(START_MS, (error) => {
    throw error;
  });
  const warnings: string[] = [];
  const core = createCloud({
    ...PLACE,
    clock,
    random: seededRandom(7),
    store: openStore(undefined),
    endpointUrl: () => "http://127.0.0.1:1",
    warn: (message) => void warnings.push(message),
  });
  const call: TestCore["call"] = async (service, operation, input) => {
    const { handlers } = await core.service(service);
    const context: RequestContext = {
      ...PLACE,
      operation,
      requestId: core.cloud.random.uuid(),
      caller: { accessKeyId: "test", arn: `arn:aws:iam::${ACCOUNT}:root`, userId: ACCOUNT },
      signal: AbortSignal.any([]),
    };
    return handlers[operation]?.(input, context);
  };
  await call("iam", "CreateRole", {
    RoleName: "lambda-role",
    AssumeRolePolicyDocument: trustOf("lambda.amazonaws.com"),
  });
  const samples: TestCore["samples"] = (metricName, dimensions) => {
    const named = {
      namespace: "AWS/Lambda",
      metricName,
      dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    };
    const window = { startMs: START_MS, endMs: START_MS + DAY_MS, periodMs: DAY_MS };
    return core.cloud.metrics.read(PLACE, named, window)[0]?.samples;
  };
  return {
    core,
    clock,
    warnings,
    call,
    async create(name, app, more = {}) {
      const Code = { ZipFile: await zipOf({ "app.py": app }) };
      const settings = { Role: ROLE, Runtime: "python3.13", Handler: "app.handler" };
      await call("lambda", "CreateFunction", { FunctionName: name, ...settings, Code, ...more });
      const functions = await core.cloud.port("functions");
      await eventually(async () => {
        const dry = await functions.invoke({
          ...PLACE,
          functionName: name,
          payload: new Uint8Array(),
          invocationType: "DryRun",
        });
        if (dry.kind !== "accepted") throw new Error(`${name} is not ready`);
      });
    },
    samples,
    invocations: (name) => samples("Invocations", { FunctionName: name })?.sum ?? 0,
    close: () => core.close(),
  };
}
