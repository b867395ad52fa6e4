import {
  areThrough,
  barriersOf,
  coordinate,
  isUnchanged,
  outcomeOfRelease,
  RolloutError,
  withoutTargets,
} from "@headgate/core";
import type {
  PreflightFinding,
  ReleaseOrder,
  ReleasePart,
  ReleaseSpec,
  Rollout,
  RolloutOutcome,
  RolloutSpec,
} from "@headgate/core";

import type { Clock, Random } from "./clock.ts";
import type { Drivers } from "./drivers.ts";
import type { Journal, StoredRollout } from "./journal/journal.ts";
import type { Asked, OperatorRequest } from "./journal/request-box.ts";
import { runRollout } from "./loop.ts";
import type { RolloutUpdate } from "./loop.ts";
import { assertPreflight, preflight } from "./preflight.ts";
import { newId, startRollout } from "./start.ts";

export interface ReleaseOptions {
  readonly journal: Journal;
  readonly spec: ReleaseSpec;
  readonly specFile?: string;
  /** The drivers of one target; the same ones each time it is asked. */
  readonly driversOf: (spec: RolloutSpec) => Drivers;
  readonly clock: Clock;
  readonly random: Random;
  readonly actor: string;
  readonly reason?: string;
  /** Told what preflight found at each target, also when it then refuses. */
  readonly onPreflight?: (target: string, findings: readonly PreflightFinding[]) => void;
}

/** A release as it is in the journal. */
export interface StoredRelease {
  /** Of the targets that are in it: those that had not changed when it began are not. */
  readonly spec: ReleaseSpec;
  /** The rollout of each, by target. */
  readonly parts: ReadonlyMap<string, StoredRollout>;
}

/**
 * Looks at every target first: what stops one of them stops all, and nothing has been changed. Those that run already
 * what the file asks for are left out, unless that is all of them. Then writes a rollout of each into the journal;
 * {@link runRelease} runs them. When a process died while it did so, the rest is begun.
 * @throws {RolloutError} PREFLIGHT_FAILED naming the target of each problem, ROLLOUT_RUNNING, JOURNAL_UNUSABLE.
 */
export async function startRelease(options: ReleaseOptions): Promise<StoredRelease> {
  const { journal, driversOf, clock, random, actor, reason, specFile } = options;
  const begun = await newestParts(journal, options.spec.name);
  const found = new Map(
    await Promise.all(
      options.spec.members.map(async ({ target, spec: memberSpec }) => {
        if (begun.has(target)) return [target, []] as const;
        const { findings } = await preflight(memberSpec, driversOf(memberSpec), journal);
        options.onPreflight?.(target, findings);
        return [target, findings] as const;
      }),
    ),
  );
  const [first] = begun.values();
  const spec = changedPart(options.spec, found, first?.rollout.release?.size);
  assertPreflight(
    spec.members.flatMap(({ target }) =>
      (found.get(target) ?? []).map(({ check, outcome, detail, hint }): PreflightFinding => {
        return { check: `${target}: ${check}`, outcome, detail, hint };
      }),
    ),
  );
  const id = first?.rollout.release?.id ?? newId(spec.name, clock.nowMs(), random);
  const parts = new Map<string, StoredRollout>();
  for (const member of spec.members) {
    const part = begun.get(member.target);
    if (part !== undefined) {
      parts.set(member.target, part);
      continue;
    }
    const release = partOf(spec, id, member);
    const drivers = driversOf(member.spec);
    parts.set(
      member.target,
      await startRollout({
        journal,
        spec: member.spec,
        drivers,
        clock,
        random,
        actor,
        release,
        ...(specFile === undefined ? {} : { specFile }),
        ...(reason === undefined ? {} : { reason }),
      }),
    );
  }
  return { spec, parts };
}

/**
 * The release of the targets that have changed; all of it when none has, so that preflight says so of each.
 *
 * @param size of the release when a part of it was begun before: it keeps its targets.
 */
function changedPart(
  spec: ReleaseSpec,
  found: ReadonlyMap<string, readonly PreflightFinding[]>,
  size?: number,
): ReleaseSpec {
  const unchanged = new Set(
    spec.members
      .map(({ target }) => target)
      .filter((target) => isUnchanged(found.get(target) ?? [])),
  );
  const changed = withoutTargets(spec, unchanged);
  const { length } = changed.members;
  return length === 0 || (size !== undefined && size !== length) ? spec : changed;
}

function partOf(
  spec: ReleaseSpec,
  id: string,
  { target, needs }: ReleaseSpec["members"][number],
): ReleasePart {
  const { length: size } = spec.members;
  return { id, name: spec.name, target, barriers: barriersOf(spec), needs, size };
}

/** The newest release of this name, when a rollout of it is not finished and all of its targets were begun. */
export async function unfinishedRelease(
  journal: Journal,
  spec: ReleaseSpec,
): Promise<StoredRelease | undefined> {
  const parts = await newestParts(journal, spec.name);
  const [first] = parts.values();
  if (first === undefined) return undefined;
  const { size = spec.members.length } = first.rollout.release ?? {};
  if (parts.size < size) return undefined;
  const others = spec.members.map(({ target }) => target).filter((target) => !parts.has(target));
  const left = withoutTargets(spec, new Set(others));
  const inOrder = left.members.flatMap(({ target }) => {
    const part = parts.get(target);
    return part === undefined ? [] : [[target, part] as const];
  });
  return { spec: left, parts: new Map([...inOrder, ...parts]) };
}

/** What there is of the newest release of this name; nothing when all of it is finished. */
async function newestParts(
  journal: Journal,
  name: string,
): Promise<ReadonlyMap<string, StoredRollout>> {
  const rollouts = (await journal.list()).filter(({ release }) => release?.name === name);
  const id = rollouts[0]?.release?.id;
  const parts = rollouts.filter(({ release }) => release?.id === id);
  const stored = new Map<string, StoredRollout>();
  if (parts.every(({ finished }) => finished !== undefined)) return stored;
  for (const part of parts) {
    const loaded = await journal.load(part.id);
    if (loaded !== undefined) stored.set(part.release?.target ?? part.name, loaded);
  }
  return stored;
}

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

interface OrdersOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly spec: ReleaseSpec;
  /** Told when the end was not written, because one of the targets does not stand there any more. */
  readonly onRefused: () => void;
  readonly onError: (error: unknown) => void;
}

/** Puts what the release asks into the journal, each thing once. */
class Orders {
  readonly #options: OrdersOptions;
  readonly #given = new Set<string>();
  #last: Promise<void> = Promise.resolve();
  #failure: unknown;
  #isOver = false;

  constructor(options: OrdersOptions) {
    this.#options = options;
  }

  give(orders: readonly ReleaseOrder[], rollouts: ReadonlyMap<string, Rollout>): void {
    if (this.#isOver) return;
    const fresh = orders.filter((order) => !this.#given.has(keyOf(order)));
    for (const order of fresh) this.#given.add(keyOf(order));
    const asked = (order: ReleaseOrder): Asked[] => {
      const rollout = rollouts.get(order.target);
      return rollout === undefined ? [] : [{ rollout: rollout.id, request: this.#request(order) }];
    };
    const end = fresh.filter(isEnd);
    if (end.length > 0) this.#after(() => this.#end(end, end.flatMap(asked)));
    for (const one of fresh.filter((order) => !isEnd(order)).flatMap(asked)) {
      const { journal, clock } = this.#options;
      this.#after(async () => {
        await journal.requests.put(one.rollout, one.request, clock.nowMs());
      });
    }
  }

  /** Gives nothing any more. @throws what kept an order from being written. */
  async settled(): Promise<void> {
    this.#isOver = true;
    await this.#last;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #after(put: () => Promise<void>): void {
    this.#last = this.#last.then(put).catch((error: unknown) => {
      this.#failure ??= error;
      this.#options.onError(error);
    });
  }

  /** For all of them or for none: the states that are stored have to say the same as those that were seen. */
  async #end(orders: readonly ReleaseOrder[], asked: readonly Asked[]): Promise<void> {
    const { journal, clock, onRefused } = this.#options;
    const isWritten = await journal.requests.putTogether(asked, clock.nowMs(), (stored) =>
      areThrough(stored),
    );
    if (isWritten) return;
    for (const order of orders) this.#given.delete(keyOf(order));
    onRefused();
  }

  #request(order: ReleaseOrder): OperatorRequest {
    const by = { actor: `release ${this.#options.spec.name}`, reason: order.reason };
    return order.kind === "open"
      ? { kind: "barrierOpened", barrier: order.barrier, ...by }
      : { kind: "abortRequested", byRelease: true, ...by };
  }
}

function keyOf(order: ReleaseOrder): string {
  return `${order.target} ${order.kind} ${order.kind === "open" ? order.barrier : ""}`;
}

/** Whether it is the last barrier's, which opens for all targets or for none. */
function isEnd(order: ReleaseOrder): boolean {
  return order.kind === "open" && order.barrier === "release";
}

/** @throws {RolloutError} USAGE when the rollout can only go on together with the rest of its release. */
export function assertAlone({ id, release }: Rollout): void {
  if (release === undefined) return;
  throw new RolloutError(
    "ROLLOUT_RUNNING",
    `rollout ${id} is ${release.target} of release ${release.name}, whose targets go on together`,
    { hint: `Go on with all of it: \`headgate resume ${release.name}\`.` },
  );
}
