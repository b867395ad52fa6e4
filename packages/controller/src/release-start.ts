import { barriersOf, isUnchanged, RolloutError, withoutTargets } from "@headgate/core";
import type {
  PreflightFinding,
  ReleasePart,
  ReleaseSpec,
  Rollout,
  RolloutSpec,
} from "@headgate/core";

import type { Clock, Random } from "./clock.ts";
import type { Drivers } from "./drivers.ts";
import type { Journal, StoredRollout } from "./journal/journal.ts";
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

/** @throws {RolloutError} USAGE when the rollout can only go on together with the rest of its release. */
export function assertAlone({ id, release }: Rollout): void {
  if (release === undefined) return;
  throw new RolloutError(
    "ROLLOUT_RUNNING",
    `rollout ${id} is ${release.target} of release ${release.name}, whose targets go on together`,
    { hint: `Go on with all of it: \`headgate resume ${release.name}\`.` },
  );
}
