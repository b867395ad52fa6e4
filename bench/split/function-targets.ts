// The two targets that split between versions of a function. Each version answers with its own number, which Lambda
// tells it, so what is counted is what really ran.
import type { Clients } from "../../packages/cli/src/demo/shop.ts";
import { openShop } from "../../packages/cli/src/demo/shop.ts";
import { createFunctionGroup, openLatticeService } from "../lattice-service.ts";
import { configurationOf, zipOf } from "../local-cloud.ts";
import type { Site, SplitTarget } from "./target.ts";

const ANSWERS = { stable: "1", canary: "2" };
/** In the form that both API Gateway and VPC Lattice take. */
const SOURCE = `def handler(event, context):
    return {"statusCode": 200, "body": context.function_version}
`;

/** Both over the same function: an alias behind API Gateway, and a VPC Lattice listener. */
export async function openFunctionTargets(
  site: Site,
): Promise<readonly [alias: SplitTarget, listener: SplitTarget]> {
  const { clients, endpoint } = site;
  const shop = await openShop(configurationOf(endpoint), await zipOf(SOURCE));
  const { functionName } = shop;
  await publishSecond(clients, functionName);
  const alias: SplitTarget = {
    name: "Lambda alias",
    url: shop.url,
    answers: ANSWERS,
    async setShare(oneIn) {
      await clients.lambda.updateAlias({
        FunctionName: functionName,
        Name: shop.alias,
        RoutingConfig: { AdditionalVersionWeights: { [ANSWERS.canary]: 1 / oneIn } },
      });
    },
  };
  return [alias, await openListener(site, functionName)];
}

/** The same code once more: Lambda makes a new version only of what has changed. */
async function publishSecond({ lambda, waitUntilUpdated }: Clients, FunctionName: string) {
  await lambda.updateFunctionConfiguration({ FunctionName, Description: "the canary" });
  await waitUntilUpdated(FunctionName);
  const { Version } = await lambda.publishVersion({ FunctionName });
  if (Version !== ANSWERS.canary) {
    throw new Error(`the second version of ${FunctionName} is ${Version}, not ${ANSWERS.canary}`);
  }
}

/** A target group for each version, by weights as small as the share allows: 999 to 1, 1 to 1. */
async function openListener(
  { clients, endpoint }: Site,
  functionName: string,
): Promise<SplitTarget> {
  const { Configuration } = await clients.lambda.getFunction({ FunctionName: functionName });
  const groupOf = (version: string) =>
    createFunctionGroup(clients, `split-${version}`, `${Configuration?.FunctionArn}:${version}`);
  const [stable, canary] = [await groupOf(ANSWERS.stable), await groupOf(ANSWERS.canary)];
  const service = await openLatticeService(clients, endpoint, "split");
  return {
    name: "VPC Lattice listener",
    url: service.url,
    answers: ANSWERS,
    async setShare(oneIn) {
      await service.forwardTo([
        { id: stable, weight: oneIn - 1 },
        { id: canary, weight: 1 },
      ]);
    },
  };
}
