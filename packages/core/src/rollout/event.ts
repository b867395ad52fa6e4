import type { AlarmReading } from "../contracts/guards.ts";
import type { HookOutcome } from "../contracts/hook.ts";
import type {
  Baseline,
  MetricWindow,
  Reading,
  VersionBucket,
  VersionCounts,
} from "../contracts/metric-source.ts";
import type { LiveRoute, Prepared, VersionId } from "../contracts/traffic-driver.ts";
import type { ErrorCode } from "../errors.ts";
import type { Barrier } from "../plan/plan.ts";
import type { RolloutSpec } from "../spec/schema.ts";
import type { CommandId } from "./command.ts";

/** The first entry of every journal: all that a rollout is made from. */
export interface RolloutCreated {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly spec: RolloutSpec;
  /** Absolute path of the file the specification was read from; its relative paths start there. */
  readonly specFile?: string;
  readonly target: {
    readonly id: string;
    readonly label: string;
    readonly resolutionBps: number;
    /** @see TargetDescription.propagationMs */
    readonly propagationMs?: number;
    /** @see TargetDescription.prevention */
    readonly prevention?: string;
  };
  /** The route before anything was changed: the way back. */
  readonly route: LiveRoute;
  /** What the metric source says of itself. Milliseconds. */
  readonly metrics: {
    readonly lagMs: number;
    readonly resolutionMs: number;
    readonly countedBy?: "router" | "version";
  };
  /** Stable's own traffic as an earlier rollout measured it, for when there is too little of late. */
  readonly baseline?: Baseline;
  readonly actor: string;
  readonly reason?: string;
  /** The release that it is a part of, and where it waits for the rest. */
  readonly release?: ReleasePart;
}

export interface ReleasePart {
  /** Names the release: "shop-20261121-051012-k7q". */
  readonly id: string;
  /** The release's name in the file, and this target's. */
  readonly name: string;
  readonly target: string;
  readonly barriers: readonly Barrier[];
  /** Targets of the release that must have all traffic before this one goes on. Journals of before have none. */
  readonly needs?: readonly string[];
  /** How many targets the release has: a process may have died while it began them. */
  readonly size?: number;
}

interface At {
  /** Milliseconds since the epoch. Core knows no other clock. */
  readonly atMs: number;
}

interface Outcome extends At {
  readonly commandId: CommandId;
}

/** What a person, or a script in a person's name, asked for. */
interface Request extends At {
  readonly actor: string;
  readonly reason: string;
}

/** All traffic during the bake, and in the same hours before; absent where there was none. */
export interface BakeCounts {
  readonly now?: RequestCounts;
  readonly dayBefore?: RequestCounts;
  readonly weekBefore?: RequestCounts;
}

export interface RequestCounts {
  readonly requests: number;
  readonly errors: number;
}

export interface TrafficCounts {
  readonly version: VersionId;
  readonly counts: VersionCounts;
}

/** Everything that can happen to a rollout after it was created. */
export type RolloutEvent =
  | ({ readonly kind: "tick" } & At)
  | ({ readonly kind: "prepared"; readonly prepared: Prepared } & Outcome)
  /** The route as read back after setWeight, promote or restore. */
  | ({ readonly kind: "routeSet"; readonly route: LiveRoute } & Outcome)
  | ({ readonly kind: "routeRead"; readonly route: LiveRoute } & Outcome)
  | ({ readonly kind: "alarmsRead"; readonly readings: readonly AlarmReading[] } & Outcome)
  | ({ readonly kind: "measured"; readonly reading: Reading } & Outcome)
  | ({
      readonly kind: "trafficRead";
      readonly window: MetricWindow;
      readonly versions: readonly TrafficCounts[];
    } & Outcome)
  /** `baseline` is absent when the version had no requests; `recent` is its traffic of the last moments. */
  | ({
      readonly kind: "baselineRead";
      readonly baseline?: Baseline;
      readonly recent?: { readonly requests: number; readonly seconds: number };
    } & Outcome)
  | ({
      readonly kind: "counted";
      readonly window: MetricWindow;
      readonly buckets: readonly VersionBucket[];
    } & Outcome)
  | ({ readonly kind: "bakeCompared"; readonly bake: BakeCounts } & Outcome)
  | ({ readonly kind: "hookFinished"; readonly outcome: HookOutcome } & Outcome)
  | ({ readonly kind: "cleanedUp" } & Outcome)
  | ({ readonly kind: "notified" } & Outcome)
  | ({
      readonly kind: "commandFailed";
      readonly code: ErrorCode;
      readonly message: string;
      readonly hint: string;
      /** Uniform in [0, 1): spreads retries; handed in, because core has no chance of its own. */
      readonly jitter: number;
    } & Outcome)
  | ({ readonly kind: "pauseRequested" } & Request)
  /** Goes on after any pause; at an approval, this is the approval. */
  | ({ readonly kind: "resumeRequested" } & Request)
  /** `full` skips everything up to promotion (or the rest of the bake); otherwise only the current wait. */
  | ({ readonly kind: "promoteRequested"; readonly full: boolean } & Request)
  /**
   * `byRelease`: another target of the release failed, and this one turns back with it. `unattended`: its process was
   * told to end, and nobody looked at the rollout: what cannot be undone is not turned back by that.
   */
  | ({
      readonly kind: "abortRequested";
      readonly byRelease?: true;
      readonly unattended?: true;
    } & Request)
  /** By the release: the other targets have come as far as this one has to wait for. */
  | ({ readonly kind: "barrierOpened"; readonly barrier: Barrier } & Request)
  | ({ readonly kind: "retryRequested" } & Request);

export type EventKind = RolloutEvent["kind"];

export type OperatorEvent = Extract<RolloutEvent, { readonly actor: string }>;

export const EVENT_KINDS = [
  "tick",
  "prepared",
  "routeSet",
  "routeRead",
  "alarmsRead",
  "measured",
  "trafficRead",
  "baselineRead",
  "counted",
  "bakeCompared",
  "hookFinished",
  "cleanedUp",
  "notified",
  "commandFailed",
  "pauseRequested",
  "resumeRequested",
  "promoteRequested",
  "abortRequested",
  "barrierOpened",
  "retryRequested",
] as const satisfies readonly EventKind[];
