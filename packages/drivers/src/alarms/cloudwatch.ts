import type {
  CompositeAlarm,
  DescribeAlarmsCommandInput,
  MetricAlarm,
  StateValue,
} from "@aws-sdk/client-cloudwatch";
import type { AlarmFinding, AlarmReading, AlarmSource, AlarmState } from "@headgate/core";
import type { AwsClients } from "../aws/clients.ts";
import type { AwsRunner } from "../aws/runner.ts";
import type { Clock } from "../clock.ts";
import { classify } from "./classify.ts";
import type { ScopeOf } from "./scope.ts";

export interface CloudWatchAlarmsOptions {
  readonly clients: AwsClients;
  readonly run: AwsRunner;
  readonly clock: Clock;
  /**
   * What alarms on the platform's own metrics should be about: one that watches something else is of the
   * class wrongDimensions. Absent: they are not judged.
   */
  readonly scopeOf?: ScopeOf;
}

/** An alarm of either kind, by name. */
export type FoundAlarm =
  | { readonly kind: "metric"; readonly alarm: MetricAlarm }
  | { readonly kind: "composite"; readonly alarm: CompositeAlarm };

/** The most names that DescribeAlarms takes. Source: AWS docs, API_DescribeAlarms. */
const NAMES_PER_REQUEST = 100;

/** The controller waits 10 s for the alarms. */
const READ_MS = 8000;

const STATES: Readonly<Record<StateValue, AlarmState>> = {
  OK: "ok",
  ALARM: "alarm",
  INSUFFICIENT_DATA: "insufficientData",
};

/** CloudWatch alarms, of metrics and composite. Their state is CloudWatch's: we only read it. */
export function cloudWatchAlarms(options: CloudWatchAlarmsOptions): AlarmSource {
  return {
    async read(names, look) {
      const found = await describeAlarms(options, names);
      const describe = (more: readonly string[]) => describeAlarms(options, more);
      const findings =
        look === undefined ? undefined : await classify(options, look, found, describe);
      return names.map((name) => readingOf(name, found.get(name), findings?.get(name)));
    },
  };
}

async function describeAlarms(
  { clients, run }: CloudWatchAlarmsOptions,
  names: readonly string[],
): Promise<ReadonlyMap<string, FoundAlarm>> {
  const found = new Map<string, FoundAlarm>();
  const wanted = [...new Set(names)];
  for (let start = 0; start < wanted.length; start += NAMES_PER_REQUEST) {
    const AlarmNames = wanted.slice(start, start + NAMES_PER_REQUEST);
    const cloudWatch = await clients.cloudWatch();
    const request = { action: "cloudwatch:DescribeAlarms", subject: "the rollout's alarms" };
    const input: DescribeAlarmsCommandInput = {
      AlarmNames,
      // Left out, CloudWatch returns metric alarms only.
      AlarmTypes: ["MetricAlarm", "CompositeAlarm"],
      MaxRecords: NAMES_PER_REQUEST,
    };
    const send = (abortSignal: AbortSignal) => cloudWatch.describeAlarms(input, { abortSignal });
    const answer = await run(request, send, { deadlineMs: READ_MS });
    for (const alarm of answer.MetricAlarms ?? []) {
      found.set(alarm.AlarmName ?? "", { kind: "metric", alarm });
    }
    for (const alarm of answer.CompositeAlarms ?? []) {
      found.set(alarm.AlarmName ?? "", { kind: "composite", alarm });
    }
  }
  return found;
}

function readingOf(
  name: string,
  found: FoundAlarm | undefined,
  finding: AlarmFinding | undefined,
): AlarmReading {
  const value = found?.alarm.StateValue;
  const state = value === undefined ? undefined : STATES[value];
  const reason = value === undefined ? "there is no such alarm" : (found?.alarm.StateReason ?? "");
  return { name, state, reason, ...(finding === undefined ? {} : { finding }) };
}
