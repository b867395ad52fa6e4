import { createRollout, RolloutError } from "@headgate/core";
import type {
  Baseline,
  PreflightFinding,
  ReleasePart,
  RolloutCreated,
  RolloutSpec,
} from "@headgate/core";

import type { Clock, Random } from "./clock.ts";
import type { Drivers } from "./drivers.ts";
import type { Journal, StoredRollout } from "./journal/journal.ts";
import { assertPreflight, preflight } from "./preflight.ts";

export interface StartOptions {
  readonly journal: Journal;
  readonly spec: RolloutSpec;
  /** Absolute path of the file the spec was read from. */
  readonly specFile?: string;
  readonly drivers: Drivers;
  readonly clock: Clock;
  readonly random: Random;
  /** Who starts it: "alice@laptop", "ci". */
  readonly actor: string;
  readonly reason?: string;
  /** Set for a target of a release. */
  readonly release?: ReleasePart;
  /** Told what preflight found, also when it then refuses. */
  readonly onPreflight?: (findings: readonly PreflightFinding[]) => void;
}

/**
 * Looks first, then writes the rollout into the journal. Nothing on the platform has changed yet:
 * `runRollout` does that.
 * @throws {RolloutError} PREFLIGHT_FAILED, ROLLOUT_RUNNING, JOURNAL_UNUSABLE.
 */
export async function startRollout(options: StartOptions): Promise<StoredRollout> {
  const { journal, spec, specFile, drivers, clock, actor, reason, release } = options;
  const { target, findings } = await preflight(spec, drivers, journal);
  options.onPreflight?.(findings);
  assertPreflight(findings);
  if (target === undefined) {
    throw new RolloutError("TARGET_NOT_FOUND", "the target could not be described", {
      hint: "Look with `headgate plan`.",
    });
  }
  const atMs = clock.nowMs();
  const { id, label, resolutionBps, propagationMs, prevention, route } = target;
  const { lagMs, resolutionMs, countedBy } = drivers.metrics;
  const baseline = await knownBaseline(journal, id, route.stable, atMs);
  const created: RolloutCreated = {
    id: newId(spec.name, atMs, options.random),
    atMs,
    spec,
    ...(specFile === undefined ? {} : { specFile }),
    target: {
      id,
      label,
      resolutionBps,
      ...(propagationMs === undefined ? {} : { propagationMs }),
      ...(prevention === undefined ? {} : { prevention }),
    },
    route,
    metrics: { lagMs, resolutionMs, countedBy },
    ...(baseline === undefined ? {} : { baseline }),
    actor,
    ...(reason === undefined ? {} : { reason }),
    ...(release === undefined ? {} : { release }),
  };
  return journal.create(created, createRollout(created));
}

/** Traffic changes with the seasons: an older measurement says too little. */
const BASELINE_GOOD_MS = 7 * 24 * 3_600_000;

/** What an earlier rollout of this target measured of its stable version, if that is not long ago. */
async function knownBaseline(
  journal: Journal,
  targetId: string,
  stable: string,
  atMs: number,
): Promise<Baseline | undefined> {
  const earlier = (await journal.list()).filter(({ target }) => target.id === targetId);
  return earlier
    .map(({ comparison }) => comparison?.baseline)
    .find(
      (baseline) =>
        baseline !== undefined &&
        baseline.version === stable &&
        atMs - baseline.window.toMs < BASELINE_GOOD_MS,
    );
}

const ID_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";

/** "checkout-20261121-051012-k7q": says what and when to a person; the end keeps two apart. */
export function newId(name: string, atMs: number, random: Random): string {
  const stamp = new Date(atMs).toISOString().replaceAll(/[-:]/g, "").slice(0, 15).replace("T", "-");
  let end = "";
  for (let index = 0; index < 3; index++) {
    end += ID_ALPHABET[Math.floor(random.next() * ID_ALPHABET.length)];
  }
  return `${name}-${stamp}-${end}`;
}
