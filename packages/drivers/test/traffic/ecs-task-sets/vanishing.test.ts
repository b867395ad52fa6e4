// Protects a release of an ECS service whose listener or service somebody deletes at a weight: each call ends at once,
// and says that it is gone. Real cloud, virtual clock.
import { weightBps } from "@headgate/core";
import { expect, it } from "vitest";
import { driverOf, type EcsCloud, ecsCloud, SERVICE } from "../../support/ecs-cloud.ts";
import { expectError } from "../../support/expect-error.ts";

const deletions: readonly (readonly [string, (cloud: EcsCloud) => Promise<unknown>])[] = [
  ["the listener", ({ elb, listenerArn }) => elb.deleteListener({ ListenerArn: listenerArn })],
  [
    "the service",
    async ({ ecs, advance }) => {
      await ecs.deleteService({ ...SERVICE, force: true });
      // Until its tasks are gone it is only DRAINING.
      await advance(60_000);
    },
  ],
];

it.each(deletions)("%s that is deleted at a weight is missed", async (_what, remove) => {
  const cloud = await ecsCloud();
  const driver = driverOf(cloud);
  const { stable, canary, token } = await driver.prepare();
  const ends = { stable, canary };
  const live = await driver.setWeight({ ...ends, weight: weightBps(1000), token });
  await remove(cloud);
  const startMs = cloud.clock.nowMs();
  const change = { ...ends, token: live.token };
  for (const call of [
    () => driver.readRoute(),
    () => driver.setWeight({ ...change, weight: weightBps(5000) }),
    () => driver.restore(change),
  ]) {
    await expectError(call(), "TARGET_NOT_FOUND");
  }
  expect(cloud.clock.nowMs() - startMs).toBeLessThan(60_000);
});
