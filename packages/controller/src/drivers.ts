import type {
  AlarmSource,
  HookRunner,
  MetricSource,
  Notifier,
  RolloutSpec,
  TrafficDriver,
} from "@headgate/core";

/** All that a rollout talks to the world through. */
export interface Drivers {
  readonly traffic: TrafficDriver;
  readonly metrics: MetricSource;
  readonly alarms: AlarmSource;
  readonly hooks: HookRunner;
  readonly notifier: Notifier;
}

/**
 * Makes the drivers of one rollout. Called again with the specification from the journal when another
 * process goes on with it. `specFile` is where its relative paths start.
 */
export type DriversFactory = (
  spec: RolloutSpec,
  specFile: string | undefined,
) => Drivers | Promise<Drivers>;
