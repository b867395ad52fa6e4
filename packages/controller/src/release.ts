import { coordinate, outcomeOfRelease } from "@headgate/core";
import type { Rollout, RolloutOutcome } from "@headgate/core";

import { runRollout } from "./loop.ts";
import type { RolloutUpdate } from "./loop.ts";
import { Orders } from "./release-orders.ts";
import type { ReleaseOptions, StoredRelease } from "./release-start.ts";

export interface RunReleaseOptions extends ReleaseOptions {
  readonly signal?: AbortSignal;
  readonly onUpdate?: (target: string, update: RolloutUpdate) => void;
  /** Ends the run of all when it is true of one, which waits for a person, and none is turning back any more. */
  readonly stopWhen?: (rollout: Rollout) => boolean;
}

export interface ReleaseEnd {
  readonly rollouts: ReadonlyMap<string, Rollout>;
  /** Undefined when the run ended before all rollouts were finished. */
  readonly outcome: RolloutOutcome | undefined;
}

/**
 * Runs the rollouts of a release side by side, each in its own loop over the one journal, and hands each what
 * `coordinate` asks of it as a request in the journal: what a crash lost is asked again.
 * @throws {InvariantError} our bug; {RolloutError} JOURNAL_UNUSABLE, JOURNAL_LOCKED.
 */
export async function runRelease(
  start: StoredRelease,
  options: RunReleaseOptions,
): Promise<ReleaseEnd> {
  const { journal, clock, random, driversOf, onUpdate, stopWhen } = options;
  const { spec } = start;
  const stop = new AbortController();
  const signal =
    options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal]);
  const rollouts = new Map([...start.parts].map(([target, { rollout }]) => [target, rollout]));
  const orders = new Orders({
    journal,
    clock,
    spec,
    onRefused: () => void clock.after(LOOK_AGAIN_MS, () => look()),
    onError: (error) => stop.abort(error),
  });
  const look = () => {
    const wanted = coordinate(spec, rollouts);
    orders.give(wanted, rollouts);
    const unfinished = [...rollouts.values()].filter(({ finished }) => finished === undefined);
    const isTurningBack =
      wanted.some(({ kind }) => kind === "abort") ||
      unfinished.some(({ phase }) => phase === "aborting" || phase === "aborted");
    if (!isTurningBack && unfinished.some((rollout) => stopWhen?.(rollout) === true)) stop.abort();
  };
  look();
  const runs = spec.members.map(async ({ target, spec: memberSpec }) => {
    const stored = start.parts.get(target);
    if (stored === undefined || stored.rollout.finished !== undefined) return;
    const end = await runRollout(stored, {
      journal,
      clock,
      random,
      drivers: driversOf(memberSpec),
      signal,
      onUpdate(update) {
        rollouts.set(target, update.rollout);
        onUpdate?.(target, update);
        look();
      },
    });
    rollouts.set(target, end);
    look();
  });
  try {
    await Promise.all(runs);
  } catch (error) {
    stop.abort();
    await Promise.allSettled([...runs, orders.settled()]);
    throw error;
  }
  await orders.settled();
  return { rollouts, outcome: outcomeOfRelease(spec, rollouts) };
}

/** When not all were ready for the end after all: a person asked for something, or a guard spoke. */
const LOOK_AGAIN_MS = 100;
