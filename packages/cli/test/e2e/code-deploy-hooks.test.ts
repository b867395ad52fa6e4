// Protects functions of a team's AppSpec in releases from the command line: CodeDeploy asks them before and after
// traffic, what they report ends the release as a hook of Headgate's own would, and people are told which it was.
import { CodeDeploy } from "@aws-sdk/client-codedeploy";
import { zipFolder } from "@headgate/drivers";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { temporaryFolder } from "../support/command-line.ts";
import { serviceRole } from "../support/service-role.ts";
import { nextRelease, openTestShop, type TestShop, until } from "../support/test-shop.ts";

const GROUP = { applicationName: "shop", deploymentGroupName: "prod" };
const PASSES = "CodeDeployHook_passes";
const FAILS = "CodeDeployHook_fails";

let shop: TestShop;
let deploy: CodeDeploy;
beforeAll(async () => {
  shop = await openTestShop();
  const access = {
    endpoint: shop.cloud.url,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  };
  const serviceRoleArn = await serviceRole(access, "codedeploy-role", "codedeploy.amazonaws.com", [
    "arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda",
  ]);
  const hookRole = await serviceRole(access, "hook-role", "lambda.amazonaws.com");
  await makeFunction(PASSES, hookRole, "Succeeded");
  await makeFunction(FAILS, hookRole, "Failed");
  await makeFunction("smoke", hookRole, "Succeeded");
  deploy = new CodeDeploy(access);
  await deploy.createApplication({ ...GROUP, computePlatform: "Lambda" });
  await deploy.createDeploymentGroup({
    ...GROUP,
    serviceRoleArn,
    deploymentConfigName: "CodeDeployDefault.LambdaAllAtOnce",
    deploymentStyle: {
      deploymentType: "BLUE_GREEN",
      deploymentOption: "WITH_TRAFFIC_CONTROL",
    },
  });
});
afterEach(() => shop.settle());
afterAll(async () => {
  deploy.destroy();
  await shop.close();
});

/** A function as AWS's own examples of hooks are: it reports, and what it returns nobody reads. */
async function makeFunction(FunctionName: string, Role: string, status: string): Promise<void> {
  const folder = temporaryFolder();
  mkdirSync(join(folder.path, "code"));
  const source = `
import json, os, urllib.request

def handler(event, context):
    body = json.dumps({
        'deploymentId': event['DeploymentId'],
        'lifecycleEventHookExecutionId': event['LifecycleEventHookExecutionId'],
        'status': '${status}',
    })
    urllib.request.urlopen(urllib.request.Request(os.environ['AWS_ENDPOINT_URL'], body.encode(), {
        'Content-Type': 'application/x-amz-json-1.1',
        'X-Amz-Target': 'CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus',
        'Authorization': 'AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/codedeploy/aws4_request, SignedHeaders=host, Signature=0',
    })).read()
`;
  writeFileSync(join(folder.path, "code", "app.py"), source);
  const ZipFile = await zipFolder(join(folder.path, "code"));
  folder.remove();
  await shop.lambda.createFunction({
    FunctionName,
    Role,
    Runtime: "python3.13",
    Handler: "app.handler",
    Timeout: 30,
    Code: { ZipFile },
  });
  await until(
    "an active function",
    () => shop.lambda.getFunctionConfiguration({ FunctionName }),
    ({ State }) => State === "Active",
  );
}

/** A folder whose release has these functions asked, by the point at which they are. */
function release(hooks: Readonly<Record<string, string>>) {
  const { functionName, alias } = shop;
  const via = { codeDeploy: { application: "shop", deploymentGroup: "prod" } };
  return shop.release(nextRelease(), {
    target: { lambda: { function: functionName, alias, via } },
    strategy: { allAtOnce: {} },
    deadline: "5m",
    hooks: Object.entries(hooks).map(([when, name]) => ({
      name: when.toLowerCase(),
      when,
      lambda: { function: name, protocol: "codeDeploy" },
    })),
  });
}

async function newestStatus(): Promise<string | undefined> {
  const { deployments: [deploymentId] = [] } = await deploy.listDeployments(GROUP);
  const { deploymentInfo } = await deploy.getDeployment({ deploymentId });
  return deploymentInfo?.status;
}

it("releases a good version once CodeDeploy has heard both functions", async () => {
  const before = await shop.route();
  const folder = release({ beforeTraffic: PASSES, afterTraffic: PASSES });
  const plan = await folder.run("plan");
  expect(plan.stdout).toContain("hook beforetraffic, asked by CodeDeploy, at most 1h");
  const { exitCode, stdout } = await folder.run("deploy");
  expect(exitCode).toBe(0);
  const after = await shop.route();
  expect(Number(after.stable)).toBeGreaterThan(Number(before.stable));
  expect(await newestStatus()).toBe("Succeeded");
  expect(stdout).toContain("hook beforetraffic passed");
  expect(stdout).toContain(
    `hook aftertraffic passed: function ${PASSES}, which CodeDeploy asked at AfterAllowTraffic, reported Succeeded`,
  );
});

it("gives nobody a version that the function before traffic refused, and says which function", async () => {
  const before = await shop.route();
  const folder = release({ beforeTraffic: FAILS });
  const { exitCode, stdout } = await folder.run("deploy");
  expect(exitCode).toBe(10);
  expect(await shop.route()).toEqual(before);
  const told = `hook beforetraffic: function ${FAILS}, which CodeDeploy asked at BeforeAllowTraffic, did not pass`;
  expect(stdout).toContain(told);
  expect((await folder.run("status")).stdout).toContain(told);
  const why = await folder.run("why");
  expect(why.stdout).toContain(told);
  expect(why.stdout).toContain("HOOK_EXECUTION_FAILURE");
  // As evidence, for programs.
  const evidence = JSON.stringify(await folder.json("why"));
  expect(evidence).toContain(`"event":"BeforeAllowTraffic","function":"${FAILS}"`);
});

it("takes everything back when the function after traffic refused", async () => {
  const before = await shop.route();
  const folder = release({ afterTraffic: FAILS });
  expect((await folder.run("deploy")).exitCode).toBe(10);
  expect(await shop.route()).toEqual(before);
  expect((await folder.run("why")).stdout).toContain(`function ${FAILS}`);
});

it("says before anything is changed what CodeDeploy could not ask", async () => {
  const missing = await release({ beforeTraffic: "CodeDeployHook_gone" }).run("plan");
  expect(missing.exitCode).toBe(20);
  expect(missing.stdout).toContain("there is no function CodeDeployHook_gone");
  const limited = await release({ beforeTraffic: "smoke" }).run("plan");
  expect(limited.exitCode).toBe(0);
  expect(limited.stdout).toContain("smoke would not be invoked");
});
