// Runs the traffic driver's contract for ECS task sets, for a listener's default action and for a rule: the local
// cloud behind a real network.
import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import { liveRoute, routeOf } from "../../../src/traffic/ecs-task-sets/route.ts";
import { ecsCalls } from "../../../src/traffic/ecs/calls.ts";
import { forwardOf } from "../../../src/traffic/ecs/forward.ts";
import { readService } from "../../../src/traffic/ecs/service.ts";
import { type ContractTarget, driverContract } from "../../driver-contract.ts";
import {
  driverOf,
  type EcsCloud,
  forward,
  SERVICE,
  startEcsCloud,
  target,
} from "../../support/ecs-cloud.ts";
import type { SeenRequest } from "../../support/fault-proxy.ts";

/** The action that the driver is to shift: what a test reads and writes past it. */
interface Shifted {
  readonly where: Parameters<typeof target>[0];
  readonly reads: string;
  readonly writes: string;
  read(): Promise<readonly Action[]>;
  write(action: Action): Promise<unknown>;
}

async function start(
  shiftedOf: (cloud: EcsCloud) => Shifted | Promise<Shifted>,
): Promise<ContractTarget> {
  const cloud = await startEcsCloud();
  const { proxy, blue, green } = cloud;
  const { where, reads, writes, read, write } = await shiftedOf(cloud);
  const driver = driverOf(cloud, { target: target(where) });
  const place = await driver.place();
  const isWrite = ({ action }: SeenRequest) => action === writes;
  const isRead = ({ action }: SeenRequest) => action === reads;
  return {
    driver,
    writesAreUnconditional: true,
    elsewhere: {
      setWeight: async (_, weight) =>
        void (await write(forward([blue, 100 - weight / 100], [green, weight / 100]))),
      async takeOver() {
        await write(forward([await cloud.group("someone-else"), 100]));
      },
      async readRoute() {
        const service = await readService(ecsCalls(cloud), SERVICE);
        const { token: _, ...route } = liveRoute(routeOf(place, forwardOf(await read()), service));
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

/** The default action, by the load balancer's name. */
function defaultAction(cloud: EcsCloud): Shifted {
  return {
    where: {},
    reads: "DescribeListeners",
    writes: "ModifyListener",
    read: cloud.actions,
    write: cloud.listen,
  };
}

/** A rule beside it. */
async function ruleAction({ elb, listenerArn, blue }: EcsCloud): Promise<Shifted> {
  const { Rules = [] } = await elb.createRule({
    ListenerArn: listenerArn,
    Priority: 10,
    Conditions: [{ Field: "path-pattern", Values: ["/shop/*"] }],
    Actions: [forward([blue, 1])],
  });
  const rule = Rules[0]?.RuleArn ?? "";
  return {
    where: { listener: undefined, rule },
    reads: "DescribeRules",
    writes: "ModifyRule",
    async read() {
      return (await elb.describeRules({ RuleArns: [rule] })).Rules?.[0]?.Actions ?? [];
    },
    write: (action) => elb.modifyRule({ RuleArn: rule, Actions: [action] }),
  };
}

driverContract("an ECS service by task sets and a listener", () => start(defaultAction));
driverContract("an ECS service by task sets and a rule", () => start(ruleAction));
