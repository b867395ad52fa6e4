// Protects releases of a service through a team's CodeDeploy deployment group from the command line: real tasks, a real
// load balancer, real users. What is good goes out by CodeDeploy's own times and back again, what is bad, or stopped by
// anybody, comes back, and the reason is CodeDeploy's own.
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { trafficSince } from "../../src/demo/traffic.ts";
import { killedAfterEach, type Running } from "../support/command-line.ts";
import { type DeployShop, ONE_MINUTE, openDeployShop, VIA } from "../support/deploy-shop.ts";
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

type Spec = Readonly<Record<string, unknown>>;

async function release(failureRate: number, spec: Spec): Promise<{ readonly version: string }> {
  const code = nextRelease(failureRate);
  shop.write({ image: await shop.image(code) }, { deadline: "10m", ...spec }, VIA);
  return code;
}

function start(...argv: readonly string[]): Running {
  const deploy = shop.start("deploy", ...argv);
  running.push(deploy);
  return deploy;
}

/** A rollback is over once it has taken the canary's tasks away. */
const isAlone = ({ taskSets }: { readonly taskSets: readonly string[] }) => taskSets.length === 1;

describe("a good version", () => {
  it("is tested by the test listener, waits for its hooks, goes out by CodeDeploy's times, and keeps the old tasks for the bake", async () => {
    const users = shop.traffic.counts();
    const code = nextRelease();
    const image = await shop.image(code);
    const tested = { path: "/orders", json: { version: code.version } };
    const hooks = [
      {
        name: "tested",
        when: "afterTestTraffic",
        smoke: { url: shop.testUrl, requests: [tested] },
      },
      { name: "room", when: "beforeTraffic", capacity: {} },
    ];
    const spec = { strategy: ONE_MINUTE, bake: "15s", hooks, deadline: "10m" };
    shop.write({ image }, spec, VIA);
    const plan = await shop.run("plan");
    expect(plan).toMatchObject({ exitCode: 0, stderr: "" });
    expect(plan.stdout).toContain("by CodeDeploy shop/web-prod");
    expect(plan.stdout).toContain("one-minute: 10% at once, 100% after 1m");

    const deploy = start();
    await deploy.line(/hook tested passed/);
    await deploy.line(/hook room passed: .*2 of 2 targets healthy/);
    await deploy.line(AT_A_TENTH);
    expect(await shop.state()).toMatchObject({ weights: { "shop-blue": 90, "shop-green": 10 } });
    await deploy.line(/baking for 15s/);
    expect(await shop.state()).toMatchObject({
      weights: { "shop-green": 100 },
      taskSets: expect.arrayContaining(["web:2 PRIMARY", "web:1 ACTIVE"]),
    });
    const { exitCode, stderr } = await deploy.finished;
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(await shop.state()).toMatchObject({ taskSets: ["web:2 PRIMARY"] });
    expect(await shop.version()).toBe(code.version);
    expect(trafficSince(users, shop.traffic.counts()).failed).toBe(0);
  });

  it("goes back again by a deployment of its own", async () => {
    const users = shop.traffic.counts();
    expect(await shop.run("rollback")).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await shop.state()).toMatchObject({
      weights: { "shop-blue": 100 },
      taskSets: ["web:1 PRIMARY"],
    });
    expect((await shop.deployments())[0]?.description).toContain("web:2 to web:1");
    expect(trafficSince(users, shop.traffic.counts()).failed).toBe(0);
  });
});

describe("a bad version", () => {
  it("is taken out by the comparison: its deployment is stopped and rolled back", async () => {
    const before = await shop.state();
    await release(0.5, { strategy: ONE_MINUTE, analysis: { minTime: "10s" } });
    expect(await shop.run("deploy")).toMatchObject({ exitCode: 10, stderr: "" });
    expect(await until("its tasks to go", shop.state, isAlone)).toEqual(before);
    const [rollback, stopped] = await shop.deployments();
    expect(rollback).toMatchObject({ status: "Succeeded", creator: "codeDeployRollback" });
    expect(stopped).toMatchObject({ status: "Stopped", errorInformation: { code: "MANUAL_STOP" } });
  });

  it("is never continued out of the ready wait when a hook said no", async () => {
    const before = await shop.state();
    const hooks = [{ name: "no", when: "beforeTraffic", command: ["false"] }];
    await release(0, { strategy: ONE_MINUTE, hooks });
    const deploy = start();
    expect((await deploy.finished).exitCode).toBe(10);
    expect(await until("its tasks to go", shop.state, isAlone)).toEqual(before);
    const [rollback, stopped] = await shop.deployments();
    expect(rollback).toMatchObject({ status: "Succeeded", creator: "codeDeployRollback" });
    expect(stopped?.status).toBe("Stopped");
  });
});

it("says that the service is gone, when somebody deletes it in the middle, until a person ends it", async () => {
  await release(0, { strategy: ONE_MINUTE });
  const { child, finished, line } = start();
  await line(AT_A_TENTH);
  await shop.ecs.deleteService({ cluster: "shop", service: "web", force: true });
  await line(/restore did not succeed .* had, and has no more, a service "web"/);
  child.kill("SIGINT");
  await line(/once more Ctrl-C leaves everything/);
  child.kill("SIGINT");
  const { exitCode, stdout } = await finished;
  // The second signal ends the command where it stands.
  expect(exitCode).toBe(20);
  expect(stdout).toContain("cannot turn back");
});
