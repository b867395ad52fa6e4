// Protects a release whose function or alias somebody deletes at a weight: each call ends at once, names what is gone,
// and writes nothing in its place. Of a deployment of CodeDeploy the reason is told too. Real cloud, virtual clock.
import { weightBps } from "@headgate/core";
import { describe, expect, it } from "vitest";
import { codeDeployLambdaDriver } from "../../../src/traffic/code-deploy/lambda.ts";
import { scheduleOf } from "../../../src/traffic/code-deploy/schedule.ts";
import { aliasDriver, cloudWithFunction } from "../../support/alias-driver.ts";
import { canary, deployGroup, PLACE } from "../../support/deploy-group.ts";
import { expectError } from "../../support/expect-error.ts";
import {
  ALIAS,
  FUNCTION_NAME,
  type LambdaCloud,
  publish,
  pythonHandler,
} from "../../support/lambda-cloud.ts";

const TENTH = weightBps(1000);
const HALF = weightBps(5000);
const MINUTE_MS = 60_000;

const deletions: readonly (readonly [string, (cloud: LambdaCloud) => Promise<unknown>])[] = [
  ["the alias", ({ lambda }) => lambda.deleteAlias({ FunctionName: FUNCTION_NAME, Name: ALIAS })],
  [
    "the function",
    async ({ lambda }) => {
      await lambda.deleteAlias({ FunctionName: FUNCTION_NAME, Name: ALIAS });
      await lambda.deleteFunction({ FunctionName: FUNCTION_NAME });
    },
  ],
];

describe("what is deleted at a weight", () => {
  it.each(deletions)("%s: it is named, and not made again", async (_what, remove) => {
    const cloud = await cloudWithFunction();
    const driver = await aliasDriver(cloud);
    const { stable, canary: version, token } = await driver.prepare();
    const ends = { stable, canary: version };
    const live = await driver.setWeight({ ...ends, weight: TENTH, token });
    await remove(cloud);
    const change = { ...ends, token: live.token };
    for (const call of [
      () => driver.readRoute(),
      () => driver.setWeight({ ...change, weight: HALF }),
      () => driver.restore(change),
    ]) {
      expect((await expectError(call(), "TARGET_NOT_FOUND")).message).toContain(FUNCTION_NAME);
    }
    await expect(
      cloud.lambda.getAlias({ FunctionName: FUNCTION_NAME, Name: ALIAS }),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it.each(deletions)("%s, of a deployment of CodeDeploy", async (_what, remove) => {
    const cloud = await cloudWithFunction();
    await publish(cloud, { "app.py": pythonHandler("two") });
    const routing = canary(10, 5);
    const group = await deployGroup(cloud.url, "Lambda", routing);
    const driver = codeDeployLambdaDriver({
      ...cloud,
      functionName: FUNCTION_NAME,
      alias: ALIAS,
      revision: { kind: "version", version: "2" },
      deploy: PLACE,
      schedule: scheduleOf(routing),
    });
    const { stable, canary: version, token } = await driver.prepare();
    const ends = { stable, canary: version };
    const live = await driver.setWeight({ ...ends, weight: TENTH, token });
    await remove(cloud);
    await cloud.advance(6 * MINUTE_MS);
    expect((await group.deployments()).map(({ status }) => status)).toContain("Failed");
    const change = { ...ends, token: live.token };
    for (const call of [() => driver.readRoute(), () => driver.restore(change)]) {
      expect((await expectError(call(), "TARGET_NOT_FOUND")).message).toContain(FUNCTION_NAME);
    }
  });
});
