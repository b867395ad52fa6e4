// Protects that every command does for an ECS service what it does for a Lambda alias: the real command line, a real
// service of processes behind a real load balancer, real users.
import { afterAll, beforeAll, expect, it } from "vitest";
import { trafficSince } from "../../src/demo/traffic.ts";
import { killedAfterEach } from "../support/command-line.ts";
import { type EcsShop, openEcsShop } from "../support/ecs-shop.ts";
import { nextRelease } from "../support/test-shop.ts";

let shop: EcsShop;
beforeAll(async () => {
  shop = await openEcsShop();
});
const running = killedAfterEach();
afterAll(() => shop.close());

/** Tasks start and pass health checks before every release: several of them on a busy machine. */
const SEVERAL_RELEASES_MS = 180_000;
const WAITING = { canary: { steps: [{ setWeight: "30%" }, { pause: "50s" }] } };
const TESTER = { "x-tester": "yes" };

/** The one version that serves, from "web:1 PRIMARY". */
async function serving(): Promise<string> {
  const { taskSets } = await shop.state();
  expect(taskSets).toEqual([expect.stringMatching(/^web:\d+ PRIMARY$/)]);
  return taskSets[0]?.split(" ")[0] ?? "";
}

it(
  "plans and releases a good version without a failure, and rolls it back",
  async () => {
    expect(await shop.state()).toEqual({
      weights: { "shop-blue": 100 },
      taskSets: ["web:1 PRIMARY"],
      rules: 0,
    });
    const users = shop.traffic.counts();
    const code = nextRelease();
    shop.write({ image: await shop.image(code) });
    const plan = await shop.run("plan");
    expect(plan).toMatchObject({ exitCode: 0, stderr: "" });
    expect(plan.stdout).toContain("ecs service web of cluster shop by task sets (us-east-1)");
    expect(plan.stdout).toContain("target group shop-green is free: no task set is in it");
    expect(await shop.state()).toMatchObject({ taskSets: ["web:1 PRIMARY"] });

    const { exitCode, stdout, stderr } = await shop.run("deploy");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain("version web:1 100% -> version web:2 100%");
    expect(await shop.state()).toMatchObject({
      weights: { "shop-green": 100 },
      taskSets: ["web:2 PRIMARY"],
    });
    expect(await shop.version()).toBe(code.version);
    const status = await shop.run("status");
    expect(status).toMatchObject({ exitCode: 0, stderr: "" });
    expect(status.stdout).toContain("version web:2 100%");

    expect(await shop.run("rollback")).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await shop.state()).toMatchObject({
      weights: { "shop-blue": 100 },
      taskSets: ["web:1 PRIMARY"],
    });
    expect(trafficSince(users, shop.traffic.counts()).failed).toBe(0);
  },
  SEVERAL_RELEASES_MS,
);

it("takes a bad version out by the comparison, says why, records it, and leaves no task behind", async () => {
  const before = await shop.state();
  shop.write({ image: await shop.image(nextRelease(0.5)) }, { strategy: WAITING, analysis: {} });
  const { exitCode, stderr } = await shop.run("deploy");
  expect({ exitCode, stderr }).toEqual({ exitCode: 10, stderr: "" });
  expect(await shop.state()).toEqual(before);
  const why = await shop.run("why");
  expect(why.stdout).toMatch(/The canary fails where stable does not/);
  const record = await shop.run("record");
  expect(record).toMatchObject({ exitCode: 0, stderr: "" });
  expect(record.stdout).toContain('"canary"');
});

it("gives testers the new version before anybody else, until a person aborts", async () => {
  const before = await shop.state();
  const code = nextRelease();
  const testers = { header: "x-tester", value: "yes" };
  shop.write({ image: await shop.image(code) }, { strategy: WAITING }, { testers });
  const deploy = shop.start("deploy");
  running.push(deploy);
  await deploy.line(/30% on the canary, read back/);
  expect(await shop.state()).toMatchObject({
    weights: { "shop-blue": 70, "shop-green": 30 },
    rules: 1,
  });
  for (let call = 0; call < 10; call++) expect(await shop.version(TESTER)).toBe(code.version);
  const abort = await shop.run("abort", "--reason", "support sees errors");
  expect(abort).toMatchObject({ exitCode: 0, stderr: "" });
  expect((await deploy.finished).exitCode).toBe(11);
  expect(await shop.state()).toEqual(before);
  expect(await shop.version(TESTER)).not.toBe(code.version);
});

it("asks the hooks before any user gets there, and promotes at once when a person says so", async () => {
  const before = await serving();
  const capacity = { name: "room", when: "beforeTraffic", capacity: {} };
  const revision = { image: await shop.image(nextRelease()), environment: { LEVEL: "debug" } };
  shop.write(revision, { strategy: WAITING, hooks: [capacity] });
  const deploy = shop.start("deploy");
  running.push(deploy);
  await deploy.line(/hook room passed: .*2 of 2 targets healthy/);
  await deploy.line(/30% on the canary, read back/);
  const promote = await shop.run("promote", "--full");
  expect(promote).toMatchObject({ exitCode: 0, stderr: "" });
  expect((await deploy.finished).exitCode).toBe(0);
  const after = await serving();
  expect(after).not.toBe(before);
  const { taskDefinition } = await shop.ecs.describeTaskDefinition({ taskDefinition: after });
  expect(taskDefinition?.containerDefinitions?.[0]?.environment).toEqual([
    { name: "LEVEL", value: "debug" },
  ]);
});

it.each([
  {
    what: "ends at once",
    code: { tag: "exits", source: "process.exit(3);" },
    says: "Essential container in task exited; container app: exit code 3",
  },
  {
    what: "never opens its port",
    code: { tag: "deaf", source: "setInterval(() => {}, 1000);" },
    says: "Task failed ELB health checks",
  },
  { what: "has no image", code: undefined, says: "CannotPullContainerError" },
])("gives no user a version that $what, and says so", async ({ code, says }) => {
  const before = await shop.state();
  const image = code === undefined ? "127.0.0.1:1/shop:none" : await shop.image(code);
  shop.write({ image });
  const { exitCode, stdout } = await shop.run("deploy");
  expect(exitCode).toBe(20);
  expect(stdout).toMatch(/turning back: prepare failed: web:\d+ does not come up: its tasks fail/);
  expect(stdout).toContain(says);
  expect(stdout).toContain("do: ");
  expect(await shop.state()).toEqual(before);
});

it.each([
  [{ cluster: "other" }, 'there is no cluster "other"'],
  [{ service: "other" }, 'cluster shop has no service "other"'],
  [{ container: "other" }, "must be one of: app"],
  [{ port: 9090 }, "maps the ports 8080, and not 9090"],
  [{ listener: "shop:81" }, "it listens on 80"],
  [{ targetGroups: ["shop-blue", "other"] }, 'there is no target group "other"'],
  [{ mode: "native" }, "native needs ECS"],
])("refuses the target %j before anything is changed", async (target, says) => {
  const before = await shop.state();
  shop.write({ image: "web:any" }, {}, target);
  await refused(says);
  expect(await shop.state()).toEqual(before);
});

it("refuses a task definition that is unknown, the same or gone", async () => {
  const { exitCode, stderr } = await shop.run("rollback", "--to", "7");
  expect(exitCode).toBe(2);
  expect(stderr).toContain("For example --to web:7");
  shop.write({ taskDefinition: "web:99" });
  await refused("there is no task definition web:99");
  shop.write({ taskDefinition: await serving() });
  await refused("already runs it");
  await shop.ecs.deregisterTaskDefinition({ taskDefinition: "web:1" });
  shop.write({ taskDefinition: "web:1" });
  await refused("web:1 is INACTIVE");
});

it(
  "refuses a target group of another network, and a listener that has no room or no single version",
  async () => {
    const { Vpc } = await shop.ec2.createVpc({ CidrBlock: "10.9.0.0/16" });
    const elsewhere = await group("elsewhere", Vpc?.VpcId);
    const { weights } = await shop.state();
    const serves = "shop-blue" in weights ? "shop-blue" : "shop-green";
    const { blue, green } = shop.groups;
    const [busy, idle] = serves === "shop-blue" ? [blue, green] : [green, blue];
    shop.write({ image: "web:any" }, {}, { targetGroups: [serves, "elsewhere"] });
    await refused(`it is in ${Vpc?.VpcId}, and the load balancer in`);
    await shop.elb.deleteTargetGroup({ TargetGroupArn: elsewhere });

    const vpcId = (await shop.elb.describeTargetGroups({ TargetGroupArns: [blue] }))
      .TargetGroups?.[0]?.VpcId;
    const others = [];
    for (const name of ["one", "two", "three", "four"]) others.push(await group(name, vpcId));
    shop.write({ image: "web:any" });
    await listen([busy, 100], ...others.map((arn) => [arn, 0] as const));
    await refused("with both of the release they would be 6, and 5 is the most");
    await listen([busy, 90], [idle, 10]);
    await refused("both have a weight");
    await listen([busy, 0], [idle, 0]);
    await refused("all weights are 0");
    await listen([busy, 100], [idle, 0]);
    expect(await shop.run("plan")).toMatchObject({ exitCode: 0, stderr: "" });
  },
  SEVERAL_RELEASES_MS,
);

async function refused(says: string): Promise<void> {
  const { exitCode, stdout, stderr } = await shop.run("deploy");
  expect({ exitCode, stdout }).toEqual({ exitCode: 20, stdout: "" });
  expect(stderr).toContain("nothing was changed");
  expect(stderr).toContain(says);
  expect(stderr).toContain("do: ");
}

async function group(Name: string, VpcId: string | undefined): Promise<string> {
  const input = { Name, VpcId, TargetType: "ip", Protocol: "HTTP", Port: 8080 } as const;
  const { TargetGroups = [] } = await shop.elb.createTargetGroup(input);
  return TargetGroups[0]?.TargetGroupArn ?? "";
}

async function listen(...weights: readonly (readonly [arn: string, weight: number])[]) {
  const TargetGroups = weights.map(([TargetGroupArn, Weight]) => ({ TargetGroupArn, Weight }));
  await shop.elb.modifyListener({
    ListenerArn: shop.listenerArn,
    DefaultActions: [{ Type: "forward", ForwardConfig: { TargetGroups } }],
  });
}
