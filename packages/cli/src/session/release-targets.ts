import {
  type Journal,
  type OperatorRequest,
  openJournal,
  type ReleaseOptions,
  startRelease,
  type StoredRelease,
  systemClock,
  systemRandom,
  unfinishedRelease,
} from "@headgate/controller";
import {
  barriersOf,
  type PreflightFinding,
  type ReleaseSpec,
  type Rollout,
  RolloutError,
} from "@headgate/core";
import type { RolloutDrivers } from "@headgate/drivers";
import { isDeepStrictEqual } from "node:util";
import { releaseOrder, renderReleaseOrder } from "../views/release-order.ts";
import { type ReleaseView, releaseView } from "../views/release-view.ts";
import { actorHere } from "./actor.ts";
import type { AwsSession } from "./aws.ts";
import { dataDirFlag } from "./data-dir.ts";
import { exitCodeOfOutcome } from "./outcome.ts";
import { isHeld } from "./held.ts";
import { confirm, notReady, type Release, showWarnings } from "./release.ts";
import { runTargets } from "./run-targets.ts";
import { interruption, takingOut } from "./take-out.ts";

interface ReleaseRun {
  readonly value: ReleaseView;
  readonly rollouts: ReadonlyMap<string, Rollout>;
  readonly exitCode: number;
}

type Wanted = Omit<Release, "spec"> & {
  readonly release: ReleaseSpec;
  /** Goes on with what a process left, and begins nothing. */
  readonly onlyLeft?: boolean;
  /** Asked of one of its rollouts before they go on. */
  readonly request?: { readonly rollout: string; readonly request: OperatorRequest };
};

/**
 * Runs a release of several targets from preflight, or from where a process left it, to its end: one exit code, that
 * of the worst.
 */
export async function releaseTargets(wanted: Wanted): Promise<ReleaseRun> {
  const { dataDir, invocation } = wanted;
  const clock = systemClock();
  const journal = await openJournal(dataDir, clock.nowMs());
  let ended: Awaited<ReturnType<typeof run>>;
  try {
    ended = await run(wanted, journal);
  } finally {
    await journal.close();
  }
  const { spec, before } = ended;
  const isLeft = !invocation.signal.aborted || wanted.onInterrupt === "leave";
  const rollouts = isLeft ? ended.rollouts : await takeAllOut(wanted, ended.rollouts);
  const place = { nowMs: clock.nowMs(), dataDirFlag: dataDirFlag(dataDir) };
  const value = releaseView(spec, rollouts, before, place);
  const exitCode = exitCodeOfOutcome(value.outcome ?? undefined, invocation.signal);
  return { value, rollouts, exitCode };
}

async function run(wanted: Wanted, journal: Journal) {
  const { invocation, request } = wanted;
  const options = optionsOf(wanted, journal);
  const stored = await begin(options, wanted);
  if (request !== undefined) {
    await journal.requests.put(request.rollout, request.request, options.clock.nowMs());
  }
  const before = new Map(
    [...stored.parts].map(([target, { rollout }]) => [target, rollout.route] as const),
  );
  const rollouts = await runTargets(stored, options, invocation, {
    signal: invocation.signal,
    ...(wanted.exitWhenHeld ? { stopWhen: isHeld } : {}),
  });
  return { spec: stored.spec, rollouts, before };
}

function optionsOf(wanted: Wanted, journal: Journal): ReleaseOptions {
  const { release: spec, specFile, reason, session } = wanted;
  return {
    journal,
    spec,
    driversOf: oncePerTarget(session, specFile),
    clock: systemClock(),
    random: systemRandom(),
    actor: actorHere(),
    ...(specFile === undefined ? {} : { specFile }),
    ...(reason === undefined ? {} : { reason }),
  };
}

async function begin(options: ReleaseOptions, wanted: Wanted): Promise<StoredRelease> {
  const { invocation, onlyLeft } = wanted;
  const { spec } = options;
  const left = await unfinishedRelease(options.journal, spec);
  if (left !== undefined) {
    const [first] = left.parts.values();
    const id = first?.rollout.release?.id ?? spec.name;
    assertSame(id, spec, left);
    const others = leftOut(spec, left);
    const without = others.length === 0 ? "" : `, without ${others.join(", ")}, as it began`;
    invocation.progress.line(`going on with release ${id}, which was interrupted${without}`);
    return left;
  }
  if (onlyLeft === true) {
    throw new RolloutError("ROLLOUT_NOT_RUNNING", `release ${spec.name} has ended meanwhile`, {
      hint: `See \`headgate status ${spec.name}\`.`,
    });
  }
  const asked = {
    specs: spec.members.map(({ spec: member }) => member),
    barriers: barriersOf(spec),
    head: [renderReleaseOrder(releaseOrder(spec), invocation.style)],
  };
  await confirm(asked, wanted, options.journal);
  const found = new Map<string, readonly PreflightFinding[]>();
  // In the release's order, whichever target answered first.
  const findings = () =>
    spec.members.flatMap(({ target }) =>
      (found.get(target) ?? []).map(({ check, outcome, detail, hint }): PreflightFinding => {
        return { check: `${target}: ${check}`, outcome, detail, hint };
      }),
    );
  const stored = await startRelease({
    ...options,
    onPreflight: (target, ofTarget) => void found.set(target, ofTarget),
  }).catch((error: unknown) => {
    throw notReady(error, findings());
  });
  showWarnings(findings(), invocation);
  for (const target of leftOut(spec, stored)) {
    const { detail } = found.get(target)?.find((finding) => finding.isUnchanged) ?? {};
    invocation.progress.line(`${target} is left out, for it has not changed: ${detail}`);
  }
  return stored;
}

function leftOut({ members }: ReleaseSpec, { parts }: StoredRelease): readonly string[] {
  return members.map(({ target }) => target).filter((target) => !parts.has(target));
}

/**
 * What was begun goes on as it was begun: another revision in the file is another release.
 * @throws {RolloutError} ROLLOUT_RUNNING
 */
function assertSame(id: string, { name, members }: ReleaseSpec, left: StoredRelease): void {
  const changed = [...left.parts].filter(([target, { rollout }]) => {
    const wanted = members.find((member) => member.target === target);
    if (wanted === undefined) return true;
    // As the journal keeps it: what is undefined is not written.
    const asStored: unknown = JSON.parse(JSON.stringify(wanted.spec));
    return !isDeepStrictEqual(rollout.spec, asStored);
  });
  if (changed.length === 0) return;
  const targets = changed.map(([target]) => target).join(", ");
  throw new RolloutError(
    "ROLLOUT_RUNNING",
    `release ${id} is not finished, and began with something else for ${targets} than what is wanted now`,
    {
      hint: `Finish it with \`headgate resume ${name}\`, or take it out with \`headgate abort ${name}\`; then deploy.`,
    },
  );
}

function oncePerTarget(session: AwsSession, specFile: string | undefined) {
  const made = new Map<string, RolloutDrivers>();
  return (spec: Parameters<AwsSession["drivers"]>[0]): RolloutDrivers => {
    const drivers = made.get(spec.name) ?? session.drivers(spec, specFile);
    made.set(spec.name, drivers);
    return drivers;
  };
}

/**
 * Nobody would watch the new versions any more, so none of them keeps traffic: the last target first, the others when it
 * is back. What cannot be undone is frozen.
 */
async function takeAllOut(
  wanted: Wanted,
  left: ReadonlyMap<string, Rollout>,
): Promise<ReadonlyMap<string, Rollout>> {
  const { dataDir, invocation, release: spec } = wanted;
  const reason = interruption(invocation.signal);
  invocation.progress.line(takingOut(reason, [...left.values()]));
  const journal = await openJournal(dataDir, systemClock().nowMs());
  try {
    const stored = await unfinishedRelease(journal, spec);
    if (stored === undefined) return left;
    const options = optionsOf(wanted, journal);
    const asked = toTakeOut([...stored.parts.values()].map(({ rollout }) => rollout));
    for (const { id } of asked) {
      const request = { kind: "abortRequested", unattended: true, actor: actorHere() } as const;
      await journal.requests.put(id, { ...request, reason }, options.clock.nowMs());
    }
    const names = new Set(asked.map(({ name }) => name));
    return await runTargets(stored, options, invocation, {
      stopWhen: (rollout, all) =>
        isHeld(rollout) && all.every((one) => !names.has(one.name) || hasAnswered(one)),
    });
  } finally {
    await journal.close();
  }
}

/** The last that can turn back, which the others follow, and each that cannot. */
function toTakeOut(parts: readonly Rollout[]): readonly Rollout[] {
  const standing = parts.filter(
    ({ finished, abort }) => finished === undefined && abort === undefined,
  );
  const kept = standing.filter(({ irreversible }) => irreversible !== undefined);
  const last = standing.findLast(({ irreversible }) => irreversible === undefined);
  return last === undefined ? kept : [...kept, last];
}

function hasAnswered({ abort, pause, phase }: Rollout): boolean {
  return abort !== undefined || pause?.why === "frozen" || phase === "healthy";
}
