// Protects the composition that the command line uses, and that no AWS SDK package is loaded before
// it is needed: loading one takes longer than most commands.
import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { callerIdentity, lambdaDrivers } from "../src/index.ts";
import { constantRandom } from "./support/test-clock.ts";
import { cloudWithFunction } from "./support/alias-driver.ts";
import { ALIAS, FUNCTION_NAME } from "./support/lambda-cloud.ts";

it("makes all drivers of a specification", async () => {
  const cloud = await cloudWithFunction();
  const drivers = lambdaDrivers({
    ...cloud,
    random: constantRandom(0),
    target: { function: FUNCTION_NAME, alias: ALIAS },
    revision: { version: "1" },
    metrics: { resolutionMs: 1000, lagMs: 1000 },
  });
  const { id, label, route } = await drivers.traffic.describe();
  expect(id).toBe("arn:aws:lambda:us-east-1:000000000000:function:checkout:live");
  expect(label).toBe("lambda checkout:live (us-east-1)");
  expect(route.stable).toBe("1");
  expect([drivers.metrics.resolutionMs, drivers.metrics.lagMs]).toEqual([1000, 1000]);
  expect(await drivers.alarms.read([])).toEqual([]);
  expect(await drivers.hooks.preflight([])).toEqual([]);
});

it("counts where the spec says", async () => {
  const cloud = await cloudWithFunction();
  const { metrics } = lambdaDrivers({
    ...cloud,
    random: constantRandom(0),
    target: { function: FUNCTION_NAME, alias: ALIAS },
    revision: { version: "1" },
    metrics: { resolutionMs: 1000, lagMs: 2000 },
    source: { embedded: { namespace: "Shop", dimensions: { Version: "{version}" } } },
  });
  expect(metrics).toMatchObject({ countedBy: "version", resolutionMs: 1000, lagMs: 2000 });
});

it("says who calls", async () => {
  const cloud = await cloudWithFunction();
  expect(await callerIdentity(cloud.clients, cloud.run)).toEqual({
    account: "000000000000",
    arn: expect.stringContaining("arn:aws:iam::000000000000:"),
    region: "us-east-1",
  });
});

it("loads no SDK client before the first call", () => {
  const script = `
    import { awsClients } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
    import { Module } from "node:module";
    const loaded = () => Object.keys(Module._cache).filter((path) => path.includes("/@aws-sdk/")).length;
    const clients = awsClients({ region: "us-east-1" });
    const before = loaded();
    await clients.lambda();
    console.log(JSON.stringify({ before, after: loaded() }));`;
  const printed = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
  });
  const { before, after } = JSON.parse(printed) as { before: number; after: number };
  expect(before).toBe(0);
  expect(after).toBeGreaterThan(0);
});
