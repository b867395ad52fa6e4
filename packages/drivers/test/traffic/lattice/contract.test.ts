// Runs the traffic driver's contract for VPC Lattice, for a listener's default action and for a rule: the local
// cloud behind a real network.
import type { RuleAction } from "@aws-sdk/client-vpc-lattice";
import { join } from "node:path";
import { latticeDriver } from "../../../src/traffic/lattice/index.ts";
import { liveRoute, type ReadAction, routeOf } from "../../../src/traffic/lattice/route.ts";
import { type ContractTarget, driverContract } from "../../driver-contract.ts";
import type { SeenRequest } from "../../support/fault-proxy.ts";
import {
  answering,
  forward,
  functionArn,
  type LatticeCloud,
  startLatticeCloud,
} from "../../support/lattice-cloud.ts";
import { publish } from "../../support/lambda-cloud.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

/** The action that the driver is to shift: what a test reads and writes past it. */
interface Action {
  readonly rule: string | undefined;
  readonly path: RegExp;
  read(): Promise<ReadAction>;
  write(action: RuleAction): Promise<unknown>;
}

async function start(
  actionOf: (cloud: LatticeCloud) => Action | Promise<Action>,
): Promise<ContractTarget> {
  const cloud = await startLatticeCloud();
  const { proxy } = cloud;
  const { rule, path, read, write } = await actionOf(cloud);
  const folder = await temporaryFolder({ "code/app.py": answering("two") });
  const isWrite = (request: SeenRequest) => request.method === "PATCH" && path.test(request.path);
  const isRead = (request: SeenRequest) => request.method === "GET" && path.test(request.path);
  return {
    driver: latticeDriver({
      ...cloud,
      target: { service: "orders", listener: "http", rule },
      propagationMs: 0,
      revision: { kind: "folder", path: join(folder, "code") },
    }),
    writesAreUnconditional: true,
    elsewhere: {
      async setWeight({ stable, canary }, weight) {
        await write(forward([stable, 100 - weight / 100], [canary, weight / 100]));
      },
      async takeOver() {
        const version = await publish(cloud, { "app.py": answering("someone else's") });
        await write(forward(await cloud.group("someone-else", functionArn(version))));
      },
      async readRoute() {
        const { token: _, ...route } = liveRoute(routeOf(await read()));
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

/** The default action, by name. */
function defaultAction({ lattice, serviceId, listenerId }: LatticeCloud): Action {
  const listener = { serviceIdentifier: serviceId, listenerIdentifier: listenerId };
  return {
    rule: undefined,
    path: /\/listeners\/[^/]+$/,
    async read() {
      const { defaultAction: action, lastUpdatedAt } = await lattice.getListener(listener);
      return { action, lastUpdatedAt };
    },
    write: (action) => lattice.updateListener({ ...listener, defaultAction: action }),
  };
}

/** A rule beside it, by id. */
async function ruleAction(cloud: LatticeCloud): Promise<Action> {
  const { lattice, serviceId, listenerId, stable } = cloud;
  const listener = { serviceIdentifier: serviceId, listenerIdentifier: listenerId };
  const { id: rule = "" } = await lattice.createRule({
    ...listener,
    name: "orders",
    priority: 10,
    match: { httpMatch: { pathMatch: { match: { prefix: "/orders" } } } },
    action: forward(stable),
  });
  return {
    rule,
    path: /\/rules\/[^/]+$/,
    async read() {
      const { action, lastUpdatedAt } = await lattice.getRule({
        ...listener,
        ruleIdentifier: rule,
      });
      return { action, lastUpdatedAt };
    },
    write: (action) => lattice.updateRule({ ...listener, ruleIdentifier: rule, action }),
  };
}

driverContract("a VPC Lattice listener", () => start(defaultAction));
driverContract("a VPC Lattice rule", () => start(ruleAction));
