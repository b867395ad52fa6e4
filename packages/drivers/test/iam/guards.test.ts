// Protects the published policies of what a release asks beside its target: alarms, hooks and topics; and not without
// any one of their permissions.
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { SNS } from "@aws-sdk/client-sns";
import type { HookCall, Notice } from "@headgate/core";
import { weightBps } from "@headgate/core";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { lambdaDrivers } from "../../src/index.ts";
import { cloudWithFunction } from "../support/alias-driver.ts";
import { ACCESS, ALIAS, FUNCTION_NAME, type LambdaCloud } from "../support/lambda-cloud.ts";
import { proveLeast, type ReleaseRole, releaseRole } from "../support/least-privilege.ts";
import { publishedStatements } from "../support/published-policy.ts";
import { problemsIn } from "../support/release-steps.ts";
import { constantRandom } from "../support/test-clock.ts";

const VALUES = {
  REGION: "us-east-1",
  ACCOUNT: "000000000000",
  HOOK_FUNCTION: FUNCTION_NAME,
  TOPIC: "releases",
};
const TOPIC = `arn:aws:sns:${VALUES.REGION}:${VALUES.ACCOUNT}:${VALUES.TOPIC}`;

let cloud: LambdaCloud;
let role: ReleaseRole;
beforeEach(async () => {
  cloud = await cloudWithFunction({
    "app.py": 'def handler(event, context):\n    return {"verdict": "pass"}\n',
  });
  role = await releaseRole(cloud);
});

function drivers() {
  return lambdaDrivers({
    clients: role.clients,
    clock: cloud.clock,
    random: constantRandom(0),
    target: { function: FUNCTION_NAME, alias: ALIAS },
    revision: { version: "1" },
    metrics: { resolutionMs: 1000, lagMs: 1000 },
    notify: [{ sns: { topic: TOPIC } }],
  });
}

it("lets alarms be read, and what they rest on", async () => {
  const cloudWatch = new CloudWatch({ ...ACCESS, endpoint: cloud.url, maxAttempts: 1 });
  onTestFinished(() => cloudWatch.destroy());
  await cloudWatch.putMetricAlarm({
    AlarmName: "failures",
    Namespace: "Shop",
    MetricName: "Failures",
    Dimensions: [{ Name: "Function", Value: FUNCTION_NAME }],
    Statistic: "Sum",
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: "GreaterThanOrEqualToThreshold",
    TreatMissingData: "notBreaching",
  });
  await cloud.advance(120_000);
  const { alarms } = drivers();
  const steps = [
    {
      name: "read and classify an alarm",
      async run() {
        const names = ["failures"];
        const [reading] = await alarms.read(names, { names, stable: "1" });
        const { class: judged, detail = "not classified", warnings = [] } = reading?.finding ?? {};
        const unseen = warnings.filter((warning) => warning.includes("not allowed to call"));
        return judged === undefined || judged === "unknown" ? [detail] : unseen;
      },
    },
  ];
  const statements = await publishedStatements(["alarms"], VALUES);
  expect(await proveLeast(role, statements, steps)).toEqual([]);
});

it("lets hooks be called that are functions", async () => {
  const { hooks } = drivers();
  const call: HookCall = {
    name: "smoke",
    target: { kind: "lambda", functionName: FUNCTION_NAME },
    timeoutMs: 30_000,
    input: { rollout: "r1", hook: "smoke", when: "beforeTraffic", stable: "1", weightBps: 0 },
  };
  const steps = [
    { name: "look at it", run: async () => problemsIn(await hooks.preflight([call])) },
    {
      name: "call it",
      async run() {
        const { verdict, detail } = await hooks.run(call);
        return verdict === "pass" ? [] : [detail];
      },
    },
  ];
  const statements = await publishedStatements(["hooks"], VALUES);
  expect(await proveLeast(role, statements, steps)).toEqual([]);
});

it("lets topics be told", async () => {
  const sns = new SNS({ ...ACCESS, endpoint: cloud.url, maxAttempts: 1 });
  onTestFinished(() => sns.destroy());
  await sns.createTopic({ Name: VALUES.TOPIC });
  const { notifier } = drivers();
  const notice: Notice = {
    id: "n1",
    kind: "started",
    rollout: "r1",
    name: "checkout",
    target: "Lambda checkout:live",
    subject: "started",
    text: "It begins.",
    reason: "",
    weight: weightBps(0),
    route: "1",
    atMs: cloud.clock.nowMs(),
  };
  const steps = [
    { name: "look at it", run: async () => problemsIn(await notifier.preflight()) },
    { name: "tell it", run: () => notifier.notify(notice) },
  ];
  const statements = await publishedStatements(["notify"], VALUES);
  expect(await proveLeast(role, statements, steps)).toEqual([]);
});
