import type { MetricAlarm } from "@aws-sdk/client-cloudwatch";
import { ALARM_MARK, type AlarmDefinition, type Change, RolloutError } from "@headgate/core";
import { alarmChange, alarmInput } from "./alarm-input.ts";
import type { MonitoringAccess } from "./parts.ts";

export interface PutAlarm {
  readonly name: string;
  /** Whom it tells: also those that were left as they were. */
  readonly actions: readonly string[];
  readonly change: Change;
}

export interface PutAlarmsOptions {
  readonly alarms: readonly AlarmDefinition[];
  readonly tags: Readonly<Record<string, string>>;
  /** Only says what it would change. */
  readonly isDryRun: boolean;
  /** Also alarms of these names that somebody else has put. */
  readonly overwrite: boolean;
}

/** Of a composite one no more than where it is. */
type FoundAlarm = MetricAlarm & { readonly isMetricAlarm: boolean };

/** The most names that DescribeAlarms takes. Source: AWS docs, API_DescribeAlarms. */
const NAMES_PER_REQUEST = 100;

/**
 * Makes the alarms what they should be. One that is so already is not written. An update keeps an alarm's state.
 * @throws {RolloutError} USAGE when an alarm of that name is somebody else's; then none was written.
 */
export async function putAlarms(
  access: MonitoringAccess,
  { alarms, tags, isDryRun, overwrite }: PutAlarmsOptions,
): Promise<readonly PutAlarm[]> {
  const before = await readAlarms(
    access,
    alarms.map(({ name }) => name),
  );
  const foreign = [...before].filter(([, alarm]) => !isOurs(alarm));
  if (foreign.length > 0 && !overwrite && !isDryRun) throw notOurs(foreign.map(([name]) => name));
  const put: PutAlarm[] = [];
  for (const definition of alarms) {
    const found = before.get(definition.name);
    const existing = found?.isMetricAlarm === true ? found : undefined;
    // Nobody named this time is not nobody to be told: whoever was stays.
    const kept = existing?.AlarmActions ?? [];
    const actions = definition.actions.length === 0 ? kept : definition.actions;
    const input = alarmInput({ ...definition, actions }, tags);
    const change = alarmChange(existing, input);
    put.push({ name: definition.name, actions, change });
    if (isDryRun || change.kind === "unchanged") continue;
    const cloudWatch = await access.clients.cloudWatch();
    await access.run(
      { action: "cloudwatch:PutMetricAlarm", subject: `alarm ${definition.name}` },
      (abortSignal) => cloudWatch.putMetricAlarm(input, { abortSignal }),
    );
  }
  return put;
}

function notOurs(names: readonly string[]): RolloutError {
  return new RolloutError(
    "USAGE",
    `${names.join(", ")}: there is such an alarm already, and Headgate has not put it`,
    { hint: "Rename or delete it, or overwrite it with --yes." },
  );
}

/** Alarms by name, as far as they exist. */
async function readAlarms(
  { clients, run }: MonitoringAccess,
  names: readonly string[],
): Promise<ReadonlyMap<string, FoundAlarm>> {
  const found = new Map<string, FoundAlarm>();
  const cloudWatch = await clients.cloudWatch();
  for (let start = 0; start < names.length; start += NAMES_PER_REQUEST) {
    const answer = await run(
      { action: "cloudwatch:DescribeAlarms", subject: "the alarms" },
      (abortSignal) =>
        cloudWatch.describeAlarms(
          {
            AlarmNames: names.slice(start, start + NAMES_PER_REQUEST),
            AlarmTypes: ["MetricAlarm", "CompositeAlarm"],
            MaxRecords: NAMES_PER_REQUEST,
          },
          { abortSignal },
        ),
    );
    for (const alarm of answer.MetricAlarms ?? []) {
      found.set(alarm.AlarmName ?? "", { ...alarm, isMetricAlarm: true });
    }
    for (const { AlarmName = "", AlarmArn } of answer.CompositeAlarms ?? []) {
      found.set(AlarmName, { AlarmArn, isMetricAlarm: false });
    }
  }
  return found;
}

/** The ARNs of those of the alarms that exist, in the order of their names; of `ours` only what Headgate has put. */
export async function alarmArns(
  access: MonitoringAccess,
  { named, ours }: { readonly named: readonly string[]; readonly ours: readonly string[] },
): Promise<readonly string[]> {
  const found = await readAlarms(access, [...new Set([...named, ...ours])]);
  return [...found]
    .filter(([name, alarm]) => named.includes(name) || isOurs(alarm))
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([, { AlarmArn = "" }]) => AlarmArn);
}

function isOurs(alarm: FoundAlarm): boolean {
  return alarm.isMetricAlarm && alarm.AlarmDescription?.startsWith(ALARM_MARK) === true;
}
