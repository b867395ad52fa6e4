import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { alarmPlan, dashboardBody, parseSpec, type UsualLevel } from "@headgate/core";
import { onTestFinished } from "vitest";
import { monitoring, type RolloutDrivers } from "../../src/index.ts";
import type { AwsClients } from "../../src/aws/clients.ts";
import type { Clock } from "../../src/clock.ts";
import { emptyLines } from "./dashboard-lines.ts";
import { ACCESS } from "./lambda-cloud.ts";
import { constantRandom } from "./test-clock.ts";

export const TOPIC = "arn:aws:sns:us-east-1:000000000000:on-call";

/** Much for a test, and still such that a fault shows within a minute. */
const BUSY: UsualLevel = { requestsPerSecond: 5, errorRate: 0.001, requests: 1, hours: 336 };

interface Parts {
  readonly cloud: {
    readonly clients: AwsClients;
    readonly clock: Clock;
    readonly url: string;
    advance(ms: number): Promise<void>;
  };
  readonly drivers: Pick<RolloutDrivers, "traffic" | "metrics" | "alarms">;
  readonly target: Readonly<Record<string, unknown>>;
  readonly revision: Readonly<Record<string, unknown>>;
  /** Named in the spec. */
  readonly alarms?: readonly string[];
}

/** What puts the alarms and the dashboard "web" of a target, and looks at them. */
export async function monitored({ cloud, drivers, target, revision, alarms = [] }: Parts) {
  const cloudWatch = new CloudWatch({ ...ACCESS, endpoint: cloud.url, maxAttempts: 1 });
  onTestFinished(() => cloudWatch.destroy());
  const strategy = { canary: { steps: [{ setWeight: "10%" }] } };
  const text = JSON.stringify({ name: "web", target, revision, strategy, alarms });
  const { spec } = parseSpec(text, "headgate.yaml");
  const watch = monitoring({ ...cloud, random: constantRandom(0) });
  const look = () => watch.look(spec, drivers.traffic);
  const names = async () => {
    const { MetricAlarms = [] } = await cloudWatch.describeAlarms({ AlarmNamePrefix: "web-" });
    return MetricAlarms.map(
      ({ AlarmName = "", StateValue = "" }) => [AlarmName, StateValue] as const,
    );
  };
  return {
    watch,
    cloudWatch,
    look,
    async put(usual: UsualLevel | undefined = BUSY) {
      const found = await look();
      const latency = await watch.latency(found, usual);
      const plan = alarmPlan(found, { usual, latency, topics: [TOPIC] });
      const options = { alarms: plan.alarms, tags: {}, isDryRun: false, overwrite: false };
      return { plan, put: await watch.putAlarms(options) };
    },
    states: async () => Object.fromEntries(await names()),
    /** As preflight finds them; what it would warn of too. */
    async classes(versions: { readonly stable: string; readonly canary?: string }) {
      const all = (await names()).map(([name]) => name);
      const readings = await drivers.alarms.read(all, { names: all, ...versions });
      return readings.map(({ finding }) => ({
        class: finding?.class,
        warnings: finding?.warnings ?? [],
      }));
    },
    /** Puts it and asks for each of its lines. */
    async dashboard() {
      const found = await look();
      const body = dashboardBody({
        name: "web",
        isRelease: false,
        region: await watch.region(),
        targets: [{ monitored: found, alarms: await watch.alarmArns(spec, found) }],
        shared: (await watch.shared([spec])).extras,
      });
      const put = await watch.putDashboard({ name: "web", body, overwrite: false });
      return { ...put, ...(await emptyLines(cloudWatch, "web", cloud.clock.nowMs())) };
    },
  };
}
