import { decide, formatRoute, RolloutError, wakeAtMs } from "@headgate/core";
import type { Note, Rollout, RolloutEvent } from "@headgate/core";

import type { Journal, JournalEntry, StoredRollout } from "./journal/journal.ts";
import { runCommand } from "./run-command.ts";
import type { CommandWorld } from "./run-command.ts";

/** How often requests from other processes are looked for. */
const REQUEST_POLL_MS = 100;

/** What a live view gets after every tick that changed something. */
export interface RolloutUpdate {
  readonly rollout: Rollout;
  readonly entries: readonly JournalEntry[];
}

export interface RunOptions extends CommandWorld {
  readonly journal: Journal;
  /** Stops between two ticks; the rollout stays as it is, and can be gone on with. */
  readonly signal?: AbortSignal;
  readonly onUpdate?: (update: RolloutUpdate) => void;
  /**
   * Ends the run early, for instance when it waits for a person. Asked after every tick; people are told first,
   * for nobody else would tell them.
   */
  readonly stopWhen?: (rollout: Rollout) => boolean;
}

/**
 * Runs one rollout until it is finished: takes what happened, decides, writes it down in one transaction,
 * and only then acts on it. Whatever is outstanding in the state is run, so a run that ended anywhere is
 * gone on with by calling this again.
 * @throws {InvariantError} our bug; {RolloutError} JOURNAL_UNUSABLE, JOURNAL_LOCKED.
 */
export async function runRollout(start: StoredRollout, options: RunOptions): Promise<Rollout> {
  const { journal, clock, signal, stopWhen } = options;
  const inbox = new EventQueue();
  const running = new Set<string>();
  const stop = () => inbox.wake();
  signal?.addEventListener("abort", stop);
  let stored = start;
  let tickedMs = clock.nowMs();
  inbox.push({ kind: "tick", atMs: tickedMs });
  try {
    for (;;) {
      const events = inbox.take();
      for (const { kind, atMs } of events) if (kind === "tick") tickedMs = atMs;
      stored = await takeTurn(stored, events, options);
      const { rollout } = stored;
      if (rollout.finished !== undefined || signal?.aborted === true) return rollout;
      if (stopWhen?.(rollout) === true && !isTelling(rollout)) return rollout;
      const nowMs = clock.nowMs();
      startCommands(rollout, nowMs, running, inbox, options);
      // From the last tick on, not from now: what came due while a turn was slow would be slept over otherwise.
      const wakeMs = Math.min(wakeAtMs(rollout, tickedMs), nextRetryMs(rollout, nowMs));
      const cancelWake = clock.after(Math.max(0, wakeMs - nowMs), () =>
        inbox.push({ kind: "tick", atMs: clock.nowMs() }),
      );
      const cancelPoll = clock.after(REQUEST_POLL_MS, () => inbox.wake());
      await inbox.next();
      cancelWake();
      cancelPoll();
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    inbox.close();
  }

  /** Decides on what happened and on what operators asked, and writes both down together. */
  async function takeTurn(
    before: StoredRollout,
    events: readonly RolloutEvent[],
    { onUpdate }: RunOptions,
  ): Promise<StoredRollout> {
    for (;;) {
      const asked = await journal.requests.open(before.rollout.id);
      const { entries, next, answers } = decideTurn(before.rollout, events, asked, clock.nowMs());
      if (entries.length === 0 && answers.size === 0) return before;
      const after = await journal
        .appendTurn(before, entries, next, answers)
        .catch((error: unknown) => {
          throw leftAsItIs(before.rollout, error);
        });
      if (after === undefined) continue;
      onUpdate?.({ rollout: next, entries });
      return after;
    }
  }
}

/** What cannot be written down is not done: people have to know which split is left, and that nobody watches it. */
function leftAsItIs({ id, route }: Rollout, error: unknown): unknown {
  if (!(error instanceof RolloutError) || error.code !== "JOURNAL_UNUSABLE") return error;
  const text = `${error.message}; rollout ${id} stays at ${formatRoute(route)}, and nobody watches it`;
  return new RolloutError(error.code, text, {
    hint: `Make the folder writable and give it room, then \`headgate resume ${id}\`, or \`headgate abort ${id}\`.`,
    cause: error,
  });
}

type Asked = Awaited<ReturnType<Journal["requests"]["open"]>>[number];

/** What a turn comes to. What the release has decided for all its targets comes before what happened to this one. */
function decideTurn(
  before: Rollout,
  events: readonly RolloutEvent[],
  asked: readonly Asked[],
  nowMs: number,
) {
  const answers = new Map<number, readonly Note[]>();
  const entries: JournalEntry[] = [];
  let next = before;
  const apply = (event: RolloutEvent): readonly Note[] => {
    const decision = decide(next, event);
    if (decision.next !== next || decision.notes.length > 0) {
      entries.push({ event, notes: decision.notes });
    }
    next = decision.next;
    return decision.notes;
  };
  const obey = ({ id, request }: Asked) => void answers.set(id, apply({ ...request, atMs: nowMs }));
  asked.filter(isOfRelease).forEach(obey);
  events.forEach(apply);
  asked.filter((one) => !isOfRelease(one)).forEach(obey);
  return { entries, next, answers };
}

/** All targets are through: none of them turns back any more. */
function isOfRelease({ request }: Asked): boolean {
  return request.kind === "barrierOpened" && request.barrier === "release";
}

/** Runs every outstanding command that is due and not running; its outcome comes back as an event. */
function startCommands(
  rollout: Rollout,
  nowMs: number,
  running: Set<string>,
  inbox: EventQueue,
  world: CommandWorld,
): void {
  const outstanding = new Set(rollout.outstanding.map(runOf));
  // A rollout of days has very many: what was settled is not kept.
  for (const run of running) if (!outstanding.has(run)) running.delete(run);
  for (const due of rollout.outstanding) {
    const { command, runAtMs } = due;
    const run = runOf(due);
    if (runAtMs > nowMs || running.has(run)) continue;
    running.add(run);
    runCommand(command, world).then(
      (event) => inbox.push(event),
      (bug: unknown) => inbox.fail(bug),
    );
  }
}

/** Names one run of a command: each is run once. */
function runOf({ command, attempt, waits = 0 }: Rollout["outstanding"][number]): string {
  return `${command.id}#${attempt}.${waits}`;
}

/** Bounded: a notice that cannot be sent is given up. */
function isTelling({ outstanding }: Rollout): boolean {
  return outstanding.some(({ command }) => command.kind === "notify");
}

function nextRetryMs(rollout: Rollout, nowMs: number): number {
  const later = rollout.outstanding.map(({ runAtMs }) => runAtMs).filter((atMs) => atMs > nowMs);
  return Math.min(...later);
}

/** Events waiting for the next turn, and the bell that rings when there is one. */
class EventQueue {
  #events: RolloutEvent[] = [];
  #bell = Promise.withResolvers<void>();
  #isOpen = true;
  #bug: unknown;

  push(event: RolloutEvent): void {
    // After the run has ended, late outcomes have nobody to tell: the next run reads the world anew.
    if (this.#isOpen) this.#events.push(event);
    this.wake();
  }

  wake(): void {
    this.#bell.resolve();
  }

  fail(bug: unknown): void {
    this.#bug = bug;
    this.wake();
  }

  /** @throws what {@link fail} was told. */
  take(): readonly RolloutEvent[] {
    if (this.#bug !== undefined) throw this.#bug;
    const taken = this.#events;
    this.#events = [];
    this.#bell = Promise.withResolvers();
    return taken;
  }

  next(): Promise<void> {
    return this.#bell.promise;
  }

  close(): void {
    this.#isOpen = false;
  }
}
