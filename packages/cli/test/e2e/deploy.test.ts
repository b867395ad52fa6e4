// Protects the main promise: a good version ends up with all traffic, a bad one with none, and the exit code says
// which. The real command line, a real function behind a real API, real users.
import { zipFolder } from "@headgate/drivers";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { trafficSince } from "../../src/demo/traffic.ts";
import { ERROR_CHECK, nextRelease, openTestShop, type TestShop } from "../support/test-shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop();
});
afterEach(() => shop.settle());
afterAll(() => shop.close());

describe("a good version", () => {
  it("from a folder ends with all traffic, and no user sees a failure", async () => {
    const before = await shop.route();
    const users = shop.traffic.counts();
    const { exitCode, stdout, stderr } = await shop.release(nextRelease()).run("deploy");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const after = await shop.route();
    expect(after).toEqual({ stable: expect.any(String), canary: undefined, percent: 0 });
    expect(after.stable).not.toBe(before.stable);
    expect(stdout).toContain(`version ${before.stable} 100% -> version ${after.stable} 100%`);
    expect(stdout).toMatch(/undo {2,}headgate rollback shop-/);
    expect(trafficSince(users, shop.traffic.counts()).failed).toBe(0);
  });

  it("from a zip", async () => {
    const release = shop.release(nextRelease(), { revision: { zip: "code.zip" } });
    writeFileSync(join(release.path, "code.zip"), await zipFolder(join(release.path, "code")));
    const before = await shop.route();
    expect(await release.run("deploy")).toMatchObject({ exitCode: 0, stderr: "" });
    expect((await shop.route()).stable).not.toBe(before.stable);
  });

  it("that was published before", async () => {
    const { Version } = await publish();
    const release = shop.release(nextRelease(), { revision: { version: Version } });
    expect(await release.run("deploy")).toMatchObject({ exitCode: 0, stderr: "" });
    expect((await shop.route()).stable).toBe(Version);
  });

  it.each([
    ["allAtOnce", { allAtOnce: {} }, /0% to 100%/],
    ["linear", { linear: { step: "40%", every: "300ms" } }, /40%.*80%.*promot/s],
    ["blueGreen", { blueGreen: { bake: "600ms" } }, /baking/],
  ])("by the strategy %s", async (_name, strategy, said) => {
    const before = await shop.route();
    const release = shop.release(nextRelease(), { strategy });
    const { exitCode, stdout } = await release.run("deploy");
    expect(exitCode).toBe(0);
    expect((await shop.route()).stable).not.toBe(before.stable);
    expect(stdout).toMatch(said);
  });
});

describe("a bad version", () => {
  const withCheck = {
    strategy: { canary: { steps: [{ setWeight: "30%" }, { pause: "30s" }] } },
    checks: [ERROR_CHECK],
  };

  it("is taken out with the reason, and exits with 10", async () => {
    const before = await shop.route();
    const { exitCode, stdout, stderr } = await shop
      .release(nextRelease(0.5), withCheck)
      .run("deploy");
    expect({ exitCode, stderr }).toEqual({ exitCode: 10, stderr: "" });
    expect(stdout).toMatch(/errors in \d+ requests/);
    expect(stdout).toContain(`version ${before.stable} 100%`);
    expect(await shop.route()).toEqual(before);
  });

  it("is taken out while it bakes, too", async () => {
    const before = await shop.route();
    const release = shop.release(nextRelease(0.5), {
      strategy: { blueGreen: { bake: "30s" } },
      checks: [ERROR_CHECK],
    });
    expect(await release.run("deploy")).toMatchObject({ exitCode: 10 });
    expect(await shop.route()).toEqual(before);
  });

  it("that cannot even be imported never gets traffic, and exits with 20", async () => {
    const before = await shop.route();
    const users = shop.traffic.counts();
    const broken = "import no_such_module\n\ndef handler(event, context):\n    return {}\n";
    const { exitCode, stdout, stderr } = await shop.release(broken).run("deploy");
    expect(exitCode).toBe(20);
    expect(stdout + stderr).toContain("no_such_module");
    expect(stdout + stderr).toMatch(/hint|do:/);
    expect(await shop.route()).toEqual(before);
    expect(trafficSince(users, shop.traffic.counts()).failed).toBe(0);
  });
});

it("the same code again is refused: there is nothing to release", async () => {
  const code = nextRelease();
  expect(await shop.release(code).run("deploy")).toMatchObject({ exitCode: 0 });
  const before = await shop.route();
  const again = await shop.release(code).run("deploy");
  expect(again.exitCode).toBe(20);
  expect(again.stdout + again.stderr).toMatch(/unchanged|same|already/i);
  expect(await shop.route()).toEqual(before);
});

it("--json prints one value that says what the text says", async () => {
  const before = await shop.route();
  const result = await shop.release(nextRelease()).json("deploy");
  const after = await shop.route();
  expect(result).toMatchObject({
    name: "shop",
    phase: "healthy",
    outcome: "promoted",
    before: `version ${before.stable} 100%`,
    after: `version ${after.stable} 100%`,
    setWeightPercent: 100,
    readBackPercent: 100,
    leftMs: null,
  });
});

async function publish() {
  const release = shop.release(nextRelease());
  const ZipFile = await zipFolder(join(release.path, "code"));
  const { functionName: FunctionName } = shop;
  return shop.lambda.updateFunctionCode({ FunctionName, ZipFile, Publish: true });
}
