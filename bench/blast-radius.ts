// `npm run bench:blast-radius`: how many users meet a bad version before it is out. Real functions behind a real alias
// on the local cloud, 100 requests a second, failures counted at the client. Two ways to release the same bad code, in
// turn on the same machine: Headgate's budget, and a linear shift of 10% a minute guarded by an alarm on the alias
// (more than 10 errors in 60 s, three times in a row), as deployment services have it.
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { zipFolder } from "@headgate/drivers";
import { openShop, type Shop } from "../packages/cli/src/demo/shop.ts";
import { startTraffic, type Traffic } from "../packages/cli/src/demo/traffic.ts";
import { ReleaseFolder } from "./bad-release.ts";
import { configurationOf, startCloud, urlOf } from "./local-cloud.ts";
import { end, median, printTable, spread } from "./measure.ts";

const RUNS = Number(process.env["RUNS"] ?? 5);
const LINEAR_RUNS = Number(process.env["LINEAR_RUNS"] ?? 1);
const REQUESTS_PER_SECOND = 100;
const FAILURE_RATES = [0.3, 1] as const;
const ALARM = "alias-errors";
const ALARM_LOOKS_BACK_MS = 200_000;

interface Blast {
  readonly failed: number;
  /** From the canary's first traffic to the verdict. */
  readonly seconds: number;
}

/** The two ways to release; the rest of the spec is the same. */
const BUDGET = { spec: { strategy: { budget: {} } } };
const LINEAR = {
  spec: {
    strategy: { linear: { step: "10%", every: "60s" } },
    analysis: "none",
    alarms: [ALARM],
  },
};

const folder = new ReleaseFolder("blast");
const cloud = await startCloud();
try {
  const endpoint = urlOf(cloud);
  const configuration = configurationOf(endpoint);
  folder.writeCode("1.0.0", 0);
  const shop = await openShop(configuration, await zipFolder(folder.code));
  const cloudWatch = new CloudWatch(configuration);
  await putAlarm(cloudWatch, shop);
  const traffic = startTraffic(shop.url, REQUESTS_PER_SECOND);
  // Stable's own traffic is what the first weight is sized by.
  await new Promise((resolve) => setTimeout(resolve, 15_000));
  const rows: string[][] = [["release", "bad share", "failed requests", "seconds to the verdict"]];
  const ratios: string[] = [];
  let release = 0;
  for (const failureRate of FAILURE_RATES) {
    const blasts = { budget: [] as Blast[], linear: [] as Blast[] };
    for (let run = 0; run < RUNS; run++) {
      release += 1;
      blasts.budget.push(await blast(shop, traffic, endpoint, { release, failureRate, ...BUDGET }));
    }
    for (let run = 0; run < LINEAR_RUNS; run++) {
      // The alarm looks back three minutes: what the releases before did must not help it.
      await new Promise((resolve) => setTimeout(resolve, ALARM_LOOKS_BACK_MS));
      await cloudWatch.setAlarmState({
        AlarmName: ALARM,
        StateValue: "OK",
        StateReason: "the benchmark begins anew",
      });
      release += 1;
      blasts.linear.push(await blast(shop, traffic, endpoint, { release, failureRate, ...LINEAR }));
    }
    for (const kind of ["budget", "linear"] as const) {
      const failed = blasts[kind].map((one) => one.failed);
      const seconds = blasts[kind].map((one) => one.seconds);
      rows.push([kind, `${failureRate * 100}%`, spread(failed), spread(seconds, 1)]);
    }
    const [budget, linear] = [blasts.budget, blasts.linear].map((list) =>
      median(list.map(({ failed }) => failed)),
    );
    ratios.push(
      `${failureRate * 100}% bad: the linear release fails ${((linear ?? 0) / Math.max(1, budget ?? 0)).toFixed(0)} times as many requests`,
    );
  }
  const { sent, failed } = await traffic.stop();
  cloudWatch.destroy();
  printTable(
    `${RUNS} budget and ${LINEAR_RUNS} linear releases each, ${REQUESTS_PER_SECOND} requests/s: median (range)`,
    rows,
  );
  process.stdout.write(`${ratios.join("\n")}\nall in all ${failed} of ${sent} requests failed\n`);
} finally {
  await end(cloud);
  folder.remove();
}

async function blast(
  shop: Shop,
  traffic: Traffic,
  endpoint: string,
  wanted: { readonly release: number; readonly failureRate: number; readonly spec: object },
): Promise<Blast> {
  folder.writeCode(`2.0.${wanted.release}`, wanted.failureRate);
  writeSpec(shop, wanted.spec);
  const before = traffic.counts().failed;
  await folder.deployBad(endpoint);
  // What was on its way when the version was taken out has been answered by then.
  await new Promise((resolve) => setTimeout(resolve, 500));
  return { failed: traffic.counts().failed - before, seconds: await secondsToVerdict() };
}

async function secondsToVerdict(): Promise<number> {
  const { rollout } = await folder.history();
  const { abort, trafficSinceMs } = rollout;
  if (abort === undefined || trafficSinceMs === undefined) throw new Error("it did not turn back");
  return (abort.sinceMs - trafficSinceMs) / 1000;
}

function writeSpec({ functionName, alias }: Shop, rest: object): void {
  folder.writeSpec({
    name: "blast",
    target: { lambda: { function: functionName, alias } },
    revision: { folder: "code" },
    // A version that fails every request would be refused before it gets any: here it is to be met by users.
    probe: "none",
    ...rest,
  });
}

async function putAlarm(cloudWatch: CloudWatch, shop: Shop): Promise<void> {
  await cloudWatch.putMetricAlarm({
    AlarmName: ALARM,
    Namespace: "AWS/Lambda",
    MetricName: "Errors",
    Dimensions: [
      { Name: "FunctionName", Value: shop.functionName },
      { Name: "Resource", Value: `${shop.functionName}:${shop.alias}` },
    ],
    Statistic: "Sum",
    Period: 60,
    EvaluationPeriods: 3,
    DatapointsToAlarm: 3,
    Threshold: 10,
    ComparisonOperator: "GreaterThanThreshold",
    TreatMissingData: "notBreaching",
  });
}
