import { decide, RolloutError } from "@headgate/core";
import type { Note, Rollout } from "@headgate/core";

import type { Clock, Random } from "./clock.ts";
import type { DriversFactory } from "./drivers.ts";
import type { Journal, JournalEntry, StoredRollout } from "./journal/journal.ts";
import {
  hasJournal,
  isJournalFree,
  openJournal,
  openJournalBeside,
} from "./journal/open-journal.ts";
import type { OperatorRequest } from "./journal/request-box.ts";
import { runRollout } from "./loop.ts";
import type { RolloutUpdate } from "./loop.ts";
import { requireRollout } from "./status.ts";

export interface OperatorOptions {
  readonly dataDir: string;
  /** Id or name; without it, the newest rollout. */
  readonly rollout?: string;
  readonly request: OperatorRequest;
  readonly createDrivers: DriversFactory;
  readonly clock: Clock;
  readonly random: Random;
  readonly onUpdate?: (update: RolloutUpdate) => void;
  readonly stopWhen?: (rollout: Rollout) => boolean;
  readonly signal?: AbortSignal;
}

export interface OperatorAnswer {
  readonly isAccepted: boolean;
  /** What was decided, or why it was refused. */
  readonly notes: readonly Note[];
  readonly rollout: Rollout;
  /** True when another process runs the rollout and was asked; false when this one did it itself. */
  readonly wasHandedOver: boolean;
}

const ANSWER_POLL_MS = 50;
/** A live writer looks for requests ten times a second: longer than this, it is stuck. */
const ANSWER_PATIENCE_MS = 10_000;

/**
 * Asks for something in a person's name. When a process runs the rollout, that one is asked; otherwise this
 * process takes the journal, applies the request and, unless it was a pause, runs the rollout.
 * @throws {RolloutError} ROLLOUT_NOT_FOUND, JOURNAL_UNUSABLE, TIMED_OUT (the other process does not answer).
 */
export async function requestOperator(options: OperatorOptions): Promise<OperatorAnswer> {
  const { dataDir, clock } = options;
  const startedAtMs = clock.nowMs();
  for (;;) {
    const journal = await openUnlessLocked(dataDir, clock.nowMs());
    if (journal !== undefined) {
      try {
        return await actHere(journal, options);
      } finally {
        await journal.close();
      }
    }
    const answer = await askWriter(options, startedAtMs);
    if (answer !== undefined) return answer;
  }
}

async function openUnlessLocked(dataDir: string, nowMs: number): Promise<Journal | undefined> {
  // Opening for writing would make a journal: there is nothing to ask of an empty one.
  if (!hasJournal(dataDir)) requireRollout(undefined, undefined);
  try {
    return await openJournal(dataDir, nowMs);
  } catch (error) {
    if (error instanceof RolloutError && error.code === "JOURNAL_LOCKED") return undefined;
    throw error;
  }
}

async function actHere(journal: Journal, options: OperatorOptions): Promise<OperatorAnswer> {
  const { clock, random, request } = options;
  const found = requireRollout(await journal.find(options.rollout), options.rollout);
  const { stored, notes } = await applyRequest(journal, found, request, clock.nowMs());
  const isAccepted = wasAccepted(notes);
  const { rollout } = stored;
  const isOver = rollout.finished !== undefined || request.kind === "pauseRequested";
  if (!isAccepted || isOver) return { isAccepted, notes, rollout, wasHandedOver: false };
  const drivers = await options.createDrivers(rollout.spec, rollout.specFile);
  const run = { journal, drivers, clock, random, ...optional(options) };
  const end = await runRollout(stored, run);
  return { isAccepted, notes, rollout: end, wasHandedOver: false };
}

/** What was asked before, and not answered because its process died, comes first. */
async function applyRequest(
  journal: Journal,
  stored: StoredRollout,
  request: OperatorRequest,
  atMs: number,
): Promise<{ readonly stored: StoredRollout; readonly notes: readonly Note[] }> {
  const entries: JournalEntry[] = [];
  const answers = new Map<number, readonly Note[]>();
  let rollout = stored.rollout;
  const apply = (asked: OperatorRequest): readonly Note[] => {
    const event = { ...asked, atMs };
    const { next, notes } = decide(rollout, event);
    entries.push({ event, notes });
    rollout = next;
    return notes;
  };
  for (const before of await journal.requests.open(rollout.id)) {
    answers.set(before.id, apply(before.request));
  }
  const notes = apply(request);
  return { stored: await journal.append(stored, entries, rollout, answers), notes };
}

/** Undefined when the other process ended without an answer: then it is our turn. */
async function askWriter(
  options: OperatorOptions,
  startedAtMs: number,
): Promise<OperatorAnswer | undefined> {
  const { clock, dataDir } = options;
  const journal = await openJournalBeside(dataDir);
  try {
    const found = requireRollout(await journal?.find(options.rollout), options.rollout);
    if (journal === undefined) return undefined;
    const { id } = found.rollout;
    const number = await journal.requests.put(id, options.request, clock.nowMs());
    for (;;) {
      await sleep(clock, ANSWER_POLL_MS);
      const notes = await journal.requests.answer(number);
      if (notes !== undefined) {
        const { rollout } = requireRollout(await journal.load(id), id);
        return { isAccepted: wasAccepted(notes), notes, rollout, wasHandedOver: true };
      }
      const isLate = clock.nowMs() - startedAtMs > ANSWER_PATIENCE_MS;
      const isOurTurn = isJournalFree(dataDir) || isLate;
      if (!isOurTurn || !(await journal.requests.withdraw(number))) continue;
      if (!isLate) return undefined;
      throw new RolloutError("TIMED_OUT", "the process that runs the rollout does not answer", {
        hint: "Look at it with `headgate status`; end it, and ask again: the rollout goes on from here.",
      });
    }
  } finally {
    await journal?.close();
  }
}

function wasAccepted(notes: readonly Note[]): boolean {
  return notes.every(({ kind }) => kind !== "refused");
}

function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}

function optional({ onUpdate, stopWhen, signal }: OperatorOptions) {
  return {
    ...(onUpdate === undefined ? {} : { onUpdate }),
    ...(stopWhen === undefined ? {} : { stopWhen }),
    ...(signal === undefined ? {} : { signal }),
  };
}
