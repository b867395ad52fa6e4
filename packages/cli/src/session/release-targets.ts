import {
  type Journal,
  type OperatorRequest,
  openJournal,
  requestOperator,
  runRelease,
  startRelease,
  type StoredRelease,
  systemClock,
  systemRandom,
  unfinishedRelease,
} from "@headgate/controller";
import {
  type PreflightFinding,
  type ReleaseSpec,
  type Rollout,
  RolloutError,
} from "@headgate/core";
import type { RolloutDrivers } from "@headgate/drivers";
import { isDeepStrictEqual } from "node:util";
import { noteLine } from "../views/note-line.ts";
import { releaseStatus, renderReleaseStatus } from "../views/release-status.ts";
import { type ReleaseView, releaseView } from "../views/release-view.ts";
import { actorHere } from "./actor.ts";
import type { AwsSession } from "./aws.ts";
import { dataDirFlag } from "./data-dir.ts";
import { exitCodeOfOutcome } from "./outcome.ts";
import { isHeld, notReady, type Release, showWarnings } from "./release.ts";
import { hasTimedOut } from "./take-out.ts";

/** Elapsed times must move between events too. */
const REFRESH_MS = 500;

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
  const { release: spec, dataDir, invocation } = wanted;
  const clock = systemClock();
  const journal = await openJournal(dataDir, clock.nowMs());
  let ended: { readonly rollouts: Map<string, Rollout>; readonly before: Routes };
  try {
    ended = await run(wanted, journal);
  } finally {
    await journal.close();
  }
  const { rollouts, before } = ended;
  if (invocation.signal.aborted && wanted.onInterrupt !== "leave") {
    await takeAllOut(wanted, rollouts);
  }
  const place = { nowMs: clock.nowMs(), dataDirFlag: dataDirFlag(dataDir) };
  const value = releaseView(spec, rollouts, before, place);
  const exitCode = exitCodeOfOutcome(value.outcome ?? undefined, invocation.signal);
  return { value, rollouts, exitCode };
}

type Routes = ReadonlyMap<string, Rollout["route"]>;

async function run(wanted: Wanted, journal: Journal) {
  const { release: spec, specFile, reason, session, invocation } = wanted;
  const { progress, style } = invocation;
  const clock = systemClock();
  const options = {
    journal,
    spec,
    driversOf: oncePerTarget(session, specFile),
    clock,
    random: systemRandom(),
    actor: actorHere(),
    ...(specFile === undefined ? {} : { specFile }),
    ...(reason === undefined ? {} : { reason }),
  };
  const stored = await begin(options, wanted);
  if (wanted.request !== undefined) {
    const { rollout, request } = wanted.request;
    await journal.requests.put(rollout, request, clock.nowMs());
  }
  const latest = new Map([...stored].map(([target, { rollout }]) => [target, rollout]));
  const before = new Map([...latest].map(([target, { route }]) => [target, route]));
  const draw = () =>
    progress.live(renderReleaseStatus(releaseStatus([...latest.values()], clock.nowMs()), style));
  const timer = progress.isLive ? setInterval(draw, REFRESH_MS) : undefined;
  const width = Math.max(...spec.members.map(({ target }) => target.length));
  try {
    const { rollouts } = await runRelease(stored, {
      ...options,
      signal: invocation.signal,
      onUpdate(target, { rollout, entries }) {
        latest.set(target, rollout);
        for (const { event, notes } of entries) {
          for (const note of notes) {
            progress.line(
              `${style.dim(target.padEnd(width))}  ${noteLine(note, event.atMs, style)}`,
            );
          }
        }
        draw();
      },
      ...(wanted.exitWhenHeld ? { stopWhen: isHeld } : {}),
    });
    return { rollouts: new Map(rollouts), before };
  } finally {
    clearInterval(timer);
  }
}

async function begin(
  options: Parameters<typeof startRelease>[0],
  { invocation, onlyLeft }: Wanted,
): Promise<StoredRelease> {
  const { spec } = options;
  const left = await unfinishedRelease(options.journal, spec);
  if (left !== undefined) {
    const [first] = left.values();
    const id = first?.rollout.release?.id ?? spec.name;
    assertSame(id, spec, left);
    invocation.progress.line(`going on with release ${id}, which was interrupted`);
    return left;
  }
  if (onlyLeft === true) {
    throw new RolloutError("ROLLOUT_NOT_RUNNING", `release ${spec.name} has ended meanwhile`, {
      hint: `See \`headgate status ${spec.name}\`.`,
    });
  }
  const findings: PreflightFinding[] = [];
  const stored = await startRelease({
    ...options,
    onPreflight(target, found) {
      for (const { check, outcome, detail, hint } of found) {
        findings.push({ check: `${target}: ${check}`, outcome, detail, hint });
      }
    },
  }).catch((error: unknown) => {
    throw notReady(error, findings);
  });
  showWarnings(findings, invocation);
  return stored;
}

/**
 * What was begun goes on as it was begun: another revision in the file is another release.
 * @throws {RolloutError} ROLLOUT_RUNNING
 */
function assertSame(id: string, { name, members }: ReleaseSpec, left: StoredRelease): void {
  const changed = members.filter(({ target, spec }) => {
    // As the journal keeps it: what is undefined is not written.
    const asStored: unknown = JSON.parse(JSON.stringify(spec));
    return !isDeepStrictEqual(left.get(target)?.rollout.spec, asStored);
  });
  if (changed.length === 0) return;
  const targets = changed.map(({ target }) => target).join(", ");
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

/** Nobody would watch the new versions any more, so none of them keeps traffic: the last target first. */
async function takeAllOut(wanted: Wanted, rollouts: Map<string, Rollout>): Promise<void> {
  const { session, dataDir, invocation, release: spec } = wanted;
  const reason = hasTimedOut(invocation.signal) ? "--timeout has passed" : "interrupted";
  invocation.progress.line(
    `${reason}: taking the new versions out (once more Ctrl-C leaves everything as it is)`,
  );
  for (const { target } of spec.members.toReversed()) {
    const rollout = rollouts.get(target);
    if (rollout === undefined || rollout.finished !== undefined) continue;
    const answer = await requestOperator({
      dataDir,
      rollout: rollout.id,
      request: { kind: "abortRequested", actor: actorHere(), reason },
      createDrivers: session.drivers,
      clock: systemClock(),
      random: systemRandom(),
    });
    rollouts.set(target, answer.rollout);
  }
}
