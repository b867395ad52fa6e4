// Protects what happens when nobody holds the wheel: Ctrl-C, a time limit, a kill at any moment. Traffic is never left
// on a version that nobody watches, unless that was asked for, and a rollout can always be gone on with.
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { killedAfterEach, type Running } from "../support/command-line.ts";
import {
  LONG_STEPS,
  nextRelease,
  openTestShop,
  type ReleaseFolder,
  type TestShop,
} from "../support/test-shop.ts";

let shop: TestShop;
beforeAll(async () => {
  shop = await openTestShop();
});
afterEach(() => shop.settle());
const running = killedAfterEach();
afterAll(() => shop.close());

function start(release: ReleaseFolder, ...argv: readonly string[]): Running {
  const deploy = release.start("deploy", ...argv);
  running.push(deploy);
  return deploy;
}

function slowRelease(): ReleaseFolder {
  return shop.release(nextRelease(), { strategy: { canary: { steps: LONG_STEPS } } });
}

const AT_30 = /30% on the canary, read back/;

describe("Ctrl-C", () => {
  it.each(["SIGINT", "SIGTERM"] as const)("by %s takes the new version out", async (signal) => {
    const before = await shop.route();
    const deploy = start(slowRelease());
    await deploy.line(AT_30);
    deploy.child.kill(signal);
    const { exitCode, stdout } = await deploy.finished;
    expect(exitCode).toBe(11);
    expect(stdout).toContain("interrupted: taking the new version out");
    expect(await shop.route()).toEqual(before);
  });

  it("with --on-interrupt leave leaves the traffic, says so, and resume goes on", async () => {
    const before = await shop.route();
    const release = shop.release(nextRelease(), {
      strategy: { canary: { steps: [{ setWeight: "30%" }, { pause: "1200ms" }] } },
    });
    const deploy = start(release, "--on-interrupt", "leave");
    await deploy.line(AT_30);
    deploy.child.kill("SIGINT");
    const { exitCode, stdout } = await deploy.finished;
    expect(exitCode).toBe(12);
    expect(stdout).toContain("headgate resume shop-");
    expect(await shop.route()).toMatchObject({ stable: before.stable, percent: 30 });
    expect(await release.run("resume")).toMatchObject({ exitCode: 0, stderr: "" });
    expect((await shop.route()).stable).not.toBe(before.stable);
  });

  it("on the way back goes on until it is back", async () => {
    const { stable } = await shop.route();
    const alias = { FunctionName: shop.functionName, Name: shop.alias };
    const release = slowRelease();
    const deploy = start(release);
    await deploy.line(AT_30);
    await shop.lambda.deleteAlias(alias);
    expect((await release.run("abort")).exitCode).toBe(0);
    await deploy.line(/restore did not succeed/);
    deploy.child.kill("SIGINT");
    await deploy.line(/interrupted: taking the new version out/);
    await shop.lambda.createAlias({ ...alias, FunctionVersion: stable });
    const { exitCode, stdout } = await deploy.finished;
    expect(stdout).toContain(`back on version ${stable} 100%`);
    expect(exitCode).toBe(11);
  });

  it("twice ends at once and leaves everything as it is", async () => {
    const release = slowRelease();
    const deploy = start(release);
    await deploy.line(AT_30);
    deploy.child.kill("SIGINT");
    deploy.child.kill("SIGTERM");
    const { exitCode } = await deploy.finished;
    expect([11, 20]).toContain(exitCode);
    await release.run("abort");
    expect(await shop.route()).toMatchObject({ percent: 0 });
  });
});

describe("time", () => {
  it("--timeout takes the new version out and exits with 13", async () => {
    const before = await shop.route();
    const { exitCode, stdout } = await slowRelease().run("deploy", "--timeout", "1500ms");
    expect(exitCode).toBe(13);
    expect(stdout).toContain("--timeout has passed");
    expect(await shop.route()).toEqual(before);
  });

  it("the deadline of the spec does, too", async () => {
    const before = await shop.route();
    const release = shop.release(nextRelease(), {
      strategy: { canary: { steps: [{ setWeight: "30%" }, { approval: { deadline: "50s" } }] } },
      deadline: "1500ms",
    });
    const { exitCode, stdout } = await release.run("deploy");
    expect(exitCode).toBe(13);
    expect(stdout).toContain("deadline");
    expect(await shop.route()).toEqual(before);
  });
});

describe("killed", () => {
  it.each([
    ["while it prepares", /preparing the canary/],
    ["when the version is ready", /is ready/],
    ["when the weight is on its way", /canary weight 0% to 30%/],
    ["in a pause", AT_30],
    ["while it promotes", /promoting/],
  ])("%s, deploy again goes on to the end", async (_when, moment) => {
    const before = await shop.route();
    const release = shop.release(nextRelease());
    const killed = start(release);
    await killed.line(moment);
    killed.child.kill("SIGKILL");
    expect((await killed.finished).exitCode).toBeNull();
    const again = await release.run("deploy");
    expect({ exitCode: again.exitCode, stderr: again.stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(again.stdout).toContain("which was interrupted");
    const after = await shop.route();
    expect(after.stable).not.toBe(before.stable);
    expect(after.percent).toBe(0);
    expect(await release.json("history")).toMatchObject({ rollouts: [{ outcome: "promoted" }] });
  });

  it("in a pause, resume goes on, from another folder too", async () => {
    const release = shop.release(nextRelease(), {
      strategy: { canary: { steps: [{ setWeight: "30%" }, { pause: "1s" }] } },
    });
    const killed = start(release);
    await killed.line(AT_30);
    killed.child.kill("SIGKILL");
    await killed.finished;
    const elsewhere = shop.release(nextRelease());
    const dataDir = `${release.path}/.headgate`;
    const resume = await elsewhere.run("resume", "--data-dir", dataDir);
    expect(resume).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it("in a pause, abort takes the canary out", async () => {
    const before = await shop.route();
    const release = slowRelease();
    const killed = start(release);
    await killed.line(AT_30);
    killed.child.kill("SIGKILL");
    await killed.finished;
    expect(await release.run("abort")).toMatchObject({ exitCode: 11, stderr: "" });
    expect(await shop.route()).toEqual(before);
  });

  it("another release meanwhile is refused and told what to do", async () => {
    const release = slowRelease();
    const killed = start(release);
    await killed.line(AT_30);
    killed.child.kill("SIGKILL");
    await killed.finished;
    release.write(nextRelease());
    release.writeSpec({ strategy: { allAtOnce: {} } });
    const other = await release.run("deploy");
    expect(other.exitCode).toBe(20);
    expect(other.stderr).toMatch(/headgate resume shop-.*headgate abort shop-/s);
    await release.run("abort");
  });
});

describe("a route changed elsewhere", () => {
  it("is reported and not overwritten", async () => {
    const { stable } = await shop.route();
    const { functionName: FunctionName, alias: Name } = shop;
    const release = slowRelease();
    const deploy = start(release);
    await deploy.line(AT_30);
    await shop.lambda.updateAlias({
      FunctionName,
      Name,
      RoutingConfig: { AdditionalVersionWeights: {} },
    });
    await deploy.line(/changed elsewhere/);
    expect(await release.json("status")).toMatchObject({ phase: "paused" });
    expect(await shop.route()).toEqual({ stable, canary: undefined, percent: 0 });
    const abort = await release.run("abort");
    expect(abort).toMatchObject({ exitCode: 0, stderr: "" });
    expect((await deploy.finished).exitCode).toBe(11);
    expect(await shop.route()).toEqual({ stable, canary: undefined, percent: 0 });
  });

  it("to a version that is not ours stays, and deploy says that a person has to look", async () => {
    const before = await shop.route();
    const { functionName: FunctionName, alias: Name } = shop;
    const release = slowRelease();
    const deploy = start(release, "--exit-when-held");
    await deploy.line(AT_30);
    const theirs = "1";
    await shop.lambda.updateAlias({
      FunctionName,
      Name,
      FunctionVersion: theirs,
      RoutingConfig: { AdditionalVersionWeights: {} },
    });
    const { exitCode, stdout } = await deploy.finished;
    expect(exitCode).toBe(12);
    expect(stdout).toContain("changed elsewhere");
    expect(await shop.route()).toEqual({ stable: theirs, canary: undefined, percent: 0 });
    const abort = await release.run("abort");
    console.log(stdout, abort);
    expect(await shop.route()).toEqual({ stable: theirs, canary: undefined, percent: 0 });
    await shop.lambda.updateAlias({ FunctionName, Name, FunctionVersion: before.stable });
  });
});
