// Runs the traffic driver's contract for Lambda aliases: the local cloud behind a real network.
import { join } from "node:path";
import { lambdaAliasDriver } from "../../../src/traffic/lambda-alias/index.ts";
import { routeOf } from "../../../src/traffic/lambda-alias/route.ts";
import { type ContractTarget, driverContract } from "../../driver-contract.ts";
import type { SeenRequest } from "../../support/fault-proxy.ts";
import {
  ALIAS,
  createFunction,
  FUNCTION_NAME,
  publish,
  pythonHandler,
  startLambdaCloud,
} from "../../support/lambda-cloud.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const isAlias = ({ path }: SeenRequest) => path.includes(`/aliases/${ALIAS}`);
const isWrite = (request: SeenRequest) => isAlias(request) && request.method === "PUT";
const isRead = (request: SeenRequest) => isAlias(request) && request.method === "GET";

async function start(): Promise<ContractTarget> {
  const cloud = await startLambdaCloud();
  await createFunction(cloud);
  const folder = await temporaryFolder({ "code/app.py": pythonHandler("two") });
  const { lambda, proxy } = cloud;
  const alias = { FunctionName: FUNCTION_NAME, Name: ALIAS };
  return {
    driver: lambdaAliasDriver({
      ...cloud,
      functionName: FUNCTION_NAME,
      alias: ALIAS,
      revision: { kind: "folder", path: join(folder, "code") },
    }),
    elsewhere: {
      async setWeight({ stable, canary }, weight) {
        const RoutingConfig = { AdditionalVersionWeights: { [canary]: weight / 10_000 } };
        await lambda.updateAlias({ ...alias, FunctionVersion: stable, RoutingConfig });
      },
      async takeOver() {
        const version = await publish(cloud, { "app.py": pythonHandler("someone else's") });
        const RoutingConfig = { AdditionalVersionWeights: {} };
        await lambda.updateAlias({ ...alias, FunctionVersion: version, RoutingConfig });
      },
      async readRoute() {
        const { token: _, ...route } = routeOf(await lambda.getAlias(alias));
        return route;
      },
    },
    faults: {
      throttleWrites: (times) => proxy.inject(isWrite, "throttle", times),
      failReads: (times) => proxy.inject(isRead, "serverError", times),
      // From the write on, for the look before it must be true.
      staleReads: (times) =>
        proxy.before(isWrite, () => Promise.resolve(proxy.inject(isRead, "stale", times))),
      loseWriteAnswer: () => proxy.inject(isWrite, "loseAnswer"),
      beforeWrite: (act) => proxy.before(isWrite, act),
    },
    nowMs: () => cloud.clock.nowMs(),
    writes: () => proxy.seen.filter(isWrite).length,
    close: () => cloud.close(),
  };
}

driverContract("a Lambda alias", start);
