// Runs the traffic driver's contract for an ECS service that CodeDeploy shifts in five equal steps: real tasks behind the
// local load balancer, a real network. CodeDeploy keeps its own times, so the clock is moved to shortly before each.
import { weightBps } from "@headgate/core";
import { awsClients } from "../../../src/aws/clients.ts";
import { liveRoute, routeOf } from "../../../src/traffic/ecs-task-sets/route.ts";
import { ecsCalls } from "../../../src/traffic/ecs/calls.ts";
import { forwardOf } from "../../../src/traffic/ecs/forward.ts";
import { readService } from "../../../src/traffic/ecs/service.ts";
import { type ContractTarget, driverContract } from "../../driver-contract.ts";
import { codeDeployFaults } from "../../support/code-deploy-faults.ts";
import { linear } from "../../support/deploy-group.ts";
import { forward, SERVICE, startEcsCloud } from "../../support/ecs-cloud.ts";
import { ecsDeployDriver, ecsDeployGroup } from "../../support/ecs-deploy-group.ts";
import type { SeenRequest } from "../../support/fault-proxy.ts";
import { inTime } from "../../support/in-time.ts";
import { ACCESS } from "../../support/lambda-cloud.ts";

const ROUTING = linear(20, 1);
const WEIGHTS = [2000, 4000, 6000, 8000].map(weightBps);
const WRITES = new Set([
  "CreateDeployment",
  "StopDeployment",
  "ContinueDeployment",
  "ModifyListener",
]);

const isRead = ({ action }: SeenRequest) => action === "DescribeListeners";
const isWrite = ({ action }: SeenRequest) => WRITES.has(action);

async function start(): Promise<ContractTarget> {
  const cloud = await startEcsCloud("CODE_DEPLOY");
  await ecsDeployGroup(cloud, ROUTING);
  const { proxy, clock, blue, green } = cloud;
  const past = awsClients({ ...ACCESS, endpointUrl: cloud.url });
  const driver = ecsDeployDriver(cloud, ROUTING);
  const observer = ecsDeployDriver(cloud, ROUTING, { clients: past });
  const place = await observer.place();
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
      setWeight: (_, weight) =>
        cloud.listen(forward([blue, 100 - weight / 100], [green, weight / 100])),
      async takeOver() {
        await cloud.listen(forward([await cloud.group("someone-else"), 100]));
      },
      async readRoute() {
        const service = await readService(ecsCalls({ ...cloud, clients: past }), SERVICE);
        const action = forwardOf(await cloud.actions());
        const { token: _, ...route } = liveRoute(routeOf(place, action, service));
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

driverContract("an ECS service through CodeDeploy", start);
