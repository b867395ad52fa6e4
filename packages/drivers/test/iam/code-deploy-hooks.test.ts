// Protects the published policy of hooks that CodeDeploy asks: preflight looks at what CodeDeploy's own role may, and
// not without any one of its permissions; without them it says that it did not look.
import { expect, it } from "vitest";
import { codeDeployLambdaDriver } from "../../src/traffic/code-deploy/lambda.ts";
import { scheduleOf } from "../../src/traffic/code-deploy/schedule.ts";
import { cloudWithFunction } from "../support/alias-driver.ts";
import { canary, deployGroup, PLACE } from "../support/deploy-group.ts";
import { ALIAS, FUNCTION_NAME } from "../support/lambda-cloud.ts";
import { proveLeast, releaseRole } from "../support/least-privilege.ts";
import { publishedStatements } from "../support/published-policy.ts";

const ROUTING = canary(10, 1);
const VALUES = {
  REGION: "us-east-1",
  ACCOUNT: "000000000000",
  APPLICATION: PLACE.application,
  DEPLOYMENT_GROUP: PLACE.deploymentGroup,
  FUNCTION: FUNCTION_NAME,
  CODEDEPLOY_ROLE: "codedeploy-role",
};

it("lets preflight see whether CodeDeploy may invoke a function", async () => {
  const cloud = await cloudWithFunction();
  await deployGroup(cloud.url, "Lambda", ROUTING);
  const role = await releaseRole(cloud);
  const driver = codeDeployLambdaDriver({
    ...cloud,
    clients: role.clients,
    functionName: FUNCTION_NAME,
    alias: ALIAS,
    revision: { kind: "version", version: "1" },
    deploy: PLACE,
    schedule: scheduleOf(ROUTING),
    hooks: [{ name: "smoke", event: "BeforeAllowTraffic", functionName: "smoke" }],
  });
  const step = {
    name: "look at CodeDeploy's role",
    async run() {
      const findings = await driver.preflight();
      const found = findings.find(({ check }) => check.includes("may invoke"));
      const { detail } = found ?? findings.find(({ outcome }) => outcome === "problem") ?? {};
      return detail?.includes("smoke would not be invoked") === true ? [] : [detail ?? "nothing"];
    },
  };
  const statements = await publishedStatements(["code-deploy-lambda", "code-deploy-hooks"], VALUES);
  const unused = await proveLeast(role, statements, [step]);
  expect(unused.filter((one) => one.startsWith("MayCodeDeployInvoke"))).toEqual([]);
  await role.allow(JSON.stringify({ Version: "2012-10-17", Statement: statements.slice(0, -1) }));
  const findings = await driver.preflight();
  expect(findings.find(({ check }) => check.includes("may invoke"))).toMatchObject({
    outcome: "warning",
    detail: expect.stringContaining("were not looked at: not allowed to call iam:"),
  });
});
