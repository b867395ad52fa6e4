// Protects the published policy of releases on a stage of API Gateway: of the API as it is, and of an OpenAPI document,
// there and back; and not without any one of its permissions.
import { join } from "node:path";
import { expect, it } from "vitest";
import { apiGatewayDrivers } from "../../src/index.ts";
import { FUNCTION_NAME } from "../support/lambda-cloud.ts";
import {
  proveLeast,
  type ReleaseRole,
  releaseRole,
  type Step,
} from "../support/least-privilege.ts";
import { publishedStatements } from "../support/published-policy.ts";
import { trafficSteps } from "../support/release-steps.ts";
import {
  API_NAME,
  changeApi,
  LOG_GROUP,
  proxyHandler,
  STAGE,
  type StageCloud,
} from "../support/stage-cloud.ts";
import { cloudWithStage, openApiDocument } from "../support/stage-driver.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { constantRandom } from "../support/test-clock.ts";

function steps(
  cloud: StageCloud,
  { clients }: ReleaseRole,
  release: {
    readonly revision: Parameters<typeof apiGatewayDrivers>[0]["revision"];
    readonly ending: "promoted" | "restored";
  },
): readonly Step[] {
  const { traffic, metrics } = apiGatewayDrivers({
    clients,
    clock: cloud.clock,
    random: constantRandom(0),
    target: { api: API_NAME, stage: STAGE },
    revision: release.revision,
    counts: true,
    metrics: { resolutionMs: 1000, lagMs: 1000 },
    propagationMs: 0,
  });
  const toMs = cloud.clock.nowMs();
  const window = { fromMs: toMs - 60_000, toMs };
  const past = { fromMs: toMs - 6 * 3_600_000, toMs };
  return [
    ...trafficSteps(traffic, release.ending),
    { name: "compare", run: async () => void (await metrics.compare(["one"], window)) },
    { name: "look at its past", run: async () => void (await metrics.history(past)) },
  ];
}

it("lets releases of the API as it is and of a document go to their end and back, and no further", async () => {
  const cloud = await cloudWithStage();
  const version = await changeApi(cloud, proxyHandler("two"));
  const { FunctionArn = "" } = await cloud.lambda.getFunctionConfiguration({
    FunctionName: FUNCTION_NAME,
  });
  const root = await temporaryFolder({ "api.json": openApiDocument(`${FunctionArn}:${version}`) });
  const role = await releaseRole(cloud);
  const statements = await publishedStatements(["api-gateway-stage", "analysis"], {
    REGION: "us-east-1",
    ACCOUNT: "000000000000",
    API_ID: cloud.apiId,
    STAGE,
    FUNCTION: FUNCTION_NAME,
    LOG_GROUP,
  });
  const all = [
    ...steps(cloud, role, { revision: { apiAsItIs: true }, ending: "restored" }),
    ...steps(cloud, role, { revision: { openApi: join(root, "api.json") }, ending: "promoted" }),
  ];
  expect(await proveLeast(role, statements, all)).toEqual([]);
}, 60_000);
