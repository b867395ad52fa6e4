// Protects releases of a service through CodeDeploy from what comes in between: a process that dies, a person with
// another tool, an alarm of the team's, things that vanish. Users are on stable again, and the reason is told.
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { killedAfterEach, type Running } from "../support/command-line.ts";
import { type DeployShop, GROUP, ONE_MINUTE, openDeployShop, VIA } from "../support/deploy-shop.ts";
import type { EcsState } from "../support/ecs-shop.ts";
import { nextRelease, until } from "../support/test-shop.ts";

/** Tasks start and pass health checks, and CodeDeploy's shortest canary takes a minute. */
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

let shop: DeployShop;
beforeAll(async () => {
  shop = await openDeployShop();
});
const running = killedAfterEach();
afterAll(() => shop.close());

const AT_A_TENTH = /10% on the canary, read back/;

function start(...argv: readonly string[]): Running {
  const deploy = shop.start(...argv);
  running.push(deploy);
  return deploy;
}

/** A release that waits a minute with a tenth of the users, and was brought there. */
async function atATenth(spec: Readonly<Record<string, unknown>> = {}): Promise<Running> {
  const image = await shop.image(nextRelease());
  shop.write({ image }, { strategy: ONE_MINUTE, deadline: "10m", ...spec }, VIA);
  const deploy = start("deploy");
  await deploy.line(AT_A_TENTH);
  return deploy;
}

/** A rollback is over once it has taken the canary's tasks away. */
async function backAt(before: EcsState): Promise<void> {
  const isAlone = ({ taskSets }: EcsState) => taskSets.length === 1;
  expect(await until("the canary's tasks to go", shop.state, isAlone)).toEqual(before);
}

async function killed({ child, finished }: Running): Promise<void> {
  child.kill("SIGKILL");
  await finished;
}

describe("the process that releases dies", () => {
  it("while tasks start, and at a weight: the same deployment is found again and gone on with", async () => {
    const before = await shop.state();
    const image = await shop.image(nextRelease());
    shop.write({ image }, { strategy: ONE_MINUTE, deadline: "10m" }, VIA);
    const known = (await shop.deployments()).length;
    const first = start("deploy");
    await first.line(/preparing the canary/);
    await until("a deployment", shop.deployments, ({ length }) => length > known);
    await killed(first);
    const second = start("deploy");
    await second.line(AT_A_TENTH);
    await killed(second);
    expect(await shop.deployments()).toHaveLength(known + 1);
    const third = start("resume");
    await third.line(/waiting|10%/);
    await shop.alarm("ALARM");
    const { exitCode, stdout } = await third.finished;
    await shop.alarm("OK");
    expect(exitCode).toBe(10);
    expect(stdout).toContain("team-alarm");
    expect((await shop.run("why")).stdout).toMatch(/ALARM_ACTIVE.*team-alarm/);
    await backAt(before);
  });

  it("at a weight, and abort brings everybody back", async () => {
    const before = await shop.state();
    await killed(await atATenth());
    expect(await shop.run("abort")).toMatchObject({ exitCode: 11, stderr: "" });
    await backAt(before);
  });
});

describe("somebody", () => {
  it("stops the deployment with another tool, and stable has everybody again", async () => {
    const before = await shop.state();
    const { finished } = await atATenth();
    const [{ deploymentId } = {}] = await shop.deployments();
    await shop.deploy.stopDeployment({ deploymentId, autoRollbackEnabled: false });
    expect((await finished).exitCode).toBe(11);
    expect((await shop.state()).weights).toEqual(before.weights);
    expect((await shop.run("why")).stdout).toContain("MANUAL_STOP");
  });

  it("promotes what is not proved: CodeDeploy goes on, in its own time", async () => {
    // Nothing is proved of so few requests.
    const analysis = { minTime: "10s", margin: { ratio: 1.01, rate: "0.00001%" } };
    const deploy = await atATenth({ analysis });
    expect(await shop.run("promote", "--full")).toMatchObject({ exitCode: 0, stderr: "" });
    expect((await deploy.finished).exitCode).toBe(0);
    const [deployment] = await shop.deployments();
    expect(deployment?.status).toBe("Succeeded");
  });
});

describe("what vanishes", () => {
  it("the application: its deployment is still known, and is turned back", async () => {
    const before = await shop.state();
    const deploy = await atATenth();
    await shop.deploy.deleteApplication(GROUP);
    expect(await shop.run("abort")).toMatchObject({ exitCode: 0, stderr: "" });
    expect((await deploy.finished).exitCode).toBe(11);
    expect((await shop.state()).weights).toEqual(before.weights);
    expect((await shop.run("plan")).stdout).toContain("application shop");
  });
});
