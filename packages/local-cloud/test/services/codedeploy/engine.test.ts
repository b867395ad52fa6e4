// Protects the engine on a real clock, with substitutes for the ports: a hook that reports before its invocation has
// been answered is heard at once, and steps that take their time follow each other.
import { afterEach, beforeEach, expect, it } from "vitest";
import type { AliasView } from "../../../src/data-plane/ports/aliases.ts";
import type { Ports } from "../../../src/data-plane/ports.ts";
import { type Clock, realClock } from "../../../src/clock.ts";
import type { Cloud, Service } from "../../../src/service.ts";
import { createCodeDeploy } from "../../../src/services/codedeploy/index.ts";
import { PLACE, type ServerlessCloud, serverlessCloud } from "../../support/serverless-cloud.ts";
import { eventually } from "../lambda/lambda-cloud.ts";
import { appSpec, DEPLOY_ROLE, STYLE } from "./deploy-cloud.ts";

let bench: ServerlessCloud;
let clock: Clock;
let codedeploy: Service;
let alias: AliasView;
/** Called while a hook's function is being invoked, with its payload. */
let invoked: (payload: Record<string, string>) => Promise<void>;

beforeEach(() => {
  bench = serverlessCloud();
  clock = realClock((error) => {
    throw error;
  });
  alias = { functionVersion: "1", weights: {} };
  const { cloud } = bench.core;
  const substitutes: Partial<Ports> = {
    aliases: {
      find: () => alias,
      hasVersion: () => true,
      route: (_alias, to) => void (alias = to),
    },
    functions: {
      async invoke({ payload }) {
        await invoked(JSON.parse(Buffer.from(payload).toString()) as Record<string, string>);
        return { kind: "accepted", executedVersion: "1" };
      },
    },
    roles: { trusts: () => "trusted", assume: () => undefined, link: () => undefined },
  };
  const port: Cloud["port"] = (name) => {
    const found = substitutes[name];
    return found === undefined ? cloud.port(name) : Promise.resolve(found);
  };
  codedeploy = createCodeDeploy({ ...cloud, clock, port });
});
afterEach(async () => {
  await codedeploy.close?.();
  clock.close();
  await bench.core.close();
});

async function call(operation: string, input: object): Promise<Record<string, unknown>> {
  const answer: unknown = await codedeploy.handlers[operation]?.(input, {
    ...PLACE,
    operation,
    requestId: "1",
    caller: { accessKeyId: "test", arn: "arn:aws:iam::000000000000:root", userId: "1" },
    signal: AbortSignal.any([]),
  });
  return answer as Record<string, unknown>;
}

async function deploy(content: string): Promise<string> {
  await call("CreateApplication", { applicationName: "shop", computePlatform: "Lambda" });
  const group = { applicationName: "shop", deploymentGroupName: "prod" };
  await call("CreateDeploymentGroup", {
    ...group,
    serviceRoleArn: DEPLOY_ROLE,
    deploymentStyle: STYLE,
  });
  const revision = { revisionType: "AppSpecContent", appSpecContent: { content } };
  const { deploymentId } = await call("CreateDeployment", { ...group, revision });
  return String(deploymentId);
}

const WITH_HOOK = appSpec({ hooks: [{ BeforeAllowTraffic: "check" }] });
const statusOf = async (deploymentId: string) =>
  (await call("GetDeployment", { deploymentId }))["deploymentInfo"];

it("hears a report that comes before the invocation is answered", async () => {
  invoked = async ({ DeploymentId, LifecycleEventHookExecutionId }) => {
    await call("PutLifecycleEventHookExecutionStatus", {
      deploymentId: DeploymentId,
      lifecycleEventHookExecutionId: LifecycleEventHookExecutionId,
      status: "Succeeded",
    });
  };
  const id = await deploy(WITH_HOOK);
  await eventually(async () => expect(await statusOf(id)).toMatchObject({ status: "Succeeded" }));
  expect(alias).toEqual({ functionVersion: "2", weights: {} });
});

it("stops after the step that runs, and says that the stop is pending", async () => {
  const started = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  invoked = () => {
    started.resolve();
    return answered.promise;
  };
  const id = await deploy(WITH_HOOK);
  await started.promise;
  expect(await call("StopDeployment", { deploymentId: id })).toMatchObject({ status: "Pending" });
  expect(await statusOf(id)).toMatchObject({ status: "InProgress" });
  answered.resolve();
  await eventually(async () => expect(await statusOf(id)).toMatchObject({ status: "Stopped" }));
  expect(alias).toEqual({ functionVersion: "1", weights: {} });
});

it("ends a deployment whose step has a fault of ours, and says so", async () => {
  invoked = () => Promise.reject(new Error("a fault"));
  const id = await deploy(WITH_HOOK);
  await eventually(async () =>
    expect(await statusOf(id)).toMatchObject({
      status: "Failed",
      errorInformation: { code: "INTERNAL_ERROR" },
    }),
  );
  expect(bench.warnings.join("\n")).toContain(`internal error in deployment ${id}: Error: a fault`);
});
