// Protects the published policy of releases of a Lambda alias that CodeDeploy shifts, there and back; and not without any
// one of its permissions.
import { join } from "node:path";
import { expect, it } from "vitest";
import { codeDeployLambdaDriver } from "../../src/traffic/code-deploy/lambda.ts";
import { scheduleOf } from "../../src/traffic/code-deploy/schedule.ts";
import { cloudWithFunction } from "../support/alias-driver.ts";
import { canary, deployGroup, PLACE } from "../support/deploy-group.ts";
import { ALIAS, FUNCTION_NAME, type LambdaCloud, pythonHandler } from "../support/lambda-cloud.ts";
import {
  proveLeast,
  type ReleaseRole,
  releaseRole,
  type Step,
} from "../support/least-privilege.ts";
import { publishedStatements } from "../support/published-policy.ts";
import { trafficSteps } from "../support/release-steps.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const ROUTING = canary(10, 1);

async function steps(
  cloud: LambdaCloud,
  { clients }: ReleaseRole,
  ending: "promoted" | "restored",
): Promise<readonly Step[]> {
  const root = await temporaryFolder({ [`${ending}/app.py`]: pythonHandler(ending) });
  const traffic = codeDeployLambdaDriver({
    ...cloud,
    clients,
    functionName: FUNCTION_NAME,
    alias: ALIAS,
    revision: { kind: "folder", path: join(root, ending) },
    settings: { environment: { RELEASE: ending } },
    deploy: PLACE,
    schedule: scheduleOf(ROUTING),
  });
  const wait = { name: "wait for CodeDeploy's own time", run: () => cloud.advance(45_000) };
  const regret = {
    name: "restore after the promotion",
    async run() {
      const { stable: canary, token } = await traffic.readRoute();
      await traffic.restore({ stable: "1", canary, token });
    },
  };
  return trafficSteps(traffic, ending).flatMap((step) =>
    step.name === "promote" ? [wait, step, regret] : [step],
  );
}

it("lets a release go to its end and back, and no further", async () => {
  const cloud = await cloudWithFunction();
  await cloud.lambda.putProvisionedConcurrencyConfig({
    FunctionName: FUNCTION_NAME,
    Qualifier: "1",
    ProvisionedConcurrentExecutions: 1,
  });
  await cloud.advance(5000);
  await deployGroup(cloud.url, "Lambda", ROUTING);
  const role = await releaseRole(cloud);
  const statements = await publishedStatements(["code-deploy-lambda"], {
    REGION: "us-east-1",
    ACCOUNT: "000000000000",
    APPLICATION: PLACE.application,
    DEPLOYMENT_GROUP: PLACE.deploymentGroup,
    FUNCTION: FUNCTION_NAME,
  });
  const all = [
    ...(await steps(cloud, role, "restored")),
    ...(await steps(cloud, role, "promoted")),
  ];
  expect(await proveLeast(role, statements, all)).toEqual([]);
}, 60_000);
