import { afterEach, beforeEach, expect, it } from "vitest";
import { type DeploymentsCloud, deploymentsCloud, HOOK, MINUTE } from "./deployments-cloud.ts";

// Protects linear deployments: equal steps to 100 %, exact also in tenths of a percent, each with its bake time and
// its hooks.

let at: DeploymentsCloud;
beforeEach(async () => {
  at = await deploymentsCloud();
});
afterEach(() => at.close());

/** The share of the target group "blue", where the second version is, each time that it changes. */
async function steps(
  most: number,
): Promise<(readonly [minute: number, blue: number, sum: number])[]> {
  await at.until("PRODUCTION_TRAFFIC_SHIFT");
  const startMs = at.clock.nowMs();
  const seen: (readonly [number, number, number])[] = [];
  for (let minute = 0; minute <= most; minute++) {
    const { blue = 0, green = 0 } = await at.weights(at.traffic.productionRule);
    if (seen.at(-1)?.[1] !== blue)
      seen.push([(at.clock.nowMs() - startMs) / MINUTE, blue, blue + green]);
    await at.advance(MINUTE);
  }
  return seen;
}

it("shifts ten percent every six minutes when nothing else is said", async () => {
  await at.running({ strategy: "LINEAR", bakeTimeInMinutes: 3 });
  await at.update("web:2");
  expect(await steps(56)).toEqual([
    [0, 10, 100],
    [6, 20, 100],
    [12, 30, 100],
    [18, 40, 100],
    [24, 50, 100],
    [30, 60, 100],
    [36, 70, 100],
    [42, 80, 100],
    [48, 90, 100],
    [54, 100, 100],
  ]);
  expect((await at.describe()).lifecycleStage).toBe("CLEAN_UP");
  await at.untilStatus("SUCCESSFUL");
});

it("keeps tenths of a percent exactly, and ends at 100", async () => {
  await at.running({
    strategy: "LINEAR",
    linearConfiguration: { stepPercent: 33.3, stepBakeTimeInMinutes: 1 },
  });
  await at.update("web:2");
  const told: unknown[] = [];
  await at.until("PRODUCTION_TRAFFIC_SHIFT");
  for (let step = 0; step < 4; step++) {
    const { targetServiceRevision: target, sourceServiceRevisions: sources } = await at.describe();
    told.push([
      target?.requestedProductionTrafficWeight,
      sources?.[0]?.requestedProductionTrafficWeight,
      await at.weights(at.traffic.productionRule),
    ]);
    await at.advance(MINUTE);
  }
  expect(told).toEqual([
    [33.3, 66.7, { blue: 333, green: 667 }],
    [66.6, 33.4, { blue: 666, green: 334 }],
    [99.9, 0.1, { blue: 999, green: 1 }],
    [100, 0, { blue: 100, green: 0 }],
  ]);
});

it("calls the hooks before and at the shift of production traffic at each step, all others once", async () => {
  await at.running({
    strategy: "LINEAR",
    linearConfiguration: { stepPercent: 40, stepBakeTimeInMinutes: 0 },
    lifecycleHooks: [
      {
        hookTargetArn: HOOK,
        roleArn: "arn:aws:iam::000000000000:role/ecs",
        lifecycleStages: [
          "PRE_SCALE_UP",
          "POST_SCALE_UP",
          "TEST_TRAFFIC_SHIFT",
          "POST_TEST_TRAFFIC_SHIFT",
          "PRE_PRODUCTION_TRAFFIC_SHIFT",
          "PRODUCTION_TRAFFIC_SHIFT",
          "POST_PRODUCTION_TRAFFIC_SHIFT",
        ],
      },
    ],
  });
  await at.update("web:2");
  const { targetServiceRevision } = await at.untilStatus("SUCCESSFUL");
  const target = targetServiceRevision?.arn ?? "";
  expect(
    at.hook.events.map(({ lifecycleStage, executionDetails: details }) => [
      lifecycleStage,
      details.testTrafficWeights[target],
      details.productionTrafficWeights[target],
    ]),
  ).toEqual([
    ["PRE_SCALE_UP", undefined, undefined],
    ["POST_SCALE_UP", undefined, undefined],
    ["TEST_TRAFFIC_SHIFT", 100, undefined],
    ["POST_TEST_TRAFFIC_SHIFT", undefined, undefined],
    ["PRE_PRODUCTION_TRAFFIC_SHIFT", undefined, 0],
    ["PRODUCTION_TRAFFIC_SHIFT", undefined, 40],
    ["PRE_PRODUCTION_TRAFFIC_SHIFT", undefined, 40],
    ["PRODUCTION_TRAFFIC_SHIFT", undefined, 80],
    ["PRE_PRODUCTION_TRAFFIC_SHIFT", undefined, 80],
    ["PRODUCTION_TRAFFIC_SHIFT", undefined, 100],
    ["POST_PRODUCTION_TRAFFIC_SHIFT", undefined, undefined],
  ]);
});
