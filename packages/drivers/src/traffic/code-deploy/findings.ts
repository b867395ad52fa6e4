import type { DeploymentGroupInfo } from "@aws-sdk/client-codedeploy";
import type { CodeDeployHook, PreflightFinding, ScheduledWeight } from "@headgate/core";
import type { AwsClients } from "../../aws/clients.ts";
import type { AwsRunner } from "../../aws/runner.ts";
import { lookAt, type Looked, problem, warning } from "../../preflight.ts";
import type { DeployApi } from "./deploy-api.ts";
import { viewOf } from "./deployment.ts";
import { hookFindings } from "./hook-findings.ts";
import { describeSchedule, isSameSchedule, scheduleOf } from "./schedule.ts";

interface DeployPreflight {
  readonly api: DeployApi;
  readonly clients: AwsClients;
  readonly run: AwsRunner;
  readonly platform: "Lambda" | "ECS";
  /** What the strategy says. */
  readonly schedule: readonly ScheduledWeight[];
  /** Those of the AppSpec. Default: none. */
  readonly hooks?: readonly CodeDeployHook[] | undefined;
}

/** What CodeDeploy would make of a rollout; `more` looks at what only one platform's groups have. */
export async function deployFindings(
  preflight: DeployPreflight,
  more: (group: DeploymentGroupInfo) => readonly Promise<PreflightFinding>[] = () => [],
): Promise<readonly PreflightFinding[]> {
  const { api, platform } = preflight;
  const { application, deploymentGroup } = api.place;
  const exists = await lookAt(`CodeDeploy application ${application} exists`, async () => {
    const { computePlatform = "Server" } = await api.application();
    if (computePlatform === platform) return `compute platform ${platform}`;
    return problem(
      `its compute platform is ${computePlatform}; this target needs ${platform}`,
      `aws deploy create-application --compute-platform ${platform}, and name it in via.codeDeploy.application.`,
    );
  });
  if (exists.outcome === "problem") return [exists];
  let found: DeploymentGroupInfo | undefined;
  const groupExists = await lookAt(`deployment group ${deploymentGroup} exists`, async () => {
    found = await api.group();
    return `CodeDeploy acts as ${found.serviceRoleArn ?? "nobody"}`;
  });
  if (found === undefined) return [exists, groupExists];
  const group: DeploymentGroupInfo = found;
  return [
    exists,
    groupExists,
    await lookAt("CodeDeploy shifts as the strategy says", () => scheduleLooked(preflight, group)),
    await lookAt("the deployment group's alarms are quiet", () => alarmsLooked(preflight, group)),
    await lookAt("no deployment is under way", () => runningLooked(api)),
    await lookAt("a stopped deployment is rolled back", () => rollbackLooked(group)),
    ...(await Promise.all(more(group))),
    ...(await hookFindings(preflight, group)),
  ];
}

async function scheduleLooked(
  { api, schedule }: DeployPreflight,
  group: DeploymentGroupInfo,
): Promise<Looked> {
  const name = api.place.config ?? group.deploymentConfigName ?? "";
  const own = scheduleOf(await api.routing(name));
  if (isSameSchedule(own, schedule)) return `${name}: ${describeSchedule(own)}`;
  return problem(
    `${name} shifts ${describeSchedule(own)}; the strategy says ${describeSchedule(schedule)}`,
    "CodeDeploy keeps its own times: write them in the strategy, or name another configuration in via.codeDeploy.config.",
  );
}

/** An alarm of the group stops a deployment at once. Source: observed answers of AWS. */
async function alarmsLooked(
  { clients, run }: DeployPreflight,
  { alarmConfiguration = {} }: DeploymentGroupInfo,
): Promise<Looked> {
  const { enabled = false, alarms = [], ignorePollAlarmFailure = false } = alarmConfiguration;
  const AlarmNames = alarms.flatMap(({ name }) => name ?? []);
  if (!enabled || AlarmNames.length === 0) return "it has none";
  const client = await clients.cloudWatch();
  const request = {
    action: "cloudwatch:DescribeAlarms",
    subject: `alarms ${AlarmNames.join(", ")}`,
  };
  const { MetricAlarms = [], CompositeAlarms = [] } = await run(request, (abortSignal) =>
    client.describeAlarms(
      { AlarmNames, AlarmTypes: ["MetricAlarm", "CompositeAlarm"] },
      { abortSignal },
    ),
  );
  const known = [...MetricAlarms, ...CompositeAlarms];
  const active = known.filter(({ StateValue }) => StateValue === "ALARM");
  if (active.length > 0) {
    return problem(
      `in ALARM: ${active.map(({ AlarmName }) => AlarmName).join(", ")}; CodeDeploy stops every deployment at once`,
      "Wait until it is over, or take the alarm out of the deployment group.",
    );
  }
  const missing = AlarmNames.filter((name) => !known.some(({ AlarmName }) => AlarmName === name));
  if (missing.length > 0 && !ignorePollAlarmFailure) {
    return warning(
      `there is no alarm ${missing.join(", ")}: CodeDeploy cannot read it`,
      "Create it, or take it out of the deployment group.",
    );
  }
  return AlarmNames.join(", ");
}

async function runningLooked(api: DeployApi): Promise<Looked> {
  const running = (await api.newest()).map(viewOf).find(({ isRunning }) => isRunning);
  if (running === undefined) return "none";
  return problem(
    `deployment ${running.id} is ${running.status}, and CodeDeploy runs one at a time in a group`,
    `Let it end, or: aws deploy stop-deployment --deployment-id ${running.id}`,
  );
}

/** Headgate's own stop asks for the rollback by itself; the group's setting is for stops by others. */
function rollbackLooked({
  autoRollbackConfiguration = {},
  alarmConfiguration = {},
}: DeploymentGroupInfo): Looked {
  const { enabled = false, events = [] } = autoRollbackConfiguration;
  const by = enabled ? events : [];
  const hasAlarms =
    alarmConfiguration.enabled === true && (alarmConfiguration.alarms ?? []).length > 0;
  if (hasAlarms && !by.includes("DEPLOYMENT_STOP_ON_ALARM")) {
    return warning(
      "an alarm of the group stops a deployment where it stands: users keep the canary until Headgate looks at the route again (poll.route), and nothing turns back while no Headgate runs",
      "Add DEPLOYMENT_STOP_ON_ALARM to the group's --auto-rollback-configuration.",
    );
  }
  if (by.length > 0) return `by Headgate always, by the group on ${by.join(", ")}`;
  return "by Headgate; the group itself rolls nothing back, and what others stop Headgate moves back";
}
