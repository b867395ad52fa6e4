// Runs the traffic driver's contract for ECS's own deployments, in ten equal steps: the local cloud behind a real network. ECS
// takes its weights in order and never back, so the contract asks for those.
import { weightBps } from "@headgate/core";
import { nativeApi } from "../../../src/traffic/ecs-native/native-api.ts";
import { liveRoute, routeOf } from "../../../src/traffic/ecs-native/route.ts";
import { ecsCalls } from "../../../src/traffic/ecs/calls.ts";
import { forwardOf } from "../../../src/traffic/ecs/forward.ts";
import { awsClients } from "../../../src/aws/clients.ts";
import { type ContractTarget, driverContract } from "../../driver-contract.ts";
import { forward } from "../../support/ecs-cloud.ts";
import { nativeDriver, startNativeCloud } from "../../support/ecs-native-cloud.ts";
import type { SeenRequest } from "../../support/fault-proxy.ts";
import { ACCESS } from "../../support/lambda-cloud.ts";

const WRITES = new Set(["ContinueServiceDeployment", "StopServiceDeployment", "ModifyListener"]);

async function start(): Promise<ContractTarget> {
  const cloud = await startNativeCloud();
  const { proxy, blue, green } = cloud;
  const driver = nativeDriver(cloud, { strategy: { kind: "linear", step: weightBps(1000) } });
  const place = await driver.place();
  const past = awsClients({ ...ACCESS, endpointUrl: cloud.url });
  const api = nativeApi(ecsCalls({ clients: past, run: cloud.run }), place);
  const isWrite = ({ action }: SeenRequest) => WRITES.has(action);
  const isRead = ({ action }: SeenRequest) => action === "DescribeListeners";
  return {
    driver,
    writesAreUnconditional: true,
    onlyWeights: [1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000].map(weightBps),
    elsewhere: {
      setWeight: (_, weight) =>
        cloud.listen(forward([blue, 100 - weight / 100], [green, weight / 100])),
      takeOver: async () => cloud.listen(forward([await cloud.group("someone-else"), 100])),
      async readRoute() {
        const route = routeOf(place, forwardOf(await cloud.actions()), await api.look());
        const { token: _, ...live } = liveRoute(route);
        return live;
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
    async close() {
      past.close();
      await cloud.close();
    },
  };
}

driverContract("an ECS service by its own deployments", start);
