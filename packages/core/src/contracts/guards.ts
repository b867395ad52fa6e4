import type { Json } from "../rollout/json.ts";
import type { VersionId } from "./traffic-driver.ts";

export type AlarmState = "ok" | "alarm" | "insufficientData";

/**
 * What an alarm is worth to a rollout:
 * - `ok`: its state is OK, and rests on data of this target.
 * - `alarm`: it is in ALARM now.
 * - `noData`: its state is INSUFFICIENT_DATA, or its metric had no data in the whole look-back.
 * - `wrongDimensions`: its metric cannot be about this rollout: another function, another alias, another
 *   version, or dimensions that nobody publishes. It can never fire because of the canary.
 * - `stale`: its state is OK, but rests on data that is long past, or is not being evaluated.
 * - `missing`: there is no alarm of that name.
 * - `unknown`: its state could be read, but not what that rests on.
 */
export type AlarmClass =
  | "ok"
  | "alarm"
  | "noData"
  | "wrongDimensions"
  | "stale"
  | "missing"
  | "unknown";

export interface AlarmFinding {
  readonly class: AlarmClass;
  /** What the class rests on, for people: "in ALARM since 10:02 UTC (2 of 2 datapoints ...)". */
  readonly detail: string;
  /** What to do about it; empty when there is nothing to do. */
  readonly hint: string;
  /** What is odd about it, and is no reason to distrust it. */
  readonly warnings: readonly string[];
  readonly evidence: { readonly [key: string]: Json };
  /** The canary of the look: with another one it is classified again. */
  readonly canary?: VersionId;
}

export interface AlarmReading {
  readonly name: string;
  /** Undefined when there is no such alarm. */
  readonly state: AlarmState | undefined;
  /** The platform's own reason, for people. */
  readonly reason: string;
  /** Only when it was asked for. */
  readonly finding?: AlarmFinding;
}

/** The alarms to classify, and what for. */
export interface AlarmLook {
  readonly names: readonly string[];
  readonly stable: VersionId;
  /** Absent until the canary is prepared. */
  readonly canary?: VersionId;
}

export interface AlarmSource {
  /**
   * One reading per name, in the order given; with a finding for those that `classify` names. What keeps
   * an alarm from being classified is a finding too (`unknown`): it must not hide the states.
   */
  read(names: readonly string[], classify?: AlarmLook): Promise<readonly AlarmReading[]>;
}
