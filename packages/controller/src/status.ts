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
    const { rollout } = requireRollout(await journal?.find(which), which);
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
    const { created, rollout } = requireRollout(await journal?.find(which), which);
    const entries = (await journal?.history(rollout.id)) ?? [];
    return { created, rollout, entries };
  } finally {
    await journal?.close();
  }
}

/** @throws {RolloutError} ROLLOUT_NOT_FOUND */
export function requireRollout(
  stored: StoredRollout | undefined,
  which: string | undefined,
): StoredRollout {
  if (stored !== undefined) return stored;
  const message =
    which === undefined ? "there is no rollout yet" : `there is no rollout "${which}"`;
  throw new RolloutError("ROLLOUT_NOT_FOUND", message, {
    hint: "Start one with `headgate deploy`, or give the folder of its journal with --data-dir.",
  });
}
