// Protects the guards as a user sets them up: hooks of every kind, alarms, and that a version whose first hook said no
// never serves one request.
import {
  CloudWatch,
  type PutMetricAlarmCommandInput,
  type StateValue,
} from "@aws-sdk/client-cloudwatch";
import { zipFolder } from "@headgate/drivers";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import {
  LONG_STEPS,
  nextRelease,
  openTestShop,
  SHORT_STEPS,
  type TestShop,
} from "../support/test-shop.ts";

let shop: TestShop;
let web: Server;
const asked: unknown[] = [];
beforeAll(async () => {
  shop = await openTestShop();
  web = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => void chunks.push(chunk));
    request.on("end", () => {
      asked.push(JSON.parse(Buffer.concat(chunks).toString()));
      response.statusCode = request.url === "/yes" ? 200 : 500;
      response.end("the smoke test says so");
    });
  });
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
});
afterEach(() => shop.settle());
afterAll(async () => {
  web.close();
  await shop.close();
});

function webUrl(path: string): string {
  return `http://127.0.0.1:${(web.address() as AddressInfo).port}${path}`;
}

describe("hooks", () => {
  it("a command, an address and a function are asked in turn, and all say yes", async () => {
    await createHookFunction();
    const release = shop.release(nextRelease(), {
      strategy: { canary: { steps: [...SHORT_STEPS, { hook: "web" }] } },
      hooks: [
        {
          name: "smoke",
          when: "beforeTraffic",
          command: ["sh", "-c", 'test -n "$HEADGATE_CANARY"'],
        },
        { name: "web", when: "step", http: webUrl("/yes") },
        { name: "after", when: "afterTraffic", lambda: "says-yes" },
      ],
    });
    const { exitCode, stdout, stderr } = await release.run("deploy");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    for (const name of ["smoke", "web", "after"]) expect(stdout).toContain(`hook ${name} passed`);
    expect(asked.at(-1)).toMatchObject({ hook: "web", weightBps: 6000 });
  });

  it("one before traffic that says no: the version never gets a request", async () => {
    const before = await shop.route();
    const code = nextRelease();
    const release = shop.release(code, {
      hooks: [
        {
          name: "smoke",
          when: "beforeTraffic",
          command: ["sh", "-c", "echo no price list; exit 1"],
        },
      ],
    });
    const { exitCode, stdout } = await release.run("deploy");
    expect(exitCode).toBe(10);
    expect(stdout).toContain("hook smoke failed");
    expect(stdout).toContain("no price list");
    expect(stdout).not.toContain("on the canary, read back");
    expect(await shop.route()).toEqual(before);
    expect(shop.traffic.counts().byVersion[code.version]).toBeUndefined();
  });

  it("one in the middle that says no takes the version out", async () => {
    const before = await shop.route();
    const release = shop.release(nextRelease(), {
      strategy: { canary: { steps: [{ setWeight: "30%" }, { hook: "web" }] } },
      hooks: [{ name: "web", when: "step", http: webUrl("/no") }],
    });
    const { exitCode, stdout } = await release.run("deploy");
    expect(exitCode).toBe(10);
    expect(stdout).toContain("hook web");
    expect(await shop.route()).toEqual(before);
  });

  it("one that does not answer in time is no yes", async () => {
    const before = await shop.route();
    const release = shop.release(nextRelease(), {
      hooks: [{ name: "slow", when: "beforeTraffic", command: ["sleep", "60"], deadline: "400ms" }],
    });
    const { exitCode, stdout } = await release.run("deploy");
    expect(exitCode).toBe(10);
    expect(stdout).toContain("hook slow");
    expect(await shop.route()).toEqual(before);
  });

  it("one that does not exist stops everything before it begins", async () => {
    const release = shop.release(nextRelease(), {
      hooks: [{ name: "smoke", when: "beforeTraffic", lambda: "no-such-function" }],
    });
    const { exitCode, stderr } = await release.run("deploy");
    expect(exitCode).toBe(20);
    expect(stderr).toContain("nothing was changed");
    expect(stderr).toContain("no-such-function");
  });
});

describe("alarms", () => {
  it("one that fires while the version has traffic takes it out", async () => {
    const before = await shop.route();
    const { AlarmName, setState } = await alarmThatStays("fires-in-the-middle", "OK");
    const strategy = { canary: { steps: LONG_STEPS } };
    const deploy = shop.release(nextRelease(), { strategy, alarms: [AlarmName] }).start("deploy");
    await deploy.line(/on the canary, read back/);
    await setState("ALARM", "it burns");
    const { exitCode, stdout } = await deploy.finished;
    expect(stdout).toContain(`turning back: alarm ${AlarmName} is in ALARM: it burns`);
    expect(exitCode).toBe(10);
    expect(await shop.route()).toEqual(before);
  });

  it("one that fires already lets its mending ship, and holds the promotion until it is OK", async () => {
    const { AlarmName, setState } = await alarmThatStays("fires-before", "ALARM", "it burns");
    const strategy = { canary: { steps: SHORT_STEPS } };
    const refused = await shop
      .release(nextRelease(), { strategy, alarms: [AlarmName] })
      .run("deploy");
    expect(refused.exitCode).toBe(20);
    expect(refused.stderr).toMatch(/alarm fires-before: already in ALARM since \d\d:\d\d UTC/);
    const alarms = [{ name: AlarmName, atStart: "mustRecover" }];
    const deploy = shop.release(nextRelease(), { strategy, alarms }).start("deploy");
    await deploy.line(/held at .*it fired before the start and must be OK before promotion/);
    await setState("OK", "mended");
    const { exitCode, stdout } = await deploy.finished;
    expect(stdout).toMatch(
      /alarm fires-before: already in ALARM .*: must recover before promotion/,
    );
    expect(stdout).toContain("alarm fires-before went to OK: watched from now on");
    expect(exitCode).toBe(0);
  });

  it("one that watches another function stops everything before it begins", async () => {
    const { AlarmName } = await alarmThatStays("watches-another", "OK", "quiet", {
      Namespace: "AWS/Lambda",
      MetricName: "Errors",
      Dimensions: [{ Name: "FunctionName", Value: "another" }],
    });
    const release = shop.release(nextRelease(), { alarms: [AlarmName] });
    const { exitCode, stderr } = await release.run("deploy");
    expect(exitCode).toBe(20);
    expect(stderr).toContain("alarm watches-another: it watches function another");
    expect(stderr).toContain("wrongDimensions: ignore");
  });

  it("one that does not exist stops everything before it begins", async () => {
    const release = shop.release(nextRelease(), { alarms: ["no-such-alarm"] });
    const { exitCode, stderr } = await release.run("deploy");
    expect(exitCode).toBe(20);
    expect(stderr).toContain("no-such-alarm");
    expect(stderr).toContain("nothing was changed");
  });
});

/** The cloud's own evaluation finds no data, and leaves the state as the test has set it. */
async function alarmThatStays(
  AlarmName: string,
  state: StateValue,
  reason = "quiet",
  metric: Partial<PutMetricAlarmCommandInput> = { Namespace: "Shop", MetricName: "Trouble" },
) {
  const cloudWatch = new CloudWatch({
    endpoint: shop.cloud.url,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  onTestFinished(() => cloudWatch.destroy());
  await cloudWatch.putMetricAlarm({
    AlarmName,
    ...metric,
    Statistic: "Sum",
    Period: 60,
    TreatMissingData: "ignore",
    EvaluationPeriods: 1,
    Threshold: 0,
    ComparisonOperator: "GreaterThanThreshold",
  });
  const setState = (StateValue: StateValue, StateReason: string) =>
    cloudWatch.setAlarmState({ AlarmName, StateValue, StateReason });
  await setState(state, reason);
  return { AlarmName, setState };
}

async function createHookFunction(): Promise<void> {
  const { functionName } = shop;
  const { Role } = await shop.lambda.getFunctionConfiguration({ FunctionName: functionName });
  const release = shop.release(nextRelease());
  mkdirSync(join(release.path, "hook"));
  writeFileSync(
    join(release.path, "hook", "hook.py"),
    'def handler(event, context):\n    return {"verdict": "pass", "detail": event["canary"] + " answers"}\n',
  );
  await shop.lambda.createFunction({
    FunctionName: "says-yes",
    Runtime: "python3.13",
    Handler: "hook.handler",
    Role: Role ?? "",
    Code: { ZipFile: await zipFolder(join(release.path, "hook")) },
  });
}
