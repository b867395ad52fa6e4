import { RolloutError } from "@headgate/core";
import type { Rollout, RolloutCreated } from "@headgate/core";

import type { StoredEntry, StoredRollout } from "./journal/journal.ts";
import { openJournalBeside, writerOf } from "./journal/open-journal.ts";
import type { Writer } from "./journal/open-journal.ts";

export interface RolloutStatus {
  readonly rollout: Rollout;
  /** The process that runs it, if one does. */
  readonly writer?: Writer;
}

/**
 * Reads beside whoever writes. `which` is an id or a name; without it, the newest rollout.
 * @throws {RolloutError} ROLLOUT_NOT_FOUND, JOURNAL_UNUSABLE.
 */
export async function readStatus(dataDir: string, which?: string): Promise<RolloutStatus> {
  const journal = await openJournalBeside(dataDir);
  try {
    const found = await journal?.find(which);
    const { rollout } = requireRollout(
      found,
      which,
      found === undefined ? await journal?.list() : [],
    );
    const writer = await writerOf(dataDir);
    return writer === undefined ? { rollout } : { rollout, writer };
  } finally {
    await journal?.close();
  }
}

/**
 * The rollouts of the release that is meant, those that come first first: by its id, the newest by its name, or without
 * either the one that the newest rollout belongs to. Empty when a rollout is meant that is none, or only a part of one.
 * @throws {RolloutError} JOURNAL_UNUSABLE.
 */
export async function readRelease(dataDir: string, which?: string): Promise<readonly Rollout[]> {
  return releaseMeant(await readRollouts(dataDir), which);
}

/** @param rollouts newest first. */
export function releaseMeant(rollouts: readonly Rollout[], which?: string): readonly Rollout[] {
  const isMeant = ({ id, name, release }: Rollout) =>
    which === undefined || [id, name, release?.id, release?.name].includes(which);
  const release = rollouts.find(isMeant)?.release;
  if (release === undefined) return [];
  if (which !== undefined && which !== release.name && which !== release.id) return [];
  return rollouts.filter((rollout) => rollout.release?.id === release.id).toReversed();
}

/** All rollouts, newest first; none when there is no journal. */
export async function readRollouts(dataDir: string): Promise<readonly Rollout[]> {
  const journal = await openJournalBeside(dataDir);
  try {
    return (await journal?.list()) ?? [];
  } finally {
    await journal?.close();
  }
}

export interface RolloutHistory {
  readonly created: RolloutCreated;
  readonly rollout: Rollout;
  readonly entries: readonly StoredEntry[];
}

/** @throws {RolloutError} ROLLOUT_NOT_FOUND, JOURNAL_UNUSABLE. */
export async function readHistory(dataDir: string, which?: string): Promise<RolloutHistory> {
  const journal = await openJournalBeside(dataDir);
  try {
    const found = await journal?.find(which);
    const known = found === undefined ? await journal?.list() : [];
    const { created, rollout } = requireRollout(found, which, known);
    const entries = (await journal?.history(rollout.id)) ?? [];
    return { created, rollout, entries };
  } finally {
    await journal?.close();
  }
}

/**
 * @param known rollouts that there are, newest first.
 * @throws {RolloutError} ROLLOUT_NOT_FOUND names what there is.
 */
export function requireRollout(
  stored: StoredRollout | undefined,
  which: string | undefined,
  known: readonly Rollout[] = [],
): StoredRollout {
  if (stored !== undefined) return stored;
  const message =
    which === undefined ? "there is no rollout yet" : `there is no rollout "${which}"`;
  throw new RolloutError("ROLLOUT_NOT_FOUND", message, {
    hint:
      known.length === 0
        ? "Start one with `headgate deploy`, or give the folder of its journal with --data-dir."
        : `In this journal are ${namesOf(known)}; another is named with --data-dir.`,
  });
}

const NAMES_MAX = 8;

/** Names of releases and rollouts, the newest first. */
function namesOf(rollouts: readonly Rollout[]): string {
  const names = new Set(rollouts.flatMap(({ name, release }) => [release?.name ?? name, name]));
  const shown = [...names].slice(0, NAMES_MAX).join(", ");
  return names.size > NAMES_MAX ? `${shown} and ${names.size - NAMES_MAX} more` : shown;
}
