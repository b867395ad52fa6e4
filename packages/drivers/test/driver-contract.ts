// Goal: whatever moves traffic keeps the same promises, so that the controller need not know which
// platform it drives. Method: each driver's own test starts its platform behind a real network with
// faults, and hands this suite a target to play with.
import type { LiveRoute, TrafficDriver, VersionId, WeightBps } from "@headgate/core";
import { formatWeight, weightBps, weightFor } from "@headgate/core";
import { beforeEach, describe, expect, it } from "vitest";
import { expectError } from "./support/expect-error.ts";

/** A fresh target, all of its traffic on one version, and a revision that can be prepared. */
export interface ContractTarget {
  readonly driver: TrafficDriver;
  /**
   * The platform has no condition that a write could be sent with. A change made elsewhere between the driver's
   * look and its write is then overwritten, and what is promised is less: it must be seen before every write.
   */
  readonly writesAreUnconditional?: boolean;
  /** The platform takes no other weights than these, in this order and never back. At least three. */
  readonly onlyWeights?: readonly WeightBps[];
  /** What someone else does, past the driver and past the faults. */
  readonly elsewhere: {
    /** Another weight for the same two versions. */
    setWeight(versions: Versions, weight: WeightBps): Promise<void>;
    /** Versions that are not this rollout's. */
    takeOver(): Promise<void>;
    readRoute(): Promise<Omit<LiveRoute, "token">>;
  };
  readonly faults: {
    throttleWrites(times: number): void;
    failReads(times: number): void;
    /** After the next write, this many reads still show the route as it was. */
    staleReads(times: number): void;
    /** The next write has its effect, and its answer never comes. */
    loseWriteAnswer(): void;
    /** Runs `act` between the driver's next look and its write. */
    beforeWrite(act: () => Promise<void>): void;
  };
  /** The driver's own clock. */
  nowMs(): number;
  /** How many times the route was written so far, refused writes included. */
  writes(): number;
  close(): Promise<void>;
}

interface Versions {
  readonly stable: VersionId;
  readonly canary: VersionId;
}

const HALF = weightBps(5000);
const TENTH = weightBps(1000);

export function driverContract(name: string, start: () => Promise<ContractTarget>): void {
  describe(`${name} keeps the traffic driver's promises`, () => {
    let target: ContractTarget;
    let driver: TrafficDriver;

    beforeEach(async () => {
      target = await start();
      ({ driver } = target);
      return () => target.close();
    });

    /** Prepared, with `weight` on the canary; by the steps before it where the platform has only its own. */
    const shifted = async (weight: WeightBps) => {
      const { stable, canary, token } = await driver.prepare();
      const versions: Versions = { stable, canary };
      const before = target.onlyWeights?.filter((one) => one < weight) ?? [];
      let route = { token };
      let tokenBefore = token;
      for (const step of [...before, weight]) {
        tokenBefore = route.token;
        route = await driver.setWeight({ ...versions, weight: step, token: route.token });
      }
      return { versions, token: route.token, tokenBefore };
    };

    /** Weights for one rollout: the second is what is asked for next, and the third after that. */
    const weights = () => {
      const [first = TENTH, second = HALF, third = TENTH] = target.onlyWeights ?? [];
      return { first, second, third, last: target.onlyWeights?.at(-1) ?? weightBps(10_000) };
    };

    describe("looking", () => {
      it("names the target the same way each time", async () => {
        const [one, other] = [await driver.describe(), await driver.describe()];
        expect(one).toEqual(other);
        expect(one.id).not.toBe("");
        expect(one.route.canary).toBeUndefined();
        expect(one.route.weight).toBe(0);
        expect(await driver.readRoute()).toEqual(one.route);
      });

      it("finds nothing wrong with a healthy target, and changes nothing", async () => {
        const before = await driver.readRoute();
        const findings = await driver.preflight();
        expect(findings.filter(({ outcome }) => outcome === "problem")).toEqual([]);
        expect(findings.length).toBeGreaterThan(3);
        expect(await driver.readRoute()).toEqual(before);
        expect(target.writes()).toBe(0);
      });
    });

    describe("preparing", () => {
      it("makes another version ready, with no traffic on it", async () => {
        const { route } = await driver.describe();
        const prepared = await driver.prepare();
        expect(prepared.stable).toBe(route.stable);
        expect(prepared.canary).not.toBe(route.stable);
        // Where a platform's own doing begins with the preparation, its course is in the route from now on.
        const { course: _, ...live } = await driver.readRoute();
        expect(live).toEqual({ ...route, token: prepared.token });
      });

      it("gives the same version when it is done again", async () => {
        const first = await driver.prepare();
        const second = await driver.prepare();
        expect(second.canary).toBe(first.canary);
      });
    });

    describe("shifting", () => {
      it("makes every weight live exactly, up and down", async () => {
        let { token, ...versions } = await driver.prepare();
        const { resolutionBps } = await driver.describe();
        const shares = target.onlyWeights ?? [1, 1234, 5000, 9999, 10_000, 250, 0];
        for (const share of shares) {
          // As the rollout itself asks for weights: none that the platform would not keep.
          const weight = share === 0 ? weightBps(0) : weightFor(weightBps(share), resolutionBps);
          const live = await driver.setWeight({ ...versions, weight, token });
          expect(live.weight, formatWeight(weight)).toBe(weight);
          expect(live.stable).toBe(versions.stable);
          expect(live.canary).toBe(share === 0 ? undefined : versions.canary);
          expect(live).toEqual(await driver.readRoute());
          token = live.token;
        }
      });

      it("changes nothing when the weight is live already, even from an old token", async () => {
        const { versions, token, tokenBefore } = await shifted(weights().first);
        const writes = target.writes();
        for (const known of [token, tokenBefore]) {
          const weight = weights().first;
          const live = await driver.setWeight({ ...versions, weight, token: known });
          expect(live.token).toBe(token);
        }
        expect(target.writes()).toBe(writes);
      });

      it("promotes to the canary alone, once", async () => {
        const { versions, token } = await shifted(weights().second);
        const live = await driver.promote({ ...versions, token });
        expect(live).toMatchObject({ stable: versions.canary, weight: 0 });
        expect(live.canary).toBeUndefined();
        const writes = target.writes();
        expect(await driver.promote({ ...versions, token })).toEqual(live);
        expect(target.writes()).toBe(writes);
      });

      it("restores stable alone, from any weight and once", async () => {
        const { versions, token } = await shifted(weights().last);
        const live = await driver.restore({ ...versions, token });
        expect(live).toMatchObject({ stable: versions.stable, weight: 0 });
        expect(live.canary).toBeUndefined();
        expect(await driver.restore({ ...versions, token })).toEqual(live);
      });

      it("restores stable even after the promotion", async () => {
        const { versions, token } = await shifted(weights().second);
        const promoted = await driver.promote({ ...versions, token });
        const live = await driver.restore({ ...versions, token: promoted.token });
        expect(live).toMatchObject({ stable: versions.stable, weight: 0 });
      });

      it("cleans up twice without complaint", async () => {
        const { versions, token } = await shifted(weights().second);
        await driver.restore({ ...versions, token });
        await driver.cleanUp({ ...versions, live: versions.stable });
        await driver.cleanUp({ ...versions, live: versions.stable });
        expect(await driver.readRoute()).toMatchObject({ stable: versions.stable, weight: 0 });
      });
    });

    describe("when someone else changes the route", () => {
      it("sees it and overwrites nothing", async () => {
        const { versions, token } = await shifted(weights().first);
        await target.elsewhere.setWeight(versions, HALF);
        const before = await target.elsewhere.readRoute();
        const change = { ...versions, token };
        const weight = target.onlyWeights?.[1] ?? weightBps(2500);
        await expectError(driver.setWeight({ ...change, weight }), "ROUTE_CHANGED_ELSEWHERE");
        await expectError(driver.promote(change), "ROUTE_CHANGED_ELSEWHERE");
        expect(await target.elsewhere.readRoute()).toEqual(before);
      });

      it("sees it even between its own look and its write", async () => {
        const { versions, token } = await shifted(weights().first);
        target.faults.beforeWrite(() => target.elsewhere.setWeight(versions, HALF));
        // A write that is tried again comes after the change, and must look first.
        if (target.writesAreUnconditional === true) target.faults.throttleWrites(1);
        const weight = target.onlyWeights?.[1] ?? weightBps(2500);
        const change = { ...versions, weight, token };
        await expectError(driver.setWeight(change), "ROUTE_CHANGED_ELSEWHERE");
        expect(await target.elsewhere.readRoute()).toMatchObject({ weight: HALF });
      });

      it("restores all the same when only the weight was moved", async () => {
        const { versions, token } = await shifted(weights().first);
        await target.elsewhere.setWeight(versions, HALF);
        target.faults.beforeWrite(() => target.elsewhere.setWeight(versions, TENTH));
        const live = await driver.restore({ ...versions, token });
        expect(live).toMatchObject({ stable: versions.stable, weight: 0 });
      });

      it("leaves versions alone that are not this rollout's", async () => {
        const { versions, token } = await shifted(weights().first);
        await target.elsewhere.takeOver();
        const before = await target.elsewhere.readRoute();
        await expectError(driver.restore({ ...versions, token }), "ROUTE_CHANGED_ELSEWHERE");
        expect(await target.elsewhere.readRoute()).toEqual(before);
      });
    });

    describe("when the platform falters", () => {
      it("gets through throttled writes and failing reads", async () => {
        const { versions, token } = await shifted(weights().first);
        target.faults.throttleWrites(3);
        target.faults.failReads(2);
        const { second } = weights();
        const live = await driver.setWeight({ ...versions, weight: second, token });
        expect(live.weight).toBe(second);
      });

      it("knows its own write again when the answer was lost", async () => {
        const { versions, token } = await shifted(weights().first);
        target.faults.loseWriteAnswer();
        const { second } = weights();
        const live = await driver.setWeight({ ...versions, weight: second, token });
        expect(live.weight).toBe(second);
        target.faults.loseWriteAnswer();
        const promoted = await driver.promote({ ...versions, token: live.token });
        expect(promoted).toMatchObject({ stable: versions.canary, weight: 0 });
        target.faults.loseWriteAnswer();
        const restored = await driver.restore({ ...versions, token: promoted.token });
        expect(restored).toMatchObject({ stable: versions.stable, weight: 0 });
      });

      it("believes a write only when a read shows it", async () => {
        const { versions, token } = await shifted(weights().first);
        target.faults.staleReads(3);
        const { second } = weights();
        const live = await driver.setWeight({ ...versions, weight: second, token });
        expect(live.weight).toBe(second);
        target.faults.staleReads(Infinity);
        const change = { ...versions, weight: weights().third, token: live.token };
        const error = await expectError(driver.setWeight(change), "TIMED_OUT");
        expect(error.message).toContain(formatWeight(second));
      });

      it("gives up at its deadline, having changed nothing", async () => {
        const { versions, token } = await shifted(weights().first);
        target.faults.throttleWrites(Infinity);
        const startMs = target.nowMs();
        const weight = weights().second;
        await expectError(driver.setWeight({ ...versions, weight, token }), "AWS_THROTTLED");
        // The controller waits 30 s, and may then abort: nothing may be sent after that.
        expect(target.nowMs() - startMs).toBeLessThan(30_000);
        expect(await target.elsewhere.readRoute()).toMatchObject({ weight: weights().first });
      });
    });
  });
}
