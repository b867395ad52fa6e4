import type { Verdict } from "../analysis/evidence.ts";
import type { AlarmClass, AlarmState } from "../contracts/guards.ts";
import type { Baseline, MetricWindow, VersionCounts } from "../contracts/metric-source.ts";
import type { LiveRoute, VersionId } from "../contracts/traffic-driver.ts";
import type { Barrier, Step } from "../plan/plan.ts";
import { comparisonOf, planOf } from "../plan/plan.ts";
import type { RolloutSpec } from "../spec/schema.ts";
import { NO_TRAFFIC } from "../weight.ts";
import type { WeightBps } from "../weight.ts";
import { startWatch } from "./comparison.ts";
import type { ReleasePart } from "./event.ts";
import type { ComparisonWatch } from "./comparison.ts";
import type { Command, CommandId, CommandKind } from "./command.ts";
import type { RolloutCreated } from "./event.ts";
import type { LivePhase, Phase } from "./phase.ts";

/** A command whose outcome is not known yet. The controller runs every one of these, also after a crash. */
export interface Outstanding {
  readonly command: Command;
  /** Counts from 1. */
  readonly attempt: number;
  readonly issuedAtMs: number;
  /** How often it was run again because the platform waits for a hook of its own; such runs are no attempts. */
  readonly waits?: number;
  /** Not to be run before: the delay of a retry. */
  readonly runAtMs: number;
}

/** A route change that was under way when the rollout turned back: its effect may still come. */
export interface Abandoned {
  readonly id: CommandId;
  readonly kind: CommandKind;
  /** When the attempt must have ended, if its outcome never arrives. */
  readonly untilMs: number;
}

export interface Measurement {
  readonly verdict: Verdict;
  readonly atMs: number;
  /** Absent when there was no data, or no answer. */
  readonly value?: number;
  readonly detail: string;
  readonly window: MetricWindow;
}

/** One check being measured. The counters are Argo's: all but `error` also count as `count`. */
export interface CheckRun {
  readonly name: string;
  readonly runs: "background" | "step";
  readonly status: "running" | "successful" | "failed" | "inconclusive" | "error";
  readonly count: number;
  readonly successful: number;
  readonly failed: number;
  readonly inconclusive: number;
  readonly error: number;
  readonly consecutiveError: number;
  readonly startedAtMs: number;
  readonly nextAtMs: number;
  /** The newest ten, newest last. */
  readonly recent: readonly Measurement[];
}

/** What an alarm was found to be worth when it was last classified. */
export interface AlarmFound {
  readonly class: AlarmClass;
  readonly detail: string;
  readonly atMs: number;
  /** Its state at that time. */
  readonly state: AlarmWatch["state"];
  readonly canary?: VersionId;
}

export interface AlarmWatch {
  readonly name: string;
  /** "absent": there is no alarm of that name. */
  readonly state: AlarmState | "absent";
  readonly reason: string;
  readonly readAtMs: number;
  /** True until an alarm that fired before the rollout began, and may be ignored, has been ok once. */
  readonly isIgnored: boolean;
  /** True until an alarm that fired before the rollout began has been ok, as it must before promotion. */
  readonly isRecovering?: boolean;
  /** Absent until it was classified in this attempt, and in journals from before the classes. */
  readonly found?: AlarmFound;
}

export type Pause =
  | { readonly why: "operator"; readonly actor: string }
  | { readonly why: "approval"; readonly deadlineAtMs: number }
  | { readonly why: "inconclusive"; readonly check: string }
  /** It would turn back, and must not: a hook that cannot be undone was asked. `cause` is what it would turn back for. */
  | { readonly why: "frozen"; readonly hook: string; readonly cause: AbortCause }
  | {
      readonly why: "routeChanged";
      /**
       * Whether the route is being read again: "compare" goes on by itself when the split is as it was,
       * "adopt" (a person said to go on) also when only the weight of our two versions moved.
       */
      readonly reread: "none" | "compare" | "adopt";
    };

export type PauseState = Pause & {
  /** Where it goes on. */
  readonly from: Exclude<LivePhase, "paused">;
  readonly sinceMs: number;
  readonly detail: string;
};

/** What turned a rollout back. For "comparison" the name is the part that argued most against the canary. */
export type AbortCause =
  | { readonly kind: "alarm" | "check" | "hook" | "comparison"; readonly name: string }
  | { readonly kind: "approval" | "deadline" | "platform" | "release" }
  | { readonly kind: "person"; readonly actor: string };

export interface AbortState {
  readonly cause: AbortCause;
  readonly detail: string;
  readonly sinceMs: number;
  /** When people are told that it does not work (it goes on trying). */
  readonly degradedAtMs: number;
  /** The newest reading showed all traffic on stable. */
  readonly isRestored: boolean;
  /** The route holds versions that are not ours: it is left as it is, and a person has to look. */
  readonly isLeft: boolean;
}

/** Why the weight does not rise although the plan says so. */
export interface Blocker {
  readonly guard: string;
  readonly says: "fail" | "noData";
  readonly detail: string;
}

/**
 * Both versions as last counted. A window that ends before `weightSinceMs` is from the weight before this
 * one: the newest counts there are, until this weight has some. A version without data is absent.
 */
export interface Traffic {
  readonly readAtMs: number;
  readonly window: MetricWindow;
  readonly stable?: VersionCounts;
  readonly canary?: VersionCounts;
}

export type RolloutOutcome =
  | "promoted"
  | "rolledBack"
  | "abortedByPerson"
  | "timedOut"
  | "failed"
  | "degraded";

/** The whole state of a rollout: plain data, the fold of its journal. */
export interface Rollout {
  readonly id: string;
  readonly name: string;
  /** Counts from 1; `retry` after an abort begins the next. */
  readonly attempt: number;
  readonly spec: RolloutSpec;
  readonly specFile?: string;
  readonly target: RolloutCreated["target"];
  readonly metrics: RolloutCreated["metrics"];
  readonly actor: string;
  readonly reason?: string;
  readonly release?: ReleasePart;
  /** Barriers of its release that it need not wait at any more. */
  readonly openBarriers?: readonly Barrier[];
  readonly createdAtMs: number;
  /** When the last event that changed anything came. Time never runs backwards past it. */
  readonly updatedAtMs: number;
  readonly deadlineAtMs: number;

  readonly phase: Phase;
  readonly phaseSinceMs: number;
  readonly plan: readonly Step[];
  /** `index` is `plan.length` when all is done. */
  readonly step: { readonly index: number; readonly enteredAtMs: number; readonly isDone: boolean };

  /** Absent until prepared. */
  readonly versions?: {
    readonly stable: VersionId;
    readonly canary: VersionId;
    readonly published: boolean;
  };
  /** As last read from the platform. */
  readonly route: LiveRoute;
  readonly routeReadAtMs: number;
  /** The canary's share as last read back. Nothing but a reading changes it. */
  readonly weight: WeightBps;
  readonly weightSinceMs: number;
  /** The share last asked for. */
  readonly setWeight: WeightBps;
  /** When the canary's share was first read back above 0. */
  readonly trafficSinceMs?: number;
  /** Set when a hook before traffic did not pass: this canary never gets any (I2). */
  readonly barredBy?: string;
  /** The hook that cannot be undone and was asked: from then on only a person turns back. */
  readonly irreversible?: string;
  /** A person ordered promotion: a lack of data no longer holds the weight. */
  readonly forcedBy?: string;

  readonly alarms: readonly AlarmWatch[];
  /** Set while alarms cannot be read; says why. */
  readonly alarmsUnreadable?: string;
  readonly checks: readonly CheckRun[];
  readonly traffic?: Traffic;
  /** Absent when the versions are not compared. */
  readonly comparison?: ComparisonWatch;
  /** The bake was compared with the hours before, or could not be. */
  readonly isBakeReported?: boolean;
  readonly heldBy: readonly Blocker[];
  /** Since when the comparison has been among them. */
  readonly comparisonHoldsSinceMs?: number;
  /** Set while something holds the weight: of which guards people were told, and when again at the earliest. */
  readonly hold?: { readonly toldOf: string; readonly notBeforeMs: number };
  /** When people were last told that alarms cannot be read. */
  readonly toldBlindAtMs?: number;
  /** The weight of a ramp that people were told of last. */
  readonly toldWeight?: WeightBps;
  readonly polls: {
    readonly alarmsAtMs: number;
    readonly routeAtMs: number;
    readonly trafficAtMs: number;
  };

  readonly pause?: PauseState;
  /** How often in this attempt a split was set back that others had changed. */
  readonly reasserted?: number;
  readonly abort?: AbortState;
  readonly finished?: { readonly outcome: RolloutOutcome; readonly atMs: number };

  readonly nextCommand: number;
  readonly outstanding: readonly Outstanding[];
  readonly abandoned: readonly Abandoned[];
}

/** The state before anything has happened. */
export function createRollout(created: RolloutCreated): Rollout {
  const { id, spec, specFile, target, metrics, route, actor, reason, release, atMs } = created;
  return {
    id,
    name: spec.name,
    attempt: 1,
    spec,
    ...(specFile === undefined ? {} : { specFile }),
    target,
    metrics,
    actor,
    ...(reason === undefined ? {} : { reason }),
    ...(release === undefined ? {} : { release }),
    createdAtMs: atMs,
    plan: planOf(spec, release?.barriers),
    nextCommand: 1,
    ...freshAttempt(spec, route, atMs, created.baseline),
  };
}

/** What every attempt begins with. */
export function freshAttempt(
  spec: RolloutSpec,
  route: LiveRoute,
  atMs: number,
  baseline?: Baseline,
) {
  const compare = comparisonOf(spec);
  return {
    ...(compare === undefined ? {} : { comparison: startWatch(compare, atMs, baseline) }),
    updatedAtMs: atMs,
    deadlineAtMs: atMs + spec.deadline,
    phase: "pending",
    phaseSinceMs: atMs,
    step: { index: 0, enteredAtMs: atMs, isDone: false },
    route,
    routeReadAtMs: atMs,
    weight: NO_TRAFFIC,
    weightSinceMs: atMs,
    setWeight: NO_TRAFFIC,
    alarms: [],
    checks: [],
    heldBy: [],
    polls: { alarmsAtMs: atMs, routeAtMs: atMs, trafficAtMs: atMs },
    outstanding: [],
    abandoned: [],
  } as const satisfies Partial<Rollout>;
}
