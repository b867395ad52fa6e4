import type { Store, Table } from "../../storage/store.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import { noBus, noRule } from "./errors.ts";
import type { EventsInput } from "./sdk.ts";

export const SERVICE = "events";
export const DEFAULT_BUS = "default";

export interface BusRow {
  readonly name: string;
  readonly arn: string;
  readonly description: string | undefined;
  readonly kmsKeyIdentifier: string | undefined;
  readonly deadLetterArn: string | undefined;
  /** A JSON document. */
  readonly policy: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
}

export type TargetRow = NonNullable<EventsInput<"PutTargets">["Targets"]>[number];

export interface RuleRow {
  readonly name: string;
  readonly busName: string;
  readonly arn: string;
  readonly pattern: string | undefined;
  /** "rate(5 minutes)", "cron(0 12 * * ? *)" */
  readonly schedule: string | undefined;
  /** When the schedule began to count. */
  readonly scheduledFromMs: number;
  readonly isEnabled: boolean;
  readonly state: "ENABLED" | "DISABLED" | "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";
  readonly description: string | undefined;
  readonly roleArn: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly targets: readonly TargetRow[];
}

export interface EventsState {
  readonly buses: Table<BusRow>;
  /** By `ruleKey`. */
  readonly rules: Table<RuleRow>;
}

export function stateOf(store: Store, { account, region }: Place): EventsState {
  const scope = { account, region, service: SERVICE };
  return { buses: store.table(scope, "buses"), rules: store.table(scope, "rules") };
}

export function ruleKey(busName: string, name: string): string {
  return `${busName}/${name}`;
}

/** "default" when left out; an ARN's last part. */
export function busNameOf(nameOrArn: string | undefined): string {
  return (nameOrArn ?? DEFAULT_BUS).replace(/^arn:.*:event-bus\//, "");
}

export function busArn({ account, region }: Place, name: string): string {
  return `arn:aws:events:${region}:${account}:event-bus/${name}`;
}

export function ruleArn({ account, region }: Place, busName: string, name: string): string {
  const path = busName === DEFAULT_BUS ? name : `${busName}/${name}`;
  return `arn:aws:events:${region}:${account}:rule/${path}`;
}

/** The default bus is always there. @throws {AwsError} ResourceNotFoundException */
export function findBus({ buses }: EventsState, place: Place, name: string): BusRow {
  const bus = buses.get(name);
  if (bus !== undefined) return bus;
  if (name !== DEFAULT_BUS) throw noBus(name);
  return {
    name,
    arn: busArn(place, name),
    description: undefined,
    kmsKeyIdentifier: undefined,
    deadLetterArn: undefined,
    policy: undefined,
    tags: {},
    createdAtMs: 0,
    changedAtMs: 0,
  };
}

/** @throws {AwsError} ResourceNotFoundException, for the bus or for the rule. */
export function findRule(
  state: EventsState,
  place: Place,
  wanted: { readonly busName: string; readonly name: string },
): RuleRow {
  findBus(state, place, wanted.busName);
  const rule = state.rules.get(ruleKey(wanted.busName, wanted.name));
  if (rule === undefined) throw noRule(wanted.name, wanted.busName);
  return rule;
}

export function rulesOn({ rules }: EventsState, busName: string): RuleRow[] {
  return [...rules.values()].filter((rule) => rule.busName === busName);
}
