import type { AlarmConfiguration, AutoRollbackConfiguration } from "@aws-sdk/client-codedeploy";
import { refused } from "../errors.ts";
import { ALARM_NAME_MAX, ALARMS_MAX } from "../limits.ts";

/** Source of the rules: the model's documentation of InvalidAlarmConfigException. Unverified: the texts. */
export function checkAlarms(configuration: AlarmConfiguration | undefined): void {
  if (configuration === undefined) return;
  const { enabled = false, alarms } = configuration;
  if (enabled && (alarms === undefined || alarms.length === 0)) {
    throw refused(
      "InvalidAlarmConfigException",
      "The alarm configuration is enabled, but the alarm list is empty",
    );
  }
  const names = (alarms ?? []).map(({ name }) => name ?? "");
  if (names.length > ALARMS_MAX) {
    throw refused(
      "AlarmsLimitExceededException",
      `Deployment Groups cannot contain more than ${ALARMS_MAX} alarms, got ${names.length}.`,
    );
  }
  for (const [index, name] of names.entries()) {
    if (name === "" || name.length > ALARM_NAME_MAX) {
      throw refused(
        "InvalidAlarmConfigException",
        `The name of alarm ${index + 1} must have 1 to ${ALARM_NAME_MAX} characters, got ${name.length}`,
      );
    }
    if (names.indexOf(name) !== index) {
      throw refused("InvalidAlarmConfigException", `Two alarms have the same name: ${name}`);
    }
  }
}

export function checkAutoRollback(configuration: AutoRollbackConfiguration | undefined): void {
  if (configuration?.enabled !== true || (configuration.events ?? []).length > 0) return;
  throw refused(
    "InvalidAutoRollbackConfigException",
    "Deployment Groups need to have at least one event specified when auto rollback is enabled",
  );
}
