import type { AlarmConfiguration, ErrorInformation } from "@aws-sdk/client-codedeploy";
import type { DeploymentRow } from "../state.ts";
import { refusedTo } from "./service-role.ts";
import type { Run } from "./stage.ts";

/**
 * The alarms that stop a deployment. A rollback is not stopped: the alarm that caused it still fires.
 * Unverified: that AWS does not look at them in a rollback.
 */
function alarmsOf(row: DeploymentRow): AlarmConfiguration | undefined {
  if (row.creator === "codeDeployRollback") return undefined;
  const configuration = row.overrideAlarmConfiguration ?? row.settings.alarmConfiguration;
  return configuration?.enabled === true ? configuration : undefined;
}

export function followsAlarm(row: DeploymentRow, alarmName: string): boolean {
  return (alarmsOf(row)?.alarms ?? []).some(({ name }) => name === alarmName);
}

/**
 * Why the deployment has to stop, if its alarms say so, or if the role may not look at them.
 * Source: observed answers of AWS (the first text); the model's documentation of ignorePollAlarmFailure (that it stops
 * when CloudWatch cannot be asked). Unverified: that a lacking permission is such a case, and its code.
 */
export async function activeAlarm(run: Run): Promise<ErrorInformation | undefined> {
  const configuration = alarmsOf(run.row());
  if (configuration === undefined) return undefined;
  const AlarmNames = (configuration.alarms ?? []).map(({ name = "" }) => name);
  const input = { AlarmNames };
  const problem = await refusedTo(run, {
    service: "monitoring",
    operation: "DescribeAlarms",
    input,
  });
  if (problem !== undefined) {
    const { code, message } = problem;
    return configuration.ignorePollAlarmFailure === true ? undefined : { code, message };
  }
  const alarms = await run.codedeploy.cloud.port("alarms");
  const active: string[] = [];
  const unknown: string[] = [];
  for (const name of AlarmNames) {
    const view = alarms.find({ ...run.state.place, alarmName: name });
    if (view === undefined) unknown.push(name);
    else if (view.state === "ALARM") active.push(name);
  }
  if (active.length > 0) {
    const told = active.map((name) => `<${name}>`).join(" ");
    return {
      code: "ALARM_ACTIVE",
      message: `One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and the affected deployments have been stopped. Activated alarms: ${told}`,
    };
  }
  if (unknown.length === 0 || configuration.ignorePollAlarmFailure === true) return undefined;
  // Unverified: code and text.
  return {
    code: "ALARM_ACTIVE",
    message: `The deployment was stopped because CloudWatch could not tell the state of these alarms: ${unknown.join(", ")}`,
  };
}
