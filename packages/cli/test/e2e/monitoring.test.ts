// Protects `dashboard put` and `alarms put` as people run them: what they say is what the cloud then has, a second time
// changes nothing, and a release gets both for all of its targets. Real command line, real functions and users.
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { headgate } from "../support/command-line.ts";
import { nextRelease, openTestShop, type TestShop, until } from "../support/test-shop.ts";

const TOPIC = "arn:aws:sns:us-east-1:000000000000:on-call";

let shop: TestShop;
let cloudWatch: CloudWatch;
beforeAll(async () => {
  shop = await openTestShop();
  cloudWatch = new CloudWatch({
    endpoint: shop.cloud.url,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const known = () =>
    cloudWatch.listMetrics({ Namespace: "AWS/Lambda", MetricName: "Invocations" });
  await until("traffic", known, ({ Metrics = [] }) => Metrics.length > 0);
});
afterAll(async () => {
  cloudWatch.destroy();
  await shop.close();
});

async function ours() {
  const AlarmNames = ["shop-errors", "shop-canary-errors", "shop-latency"];
  return (await cloudWatch.describeAlarms({ AlarmNames })).MetricAlarms ?? [];
}

describe("alarms put", () => {
  it("says with --dry-run what it would put, and puts nothing", async () => {
    const { run } = shop.release(nextRelease());
    const { exitCode, stdout, stderr } = await run("alarms", "put", "--dry-run");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain("would be created: shop-errors");
    expect(stdout).toContain("warning these alarms tell nobody");
    expect(await ours()).toEqual([]);
  });

  it("puts them, tells the topic, and prints lines that headgate.yaml takes", async () => {
    const { run, json } = shop.release(nextRelease());
    const first = await run("alarms", "put", "--topic", TOPIC);
    expect(first.stderr).toBe("");
    expect(first.stdout).toContain("created    shop-errors");
    expect(first.stdout).toContain("  alarms:\n    - shop-errors\n    - shop-canary-errors\n");
    expect(first.stdout).toContain("aws cloudwatch delete-alarms --region us-east-1");
    expect((await ours()).map(({ AlarmActions }) => AlarmActions)).toEqual([[TOPIC], [TOPIC]]);

    const { stdout: lines } = await run("alarms", "put", "--topic", TOPIC, "--lines");
    expect(lines).toBe("alarms:\n  - shop-errors\n  - shop-canary-errors\n");
    const names = [...lines.matchAll(/- (.+)/g)].map(([, name]) => name);
    const guarded = shop.release(nextRelease(), { alarms: names });
    expect((await guarded.run("lint")).stdout).toContain("fine");
    // Their first evaluation is at the next whole minute, so they have no data yet: never wrong dimensions.
    const plan = await guarded.run("plan");
    expect(plan.stdout).not.toMatch(/wrong|never under/);
    expect(plan.stdout).toContain("shop-canary-errors");

    // Whoever was told stays, also when nobody is named.
    const [target] = Object([(await json("alarms", "put"))["targets"]].flat());
    expect(target.alarms).toMatchObject([{ actions: [TOPIC] }, { actions: [TOPIC] }]);
  });

  it("asks for a region where none is known", async () => {
    const { path } = shop.release(nextRelease());
    const { exitCode, stderr } = await headgate(["alarms", "put"], { cwd: path });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("no AWS region is known");
  });

  it("refuses what is no topic", async () => {
    const { run } = shop.release(nextRelease());
    const { exitCode, stderr } = await run("alarms", "put", "--topic", "on-call");
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--topic is "on-call"; it must be an SNS topic\'s ARN');
  });
});

describe("dashboard put", () => {
  it("creates it, and changes nothing when put again", async () => {
    const { run, json } = shop.release(nextRelease());
    const first = await run("dashboard", "put");
    expect(first.stderr).toBe("");
    expect(first.stdout).toContain("created    dashboard shop");
    expect(first.stdout).toContain(`${shop.cloud.url}/_headgate/dashboards/shop`);
    expect(await json("dashboard", "put")).toMatchObject({ change: { kind: "unchanged" } });
    const page = await fetch(`${shop.cloud.url}/_headgate/dashboards/shop`);
    expect(page.status).toBe(200);
  });

  it("prints the body with --print and puts nothing", async () => {
    const { run } = shop.release(nextRelease());
    const { stdout } = await run("dashboard", "put", "--name", "other", "--print");
    expect(JSON.parse(stdout)).toMatchObject({ widgets: expect.any(Array) });
    const { DashboardEntries } = await cloudWatch.listDashboards({ DashboardNamePrefix: "other" });
    expect(DashboardEntries).toEqual([]);
    const { exitCode, stderr } = await run("dashboard", "put", "--name", "an other");
    expect(exitCode).toBe(2);
    expect(stderr).toContain('"an other" is no name of a dashboard');
  });
});

it("put both for all targets of a release", async () => {
  const { run, path, json } = shop.release(nextRelease());
  const target = {
    target: { lambda: { function: shop.functionName, alias: shop.alias } },
    revision: { folder: "code" },
    strategy: { canary: { steps: [{ setWeight: "10%" }] } },
    analysis: "none",
  };
  const text = JSON.stringify({ name: "all", release: { targets: { one: target, two: target } } });
  writeFileSync(join(path, "headgate.yaml"), text);
  const { stdout, stderr } = await run("alarms", "put", "--lines");
  expect(stderr).toBe("");
  expect(stdout).toBe(
    [
      "# release.targets.one",
      "alarms:",
      "  - all-one-errors",
      "  - all-one-canary-errors",
      "# release.targets.two",
      "alarms:",
      "  - all-two-errors",
      "  - all-two-canary-errors",
      "",
    ].join("\n"),
  );
  expect(await json("dashboard", "put")).toMatchObject({
    name: "all",
    change: { kind: "created" },
    leftOut: expect.not.arrayContaining([{ what: "alarms of all-one" }]),
  });
  const { DashboardBody } = await cloudWatch.getDashboard({ DashboardName: "all" });
  expect(DashboardBody).toContain("Alarms of all-one");
  expect(DashboardBody).toContain("Alarms of all-two");
});
