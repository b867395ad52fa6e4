// Protects the answer to "may this begin?" on a stage of API Gateway: each thing that would make the release fail or
// blind is found before anything is changed, once, and with the command that mends it.
import { describe, expect, it } from "vitest";
import type { PreflightFinding } from "@headgate/core";
import type { ApiGatewayStageOptions } from "../../../src/traffic/api-gateway-stage/index.ts";
import { FUNCTION_NAME } from "../../support/lambda-cloud.ts";
import {
  API_NAME,
  changeApi,
  integrationUri,
  setAccessLog,
  STAGE,
  type StageCloud,
} from "../../support/stage-cloud.ts";
import { cloudWithStage, stageDriver } from "../../support/stage-driver.ts";

async function found(
  cloud: StageCloud,
  outcome: PreflightFinding["outcome"],
  options: Partial<ApiGatewayStageOptions> = {},
): Promise<readonly PreflightFinding[]> {
  const findings = await stageDriver(cloud, options).preflight();
  return findings.filter((finding) => finding.outcome === outcome);
}

async function patched(cloud: StageCloud, path: string, value: string): Promise<void> {
  await cloud.gateway.updateStage({
    restApiId: cloud.apiId,
    stageName: STAGE,
    patchOperations: [{ op: "replace", path, value }],
  });
}

it("finds nothing to object to, by the API's name and by its id", async () => {
  const cloud = await cloudWithStage();
  await changeApi(cloud);
  for (const api of [API_NAME, cloud.apiId]) {
    expect(await found(cloud, "problem", { api })).toEqual([]);
    expect(await found(cloud, "warning", { api })).toEqual([]);
  }
});

describe("the target", () => {
  it.each([
    ["API", { api: "nosuchapi" }, "no REST API"],
    ["API by something like an id", { api: "abcdefghij" }, "no REST API"],
    ["stage", { stage: "nosuch" }, "there is no stage nosuch"],
  ])("is refused without the %s: one cause, one problem", async (_name, options, said) => {
    const cloud = await cloudWithStage();
    await changeApi(cloud);
    const problems = await found(cloud, "problem", options);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.detail).toContain(said);
    expect(problems[0]?.hint).not.toBe("");
  });

  it("is refused by a name that two APIs have, with both ids", async () => {
    const cloud = await cloudWithStage();
    const { id } = await cloud.gateway.createRestApi({ name: API_NAME });
    const [problem] = await found(cloud, "problem");
    expect(problem?.detail).toContain(id);
    expect(problem?.detail).toContain(cloud.apiId);
  });
});

describe("the access log", () => {
  it("that cannot tell deployments apart is a problem with the exact command", async () => {
    const cloud = await cloudWithStage();
    await changeApi(cloud);
    await setAccessLog(cloud, "$context.requestId $context.status $context.responseLatency");
    const [problem] = await found(cloud, "problem");
    expect(problem?.detail).toContain("$context.deploymentId");
    expect(problem?.hint).toContain(`--rest-api-id ${cloud.apiId} --stage-name ${STAGE}`);
    expect(problem?.hint).toContain('\\"deploymentId\\":\\"$context.deploymentId\\"');
  });

  it("that is missing is a problem only when something rests on it", async () => {
    const cloud = await cloudWithStage();
    await changeApi(cloud);
    await cloud.gateway.updateStage({
      restApiId: cloud.apiId,
      stageName: STAGE,
      patchOperations: [{ op: "remove", path: "/accessLogSettings" }],
    });
    expect(await found(cloud, "problem")).toHaveLength(1);
    expect(await found(cloud, "problem", { countsAccessLog: false })).toEqual([]);
  });

  it("without a latency is a warning", async () => {
    const cloud = await cloudWithStage();
    await changeApi(cloud);
    await setAccessLog(cloud, "$context.requestId $context.status $context.deploymentId");
    const [warning] = await found(cloud, "warning");
    expect(warning?.detail).toContain("responseLatency");
  });
});

describe("the functions behind", () => {
  it("that do not let API Gateway in are a problem, with the permission to give", async () => {
    const cloud = await cloudWithStage();
    const version = await changeApi(cloud);
    const one = { FunctionName: FUNCTION_NAME, Qualifier: version };
    await cloud.lambda.removePermission({ ...one, StatementId: "api" });
    const [none] = await found(cloud, "problem");
    expect(none?.hint).toContain(`--qualifier ${version}`);
    const statement = {
      ...one,
      Action: "lambda:InvokeFunction",
      Principal: "apigateway.amazonaws.com",
    };
    const arn = `arn:aws:execute-api:us-east-1:${cloud.account}:${cloud.apiId}`;
    // For another stage only.
    await cloud.lambda.addPermission({
      ...statement,
      StatementId: "a",
      SourceArn: `${arn}/test/*`,
    });
    expect(await found(cloud, "problem")).toHaveLength(1);
    await cloud.lambda.addPermission({
      ...statement,
      StatementId: "b",
      SourceArn: `${arn}/*/GET/orders`,
    });
    expect(await found(cloud, "problem")).toEqual([]);
  });

  it("are found through stage variables, and a variable that is not set is a problem", async () => {
    const cloud = await cloudWithStage();
    const { lambda, gateway, apiId: restApiId } = cloud;
    const { FunctionArn = "" } = await lambda.getFunctionConfiguration({
      FunctionName: FUNCTION_NAME,
    });
    const { items = [] } = await gateway.getResources({ restApiId });
    await gateway.putIntegration({
      restApiId,
      resourceId: items.find(({ path }) => path === "/orders")?.id,
      httpMethod: "GET",
      type: "AWS_PROXY",
      integrationHttpMethod: "POST",
      uri: integrationUri(`${FunctionArn}:\${stageVariables.live}`),
    });
    const [unset] = await found(cloud, "problem");
    expect(unset?.detail).toContain("stage variable live");
    await patched(cloud, "/variables/live", "1");
    expect(await found(cloud, "problem")).toEqual([]);
    await patched(cloud, "/variables/live", "7");
    expect((await found(cloud, "problem"))[0]?.detail).toContain(`${FUNCTION_NAME}:7`);
  });
});

it("warns of a cache, and of limits that let nobody in", async () => {
  const cloud = await cloudWithStage();
  await changeApi(cloud);
  await patched(cloud, "/cacheClusterEnabled", "true");
  await patched(cloud, "/*/*/caching/enabled", "true");
  await patched(cloud, "/*/*/throttling/burstLimit", "0");
  const warnings = await found(cloud, "warning");
  expect(warnings.map(({ check }) => check)).toEqual(["cache", "throttling"]);
});

it("names a canary of somebody else as the problem, and says how to take it away", async () => {
  const cloud = await cloudWithStage();
  await changeApi(cloud);
  await patched(cloud, "/canarySettings/percentTraffic", "25");
  const [problem] = await found(cloud, "problem");
  expect(problem?.detail).toContain("canary of its own deployment");
  expect(problem?.hint).toContain("path=/canarySettings");
});
