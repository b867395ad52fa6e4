// Protects the published policy of `headgate alarms put` and `headgate dashboard put`, beside what a target's own policy
// lets be read; and not without any one of its permissions.
import { alarmPlan, dashboardBody, parseSpec } from "@headgate/core";
import { expect, it } from "vitest";
import { ecsDrivers, lambdaDrivers, monitoring, type RolloutDrivers } from "../../src/index.ts";
import type { AwsClients } from "../../src/aws/clients.ts";
import type { Clock } from "../../src/clock.ts";
import { cloudWithFunction } from "../support/alias-driver.ts";
import { ecsCloud, SERVICE } from "../support/ecs-cloud.ts";
import { ALIAS, FUNCTION_NAME } from "../support/lambda-cloud.ts";
import { proveLeast, releaseRole, type Step } from "../support/least-privilege.ts";
import { publishedStatements } from "../support/published-policy.ts";
import { constantRandom } from "../support/test-clock.ts";

const NAME = "web";
const VALUES = {
  REGION: "us-east-1",
  ACCOUNT: "000000000000",
  NAME,
  CLUSTER: SERVICE.cluster,
  SERVICE: SERVICE.service,
  FAMILY: "web",
  TASK_ROLE: "execution",
  LOAD_BALANCER: "shop",
  FUNCTION: FUNCTION_NAME,
};
/** Enough for every alarm. */
const USUAL = { requestsPerSecond: 5, errorRate: 0.001, requests: 1000, hours: 336 };
const COMMON = { random: constantRandom(0), metrics: { resolutionMs: 1000, lagMs: 1000 } };

/** What both commands do, as they do it. */
function steps(parts: {
  readonly access: { readonly clients: AwsClients; readonly clock: Clock };
  readonly drivers: Pick<RolloutDrivers, "traffic" | "metrics">;
  readonly target: object;
  readonly revision: object;
}): readonly Step[] {
  const { access, drivers, target, revision } = parts;
  const strategy = { canary: { steps: [{ setWeight: "10%" }] } };
  const text = JSON.stringify({ name: NAME, target, revision, strategy, alarms: ["theirs"] });
  const { spec } = parseSpec(text, "headgate.yaml");
  const watch = monitoring({ ...access, random: constantRandom(0) });
  const look = () => watch.look(spec, drivers.traffic);
  return [
    {
      name: "put the alarms",
      async run() {
        const [found] = await Promise.all([look(), watch.usual(drivers.metrics)]);
        const latency = await watch.latency(found, USUAL);
        const { alarms } = alarmPlan(found, { usual: USUAL, latency, topics: [] });
        const tags = { "headgate:name": NAME };
        await watch.putAlarms({ alarms, tags, isDryRun: false, overwrite: false });
      },
    },
    {
      name: "put the dashboard",
      async run() {
        const found = await look();
        const body = dashboardBody({
          name: NAME,
          isRelease: false,
          region: await watch.region(),
          targets: [{ monitored: found, alarms: await watch.alarmArns(spec, found) }],
          shared: (await watch.shared([spec])).extras,
        });
        await watch.putDashboard({ name: NAME, body, overwrite: false });
      },
    },
  ];
}

async function unused(
  role: Awaited<ReturnType<typeof releaseRole>>,
  policy: string,
  all: readonly Step[],
): Promise<readonly string[]> {
  const statements = await publishedStatements([policy, "monitoring"], VALUES);
  const own = (await publishedStatements(["monitoring"], VALUES)).map(({ Sid }) => Sid);
  const left = await proveLeast(role, statements, all);
  return left.filter((one) => own.some((sid) => one.startsWith(`${sid} `)));
}

it("lets the alarms and the dashboard of a function be put, and no others", async () => {
  const cloud = await cloudWithFunction();
  const role = await releaseRole(cloud);
  const access = { clients: role.clients, clock: cloud.clock };
  const target = { function: FUNCTION_NAME, alias: ALIAS };
  const revision = { version: "2" };
  const drivers = lambdaDrivers({ ...COMMON, ...access, target, revision });
  const all = steps({ access, drivers, target: { lambda: target }, revision });
  expect(await unused(role, "lambda-alias", all)).toEqual([]);
});

it("lets the alarms and the dashboard of a service be put", async () => {
  const cloud = await ecsCloud();
  const role = await releaseRole(cloud);
  const access = { clients: role.clients, clock: cloud.clock };
  const targetGroups = ["web-blue", "web-green"];
  const target = { ...SERVICE, listener: "shop:80", targetGroups, container: "app" };
  const revision = { image: "web:two" };
  const drivers = ecsDrivers({ ...COMMON, ...access, target, revision });
  const all = steps({ access, drivers, target: { ecs: target }, revision });
  expect(await unused(role, "ecs-task-sets", all)).toEqual([]);
});
