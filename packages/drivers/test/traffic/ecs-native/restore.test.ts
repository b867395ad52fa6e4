// Protects the way back: users have the old version again with one write to the load balancer, whatever ECS does
// meanwhile; and ECS is told all the same, for without it the new version would be brought in again.
import { weightBps } from "@headgate/core";
import { beforeEach, expect, it } from "vitest";
import { type NativeCloud, nativeCloud, nativeDriver } from "../../support/ecs-native-cloud.ts";
import { expectError } from "../../support/expect-error.ts";

let cloud: NativeCloud;
let driver: ReturnType<typeof nativeDriver>;
beforeEach(async () => {
  cloud = await nativeCloud();
  driver = nativeDriver(cloud, { strategy: { kind: "canary", weight: weightBps(1000) } });
});

async function shifted() {
  const { stable, canary, token } = await driver.prepare();
  const live = await driver.setWeight({ stable, canary, weight: weightBps(1000), token });
  return { stable, canary, token: live.token };
}

const isStop = ({ action }: { readonly action: string }) => action === "StopServiceDeployment";
const isWrite = ({ action }: { readonly action: string }) => action === "ModifyListener";

it("brings users back although ECS does not listen yet", async () => {
  const change = await shifted();
  cloud.proxy.inject(isStop, "throttle", Infinity);
  await expectError(driver.restore(change), "AWS_THROTTLED");
  expect(await cloud.greenPercent()).toBe(0);
});

it("does without a write of its own where only ECS may write", async () => {
  const change = await shifted();
  cloud.proxy.inject(isWrite, "deny", Infinity);
  expect(await driver.restore(change)).toMatchObject({ stable: "web:1", weight: 0 });
  expect(await cloud.greenPercent()).toBe(0);
});

it("takes less than two seconds of the cloud's time, with everything on the canary too", async () => {
  const change = await shifted();
  const { token } = await driver.promote(change);
  const startMs = cloud.clock.nowMs();
  await driver.restore({ ...change, token });
  expect(cloud.clock.nowMs() - startMs).toBeLessThan(2000);
  expect(await cloud.get()).toBe("web:one");
});

it("brings the old version back when its tasks are gone, by a new deployment", async () => {
  const change = await shifted();
  const { token } = await driver.promote(change);
  await driver.cleanUp({ ...change, live: change.canary });
  const back = { ...change, token };
  // Its tasks have to start first, which can take longer than one attempt.
  let live = await driver.restore(back).catch(() => undefined);
  for (let attempt = 0; attempt < 10 && live === undefined; attempt++) {
    live = await driver.restore(back).catch(() => undefined);
  }
  expect(live).toMatchObject({ stable: "web:1", weight: 0 });
  expect(await cloud.get()).toBe("web:one");
  await driver.cleanUp({ ...change, live: change.stable });
  expect((await cloud.service()).deploymentConfiguration?.strategy).toBe("ROLLING");
});
