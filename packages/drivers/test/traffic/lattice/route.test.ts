// Protects how the action of a listener or rule is read: whoever wrote it, in whatever numbers, is understood or left alone.
import { weightBps } from "@headgate/core";
import { describe, expect, it } from "vitest";
import { isLive, routeOf } from "../../../src/traffic/lattice/route.ts";
import { expectError } from "../../support/expect-error.ts";
import {
  driverOf,
  forward,
  type Group,
  functionArn,
  latticeCloud,
} from "../../support/lattice-cloud.ts";

const lastUpdatedAt = new Date("2026-11-20T10:00:00Z");
const routeFor = (...groups: readonly Group[]) =>
  routeOf({ action: forward(...groups), lastUpdatedAt });

describe("reading", () => {
  it.each<{ readonly groups: readonly Group[]; readonly route: object }>([
    { groups: ["tg-a"], route: { stable: "tg-a", weight: 0 } },
    {
      groups: ["arn:aws:vpc-lattice:us-east-1:000000000000:targetgroup/tg-a"],
      route: { stable: "tg-a" },
    },
    {
      groups: [
        ["tg-a", 3],
        ["tg-b", 1],
      ],
      route: { canary: "tg-b", weight: 2500 },
    },
    {
      groups: [
        ["tg-a", 0],
        ["tg-b", 7],
      ],
      route: { stable: "tg-a", weight: 10_000 },
    },
    {
      groups: [
        ["tg-a", 0],
        ["tg-b", 0],
      ],
      route: { stable: "tg-a", weight: 0 },
    },
  ])("$groups", ({ groups, route }) => {
    expect(routeFor(...groups)).toMatchObject(route);
  });

  it("takes a group without a weight for 100", () => {
    const action = {
      forward: { targetGroups: [{ targetGroupIdentifier: "a" }, { targetGroupIdentifier: "b" }] },
    };
    expect(routeOf({ action, lastUpdatedAt })).toMatchObject({ canary: "b", weight: 5000 });
  });

  it("takes more than one group beside stable for nobody's canary", () => {
    const route = routeFor(["tg-a", 50], ["tg-b", 25], ["tg-c", 25]);
    expect(route).toMatchObject({ stable: "tg-a", canary: "tg-b + tg-c", weight: 5000 });
    const split = { stable: "tg-a", canary: "tg-b", weight: weightBps(5000) };
    expect(isLive(route, split)).toBe(false);
  });

  it("does not take a group of weight 0 alone for one that serves", () => {
    const alone = { stable: "tg-a", canary: undefined, weight: weightBps(0) };
    expect(isLive(routeFor(["tg-a", 0]), alone)).toBe(false);
    expect(isLive(routeFor(["tg-a", 1]), alone)).toBe(true);
    expect(isLive(routeFor(["tg-a", 1], ["tg-b", 0]), alone)).toBe(false);
  });

  it("takes the same share in other numbers for live", () => {
    const split = { stable: "tg-a", canary: "tg-b", weight: weightBps(1000) };
    expect(isLive(routeFor(["tg-a", 9], ["tg-b", 1]), split)).toBe(true);
  });
});

describe("what stands beside a rollout's groups", () => {
  it("is left alone, by the way back too", async () => {
    const cloud = await latticeCloud();
    const driver = await driverOf(cloud);
    const { stable, canary, token } = await driver.prepare();
    const foreign = await cloud.group("foreign", functionArn("1"));
    await cloud.listen(forward([stable, 80], [canary, 10], [foreign, 10]));
    const change = { stable, canary, token };
    const weight = weightBps(5000);
    await expectError(driver.setWeight({ ...change, weight }), "ROUTE_CHANGED_ELSEWHERE");
    await expectError(driver.restore(change), "ROUTE_CHANGED_ELSEWHERE");
    await cloud.listen({ fixedResponse: { statusCode: 404 } });
    await expectError(driver.restore(change), "ROUTE_CHANGED_ELSEWHERE");
    expect(await driver.readRoute()).toMatchObject({ stable: "fixed response 404" });
  });

  it("is seen when it changes between the look and the look before the write", async () => {
    const cloud = await latticeCloud();
    const driver = await driverOf(cloud);
    const { stable, canary, token } = await driver.prepare();
    const isRead = ({ method, path }: { readonly method: string; readonly path: string }) =>
      method === "GET" && /\/listeners\/[^/]+$/.test(path);
    // The first read is the look; before the second, somebody changes it.
    cloud.proxy.before(isRead, () => {
      cloud.proxy.before(isRead, () => cloud.listen(forward([stable, 1], [canary, 1])));
      return Promise.resolve();
    });
    const change = { stable, canary, weight: weightBps(1000), token };
    await expectError(driver.setWeight(change), "ROUTE_CHANGED_ELSEWHERE");
    expect(await driver.readRoute()).toMatchObject({ weight: 5000 });
  });
});
