// Protects provisioned concurrency: the canary has as much as stable before it gets traffic, and the
// version that lost keeps none.
import { describe, expect, it } from "vitest";
import { aliasDriver, cloudWithFunction } from "../../support/alias-driver.ts";
import { refusal, type SeenRequest } from "../../support/fault-proxy.ts";
import { expectError } from "../../support/expect-error.ts";
import {
  ALIAS,
  FUNCTION_NAME,
  type LambdaCloud,
  publish,
  pythonHandler,
} from "../../support/lambda-cloud.ts";
import { weightBps } from "@headgate/core";

async function provision({ lambda }: LambdaCloud, Qualifier: string, count: number) {
  const ProvisionedConcurrentExecutions = count;
  await lambda.putProvisionedConcurrencyConfig({
    FunctionName: FUNCTION_NAME,
    Qualifier,
    ProvisionedConcurrentExecutions,
  });
}

/** What is provisioned where, by qualifier: "2 READY". */
async function provisioned({ lambda }: LambdaCloud): Promise<Record<string, string>> {
  const { ProvisionedConcurrencyConfigs: configs = [] } =
    await lambda.listProvisionedConcurrencyConfigs({ FunctionName: FUNCTION_NAME });
  return Object.fromEntries(
    configs.map(({ FunctionArn = "", RequestedProvisionedConcurrentExecutions, Status }) => [
      FunctionArn.split(":").at(-1) ?? "",
      `${RequestedProvisionedConcurrentExecutions} ${Status}`,
    ]),
  );
}

const isAliasRead = ({ method, path }: SeenRequest) =>
  method === "GET" && path.endsWith(`/aliases/${ALIAS}`);
const isAliasWrite = ({ method, path }: SeenRequest) =>
  method === "PUT" && path.endsWith(`/aliases/${ALIAS}`);

/** From the next write on, so many reads show what AWS shows until an alias's capacity has moved. */
function showMoving(
  { proxy }: LambdaCloud,
  { stable, canary }: { readonly stable: string; readonly canary: string },
  times: number,
) {
  const body = {
    FunctionVersion: canary,
    RevisionId: "while it moves",
    RoutingConfig: { AdditionalVersionWeights: { [stable]: 1 } },
  };
  const show = () => proxy.inject(isAliasRead, { status: 200, body }, times);
  proxy.before(isAliasWrite, () => Promise.resolve(show()));
}

const TENTH = weightBps(1000);

describe("provisioned on stable's version", () => {
  it("is ready on the canary before any weight, and gone from the loser after promotion", async () => {
    const cloud = await cloudWithFunction();
    await provision(cloud, "1", 2);
    const driver = await aliasDriver(cloud);
    const { token, stable, canary } = await driver.prepare();
    expect(await provisioned(cloud)).toMatchObject({ 2: "2 READY" });
    const change = { stable, canary };
    const live = await driver.setWeight({ ...change, weight: TENTH, token });
    await driver.promote({ ...change, token: live.token });
    await driver.cleanUp({ ...change, live: canary });
    expect(await provisioned(cloud)).toEqual({ 2: "2 READY" });
  });

  it("is gone from the canary after an abort", async () => {
    const cloud = await cloudWithFunction();
    await provision(cloud, "1", 2);
    const driver = await aliasDriver(cloud);
    const { stable, canary, token } = await driver.prepare();
    await driver.setWeight({ stable, canary, weight: TENTH, token });
    await driver.restore({ stable, canary, token });
    await driver.cleanUp({ stable, canary, live: stable });
    expect(Object.keys(await provisioned(cloud))).toEqual(["1"]);
  });

  it("stays where another alias needs it", async () => {
    const cloud = await cloudWithFunction();
    await provision(cloud, "1", 2);
    await cloud.lambda.createAlias({
      FunctionName: FUNCTION_NAME,
      Name: "old",
      FunctionVersion: "1",
    });
    const driver = await aliasDriver(cloud);
    const { stable, canary, token } = await driver.prepare();
    await driver.promote({ stable, canary, token });
    await driver.cleanUp({ stable, canary, live: canary });
    expect(Object.keys(await provisioned(cloud)).sort()).toEqual(["1", "2"]);
  });
});

describe("provisioned on the alias", () => {
  it("is matched on the canary's version and is the alias's alone after promotion", async () => {
    const cloud = await cloudWithFunction();
    await provision(cloud, ALIAS, 3);
    const driver = await aliasDriver(cloud);
    const { stable, canary, token } = await driver.prepare();
    expect(await provisioned(cloud)).toMatchObject({ 2: "3 READY" });
    const live = await driver.setWeight({ stable, canary, weight: TENTH, token });
    await driver.promote({ stable, canary, token: live.token });
    await driver.cleanUp({ stable, canary, live: canary });
    expect(Object.keys(await provisioned(cloud))).toEqual([ALIAS]);
  });

  it("is the alias's alone after an abort", async () => {
    const cloud = await cloudWithFunction();
    await provision(cloud, ALIAS, 3);
    const driver = await aliasDriver(cloud);
    const { stable, canary, token } = await driver.prepare();
    await driver.setWeight({ stable, canary, weight: TENTH, token });
    await driver.restore({ stable, canary, token });
    await driver.cleanUp({ stable, canary, live: stable });
    expect(Object.keys(await provisioned(cloud))).toEqual([ALIAS]);
  });

  it("moves by itself after promotion, which is waited for", async () => {
    const cloud = await cloudWithFunction();
    await provision(cloud, ALIAS, 3);
    const driver = await aliasDriver(cloud);
    const { stable, canary, token } = await driver.prepare();
    // AWS shows all traffic on the old version until the capacity has moved.
    const moving = {
      status: 200,
      body: {
        FunctionVersion: canary,
        RevisionId: "while it moves",
        RoutingConfig: { AdditionalVersionWeights: { [stable]: 1 } },
      },
    };
    const whileItMoves = (times: number) => () =>
      Promise.resolve(cloud.proxy.inject(isAliasRead, moving, times));
    cloud.proxy.before(isAliasWrite, whileItMoves(3));
    const live = await driver.promote({ stable, canary, token });
    expect(live).toMatchObject({ stable: canary, weight: 0 });
  });

  it("that does not end moving is not believed to have moved", async () => {
    const cloud = await cloudWithFunction();
    await provision(cloud, ALIAS, 3);
    const driver = await aliasDriver(cloud);
    const { stable, canary, token } = await driver.prepare();
    showMoving(cloud, { stable, canary }, Infinity);
    const change = { stable, canary, token };
    const first = await expectError(driver.promote(change), "TIMED_OUT");
    expect(first.message).toContain("while Lambda moves the provisioned concurrency");
    // The next attempt goes on waiting; it does not take the move for a change made elsewhere.
    await expectError(driver.promote(change), "TIMED_OUT");
  });

  it("may keep AWS from splitting the alias: then the way out is named", async () => {
    const cloud = await cloudWithFunction();
    await provision(cloud, ALIAS, 3);
    const driver = await aliasDriver(cloud);
    const { stable, canary, token } = await driver.prepare();
    const text = "Invalid alias configuration for Provisioned Concurrency";
    cloud.proxy.inject(isAliasWrite, refusal(400, "InvalidParameterValueException", text));
    const change = { stable, canary, weight: TENTH, token };
    const error = await expectError(driver.setWeight(change), "TARGET_UNSUITABLE");
    expect(error.message).toContain(text);
    expect(error.hint).toContain("on the version");
  });

  it("is not taken from the canary by a promotion that gives way", async () => {
    const cloud = await cloudWithFunction();
    await provision(cloud, ALIAS, 3);
    const driver = await aliasDriver(cloud);
    const { stable, canary } = await driver.prepare();
    const change = { stable, canary, token: "an older revision" };
    await expectError(driver.promote(change), "ROUTE_CHANGED_ELSEWHERE");
    expect(await provisioned(cloud)).toMatchObject({ 2: "3 READY" });
  });
});

it("what a losing version had of its own stays when nothing was moved", async () => {
  const cloud = await cloudWithFunction();
  const version = await publish(cloud, { "app.py": pythonHandler("two") });
  await provision(cloud, version, 1);
  const driver = await aliasDriver(cloud, { revision: { kind: "version", version } });
  const { stable, canary, token } = await driver.prepare();
  await driver.setWeight({ stable, canary, weight: TENTH, token });
  await driver.restore({ stable, canary, token });
  await driver.cleanUp({ stable, canary, live: stable });
  expect(Object.keys(await provisioned(cloud))).toEqual([version]);
});

it("more than the reserved concurrency allows is said before anything is shifted", async () => {
  const cloud = await cloudWithFunction();
  await cloud.lambda.putFunctionConcurrency({
    FunctionName: FUNCTION_NAME,
    ReservedConcurrentExecutions: 5,
  });
  await provision(cloud, "1", 4);
  const driver = await aliasDriver(cloud);
  const problems = (await driver.preflight()).filter(({ outcome }) => outcome === "problem");
  expect(problems.map(({ check }) => check)).toEqual(["function may run"]);
  await expectError(driver.prepare(), "TARGET_UNSUITABLE");
});
