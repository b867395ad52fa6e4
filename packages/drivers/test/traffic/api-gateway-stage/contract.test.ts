// Runs the traffic driver's contract for stages of API Gateway: the local cloud behind a real network.
import { apiGatewayStageDriver } from "../../../src/traffic/api-gateway-stage/index.ts";
import { routeOf, stageRouteOf } from "../../../src/traffic/api-gateway-stage/stage.ts";
import { type ContractTarget, driverContract } from "../../driver-contract.ts";
import type { SeenRequest } from "../../support/fault-proxy.ts";
import { API_NAME, changeApi, STAGE, startStageCloud } from "../../support/stage-cloud.ts";

const isStage = ({ path }: SeenRequest) => path.includes(`/stages/${STAGE}`);
const isWrite = (request: SeenRequest) => isStage(request) && request.method === "PATCH";
const isRead = (request: SeenRequest) => isStage(request) && request.method === "GET";

async function start(): Promise<ContractTarget> {
  const cloud = await startStageCloud();
  await changeApi(cloud);
  const { gateway, proxy, apiId: restApiId } = cloud;
  const stage = { restApiId, stageName: STAGE };
  return {
    driver: apiGatewayStageDriver({
      ...cloud,
      api: API_NAME,
      stage: STAGE,
      revision: { kind: "apiAsItIs" },
      countsAccessLog: true,
    }),
    writesAreUnconditional: true,
    elsewhere: {
      async setWeight({ canary }, weight) {
        await gateway.updateStage({
          ...stage,
          patchOperations: [
            { op: "replace", path: "/canarySettings/deploymentId", value: canary },
            { op: "replace", path: "/canarySettings/percentTraffic", value: String(weight / 100) },
          ],
        });
      },
      async takeOver() {
        const { id } = await gateway.createDeployment({ restApiId });
        await gateway.updateStage({
          ...stage,
          patchOperations: [{ op: "remove", path: "/canarySettings" }],
        });
        await gateway.updateStage({
          ...stage,
          patchOperations: [{ op: "replace", path: "/deploymentId", value: id }],
        });
      },
      async readRoute() {
        const { token: _, ...route } = routeOf(stageRouteOf(await gateway.getStage(stage)));
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

driverContract("a stage of API Gateway", start);
