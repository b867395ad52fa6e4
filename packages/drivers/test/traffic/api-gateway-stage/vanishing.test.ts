// Protects a release whose stage, API or canary somebody deletes at a weight: each call ends at once and says so, and
// no deployment is made in its place. Real cloud, virtual clock.
import { weightBps } from "@headgate/core";
import { describe, expect, it } from "vitest";
import { expectError } from "../../support/expect-error.ts";
import { API_NAME, changeApi, STAGE } from "../../support/stage-cloud.ts";
import { cloudWithStage, stageDriver } from "../../support/stage-driver.ts";

async function atATenth() {
  const cloud = await cloudWithStage();
  await changeApi(cloud);
  const driver = stageDriver(cloud);
  const { stable, canary, token } = await driver.prepare();
  const ends = { stable, canary };
  const live = await driver.setWeight({ ...ends, weight: weightBps(1000), token });
  return { cloud, driver, change: { ...ends, token: live.token } };
}

describe("what is deleted at a weight", () => {
  it("the stage: it is named, and not made again", async () => {
    const { cloud, driver, change } = await atATenth();
    await cloud.gateway.deleteStage({ restApiId: cloud.apiId, stageName: STAGE });
    for (const call of [
      () => driver.readRoute(),
      () => driver.setWeight({ ...change, weight: weightBps(5000) }),
      () => driver.restore(change),
    ]) {
      expect((await expectError(call(), "TARGET_NOT_FOUND")).message).toContain(STAGE);
    }
    const { item = [] } = await cloud.gateway.getStages({ restApiId: cloud.apiId });
    expect(item).toEqual([]);
  });

  it("the API: nothing is left to turn back", async () => {
    const { cloud, driver, change } = await atATenth();
    await cloud.gateway.deleteRestApi({ restApiId: cloud.apiId });
    for (const call of [() => driver.readRoute(), () => driver.restore(change)]) {
      expect((await expectError(call(), "TARGET_NOT_FOUND")).message).toContain(API_NAME);
    }
  });

  it("the canary alone: a weight gives way, and turning back finds stable there", async () => {
    const { cloud, driver, change } = await atATenth();
    await cloud.gateway.updateStage({
      restApiId: cloud.apiId,
      stageName: STAGE,
      patchOperations: [{ op: "remove", path: "/canarySettings" }],
    });
    await expectError(
      driver.setWeight({ ...change, weight: weightBps(5000) }),
      "ROUTE_CHANGED_ELSEWHERE",
    );
    expect(await driver.restore(change)).toMatchObject({ stable: change.stable, weight: 0 });
  });
});
