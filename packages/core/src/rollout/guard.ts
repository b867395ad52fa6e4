import type { AbortCause, Blocker, Rollout } from "./rollout.ts";
import { alarmGuard } from "./alarms.ts";
import { checkGuard } from "./checks.ts";
import { comparisonGuard } from "./comparison.ts";
import type { Turn } from "./turn.ts";
import type { Json } from "./json.ts";

/** Why a guard turns a rollout back. */
export interface Alert {
  readonly cause: AbortCause;
  readonly detail: string;
  readonly evidence: { readonly [key: string]: Json };
}

/**
 * What watches a rollout all the time. A guard keeps its readings in the rollout's state and looks at
 * nothing else.
 */
export interface Guard {
  /** A reason to turn back now; silence and errors are never one. */
  failing(rollout: Rollout): Alert | undefined;
  /** Whether the weight may rise (or a bake end) on what is known now. */
  blockers(rollout: Rollout, atMs: number): readonly Blocker[];
  /** Issues the observations that are due. */
  poll(turn: Turn): Turn;
  /** When the next observation is due; Infinity when none is. */
  nextPollMs(rollout: Rollout): number;
}

const GUARDS: readonly Guard[] = [alarmGuard, checkGuard, comparisonGuard];

export function failingGuard(rollout: Rollout): Alert | undefined {
  for (const guard of GUARDS) {
    const alert = guard.failing(rollout);
    if (alert !== undefined) return alert;
  }
  return undefined;
}

/** A person's order to promote sets aside a lack of data, never a failure (I3). */
export function blockers(rollout: Rollout, atMs: number): readonly Blocker[] {
  const all = GUARDS.flatMap((guard) => guard.blockers(rollout, atMs));
  return rollout.forcedBy === undefined ? all : all.filter(({ says }) => says === "fail");
}

export function pollGuards(turn: Turn): Turn {
  return GUARDS.reduce((polled, guard) => guard.poll(polled), turn);
}

export function nextGuardPollMs(rollout: Rollout): number {
  return Math.min(...GUARDS.map((guard) => guard.nextPollMs(rollout)));
}
