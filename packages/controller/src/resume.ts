import type { Rollout } from "@headgate/core";

import type { DriversFactory } from "./drivers.ts";
import { runRollout } from "./loop.ts";
import type { RunOptions } from "./loop.ts";
import { assertAlone } from "./release-start.ts";
import { requireRollout } from "./status.ts";

export type ResumeOptions = Omit<RunOptions, "drivers"> & {
  readonly createDrivers: DriversFactory;
  /** Id or name; without it, the newest rollout. */
  readonly rollout?: string;
};

/**
 * Goes on with a rollout that its process left: after a crash, or when it was held. One that is finished
 * is returned as it is. A paused one stays paused: going on after that is an operator's request.
 * @throws {RolloutError} ROLLOUT_NOT_FOUND, and what {@link runRollout} throws. A target of a release does not go on alone: ROLLOUT_RUNNING.
 */
export async function resumeRollout(options: ResumeOptions): Promise<Rollout> {
  const stored = requireRollout(await options.journal.find(options.rollout), options.rollout);
  const { rollout } = stored;
  if (rollout.finished !== undefined) return rollout;
  assertAlone(rollout);
  const drivers = await options.createDrivers(rollout.spec, rollout.specFile);
  return runRollout(stored, { ...options, drivers });
}
