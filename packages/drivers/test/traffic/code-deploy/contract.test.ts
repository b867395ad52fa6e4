// Runs the traffic driver's contract for a Lambda alias that CodeDeploy shifts in five equal steps: the local cloud behind
// a real network. CodeDeploy keeps its own times, so the clock is moved to shortly before each, where a rollout asks.
import { weightBps } from "@headgate/core";
import { join } from "node:path";
import { awsClients } from "../../../src/aws/clients.ts";
import { codeDeployLambdaDriver } from "../../../src/traffic/code-deploy/lambda.ts";
import { scheduleOf } from "../../../src/traffic/code-deploy/schedule.ts";
import { routeOf } from "../../../src/traffic/lambda-alias/route.ts";
import { type ContractTarget, driverContract } from "../../driver-contract.ts";
import { codeDeployFaults } from "../../support/code-deploy-faults.ts";
import { deployGroup, linear, PLACE } from "../../support/deploy-group.ts";
import type { SeenRequest } from "../../support/fault-proxy.ts";
import { inTime } from "../../support/in-time.ts";
import {
  ACCESS,
  ALIAS,
  createFunction,
  FUNCTION_NAME,
  publish,
  pythonHandler,
  startLambdaCloud,
} from "../../support/lambda-cloud.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const ROUTING = linear(20, 1);
const WEIGHTS = [2000, 4000, 6000, 8000].map(weightBps);
const WRITES = new Set(["CreateDeployment", "StopDeployment", "ContinueDeployment"]);

const isAlias = ({ path }: SeenRequest) => path.includes(`/aliases/${ALIAS}`);
const isRead = (request: SeenRequest) => isAlias(request) && request.method === "GET";
const isWrite = (request: SeenRequest) =>
  WRITES.has(request.action) || (isAlias(request) && request.method === "PUT");

async function start(): Promise<ContractTarget> {
  const cloud = await startLambdaCloud();
  await createFunction(cloud);
  await deployGroup(cloud.url, "Lambda", ROUTING);
  const folder = await temporaryFolder({ "code/app.py": pythonHandler("two") });
  const { lambda, proxy, clock } = cloud;
  const alias = { FunctionName: FUNCTION_NAME, Name: ALIAS };
  const options = {
    ...cloud,
    functionName: FUNCTION_NAME,
    alias: ALIAS,
    revision: { kind: "folder", path: join(folder, "code") },
    deploy: PLACE,
    schedule: scheduleOf(ROUTING),
  } as const;
  const past = awsClients({ ...ACCESS, endpointUrl: cloud.url });
  const observer = codeDeployLambdaDriver({ ...options, clients: past });
  const driver = codeDeployLambdaDriver(options);
  const { faults, isReachable } = codeDeployFaults(proxy, { isRead, isWrite });

  return {
    driver: inTime(driver, {
      observer,
      clock,
      weights: WEIGHTS,
      isReachable,
    }),
    writesAreUnconditional: true,
    onlyWeights: WEIGHTS,
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
    faults,
    nowMs: () => clock.nowMs(),
    writes: () => proxy.seen.filter(isWrite).length,
    async close() {
      past.close();
      await cloud.close();
    },
  };
}

driverContract("a Lambda alias through CodeDeploy", start);
