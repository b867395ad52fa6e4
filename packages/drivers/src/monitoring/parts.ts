import type { AwsClients } from "../aws/clients.ts";
import type { AwsRunner } from "../aws/runner.ts";
import type { Clock } from "../clock.ts";
import type { CounterDefinition, Dimensions } from "../metrics/counter-definition.ts";
import type { MonitoredArm, Term } from "@headgate/core";

/** What looking at a target and writing its dashboard and alarms takes. */
export interface MonitoringAccess {
  readonly clients: AwsClients;
  readonly run: AwsRunner;
  readonly clock: Clock;
}

/** Where an arm's counts are: the dimensions that are added, and those that are taken away. */
export interface ArmPlaces {
  readonly key: string;
  readonly label: string;
  readonly added: readonly Dimensions[];
  readonly without?: readonly Dimensions[];
  readonly isAlarmed: boolean;
}

/** The arm of a target whose metrics `definition` names. Latency is there where one place alone counts it. */
export function armOf(definition: CounterDefinition, places: ArmPlaces): MonitoredArm {
  const { key, label, added, without = [], isAlarmed } = places;
  const termsOf = (metricName: string): Term[] => [
    ...added.map((dimensions) => term(1, metricName, dimensions)),
    ...without.map((dimensions) => term(-1, metricName, dimensions)),
  ];
  const term = (sign: 1 | -1, metricName: string, dimensions: Dimensions): Term => ({
    sign,
    metric: { namespace: definition.namespace, metricName, dimensions },
  });
  const [only] = added;
  const hasLatency = added.length === 1 && without.length === 0;
  const { latency, namespace } = definition;
  return {
    key,
    label,
    isAlarmed,
    requests: termsOf(definition.requests),
    errors: definition.errors.flatMap(termsOf),
    ...(latency === undefined || only === undefined || !hasLatency
      ? {}
      : {
          latency: {
            metric: { namespace, metricName: latency.metricName, dimensions: only },
            unitMs: latency.unitMs,
          },
        }),
  };
}
