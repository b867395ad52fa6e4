// Protects the published policy of releases on a Lambda alias: a whole release works with it, and not without any one
// of its actions.
import { join } from "node:path";
import { expect, it } from "vitest";
import { lambdaDrivers } from "../../src/index.ts";
import { cloudWithFunction } from "../support/alias-driver.ts";
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
import { constantRandom } from "../support/test-clock.ts";

const VALUES = { REGION: "us-east-1", ACCOUNT: "000000000000", FUNCTION: FUNCTION_NAME };

async function steps(
  cloud: LambdaCloud,
  { clients }: ReleaseRole,
  ending: "promoted" | "restored",
): Promise<readonly Step[]> {
  const root = await temporaryFolder({ [`${ending}/app.py`]: pythonHandler(ending) });
  const { traffic, metrics } = lambdaDrivers({
    clients,
    clock: cloud.clock,
    random: constantRandom(0),
    target: { function: FUNCTION_NAME, alias: ALIAS },
    revision: { folder: join(root, ending), environment: { RELEASE: ending } },
    metrics: { resolutionMs: 1000, lagMs: 1000 },
    propagationMs: 0,
  });
  const toMs = cloud.clock.nowMs();
  const window = { fromMs: toMs - 60_000, toMs };
  return [
    ...trafficSteps(traffic, ending),
    { name: "compare", run: async () => void (await metrics.compare(["1", "2"], window)) },
  ];
}

it("lets a release of a warm function go to its end and back, and no further", async () => {
  const cloud = await cloudWithFunction();
  await cloud.lambda.putProvisionedConcurrencyConfig({
    FunctionName: FUNCTION_NAME,
    Qualifier: "1",
    ProvisionedConcurrentExecutions: 1,
  });
  await cloud.advance(5000);
  const role = await releaseRole(cloud);
  const statements = await publishedStatements(["lambda-alias", "analysis"], VALUES);
  const all = [
    ...(await steps(cloud, role, "restored")),
    ...(await steps(cloud, role, "promoted")),
  ];
  expect(await proveLeast(role, statements, all)).toEqual([]);
}, 60_000);
