import {
  type OperatorRequest,
  readRelease,
  readStatus,
  requestOperator,
} from "@headgate/controller";
import { systemClock, systemRandom } from "@headgate/controller";
import { releaseOf, type Rollout, RolloutError } from "@headgate/core";
import type { Invocation } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { type ReleaseView, releaseView } from "../views/release-view.ts";
import { openAwsSession } from "./aws.ts";
import { dataDirFlag } from "./data-dir.ts";
import { releaseTargets } from "./release-targets.ts";

/** A release that was asked for something: where it is, or how it ended when this process ran it. */
export interface ReleaseOperated extends ReleaseView {
  /** True when the process that runs the release was asked; it goes on there. */
  readonly handedOver: boolean;
}

interface Operated {
  readonly value: ReleaseOperated;
  readonly exitCode: number;
}

interface Place {
  readonly dataDir: string;
  readonly invocation: Invocation;
  /** "abort" or "leave". */
  readonly onInterrupt: string;
}

/**
 * Goes on with a release whose process is gone, each target from where it was left.
 *
 * @param asked of one of its rollouts before they go on.
 */
export async function goOnWithRelease(
  parts: readonly Rollout[],
  { dataDir, invocation, onInterrupt }: Place,
  asked?: { readonly rollout: string; readonly request: OperatorRequest },
): Promise<Operated> {
  const session = await openAwsSession(invocation.globals);
  try {
    const { value, exitCode } = await releaseTargets({
      release: releaseOf(parts),
      onlyLeft: true,
      ...(asked === undefined ? {} : { request: asked }),
      specFile: parts[0]?.specFile,
      dataDir,
      session,
      invocation,
      reason: undefined,
      exitWhenHeld: false,
      onInterrupt,
    });
    return { value: { ...value, handedOver: false }, exitCode };
  } finally {
    session.close();
  }
}

/**
 * Takes a whole release back: the last target that stands is aborted in a person's name, and the others follow it,
 * those that came last first. What is frozen is a person's to decide, each by its own name.
 * @throws {RolloutError} ROLLOUT_NOT_RUNNING when there is nothing left to take back.
 */
export async function abortRelease(
  parts: readonly Rollout[],
  request: OperatorRequest,
  place: Place,
): Promise<Operated> {
  const { dataDir, invocation } = place;
  const isRun = (await readStatus(dataDir)).writer !== undefined;
  const last = parts.findLast(isStanding);
  if (last === undefined) {
    const isLeftTurningBack = parts.some((part) => part.finished === undefined && !isFrozen(part));
    if (!isRun && isLeftTurningBack) return goOnWithRelease(parts, place);
    throw nothingToAbort(parts);
  }
  if (!isRun) return goOnWithRelease(parts, place, { rollout: last.id, request });
  const clock = systemClock();
  const session = await openAwsSession(invocation.globals);
  try {
    const answer = await requestOperator({
      dataDir,
      rollout: last.id,
      request,
      createDrivers: session.drivers,
      clock,
      random: systemRandom(),
      signal: invocation.signal,
    });
    if (!answer.isAccepted) {
      const why = answer.notes.map(({ text }) => text).join(" ");
      throw new RolloutError("ROLLOUT_NOT_RUNNING", why, {
        hint: `See \`headgate status ${last.release?.name ?? last.id}\`.`,
      });
    }
  } finally {
    session.close();
  }
  return { value: await handedOver(parts, dataDir), exitCode: EXIT.ok };
}

async function handedOver(parts: readonly Rollout[], dataDir: string): Promise<ReleaseOperated> {
  const now = await readRelease(dataDir, parts[0]?.release?.id);
  const of = (rollouts: readonly Rollout[]) =>
    new Map(rollouts.map((rollout) => [rollout.release?.target ?? rollout.name, rollout]));
  const before = new Map([...of(parts)].map(([target, { route }]) => [target, route]));
  const place = { nowMs: Date.now(), dataDirFlag: dataDirFlag(dataDir) };
  return { ...releaseView(releaseOf(now), of(now), before, place), handedOver: true };
}

/** Can be taken back without another word. */
function isStanding(rollout: Rollout): boolean {
  const { finished, abort } = rollout;
  return finished === undefined && abort === undefined && !isFrozen(rollout);
}

function isFrozen({ pause }: Rollout): boolean {
  return pause?.why === "frozen";
}

function nothingToAbort(parts: readonly Rollout[]): RolloutError {
  const name = parts[0]?.release?.name ?? "";
  const frozen = parts.filter(isFrozen);
  if (frozen.length > 0) {
    const names = frozen.map((rollout) => rollout.name);
    return new RolloutError(
      "ROLLOUT_NOT_RUNNING",
      `of release ${name} only what is frozen is left: ${names.join(", ")}`,
      {
        hint: `A hook that cannot be undone ran there, so say it for each: ${names.map((one) => `\`headgate abort ${one}\``).join(", ")}.`,
      },
    );
  }
  const isPromoted = parts.every(({ finished }) => finished?.outcome === "promoted");
  return new RolloutError(
    "ROLLOUT_NOT_RUNNING",
    `release ${name} ${isPromoted ? "is promoted" : "turns back, or has ended"}: there is nothing to abort`,
    {
      hint: isPromoted
        ? `To go back, \`headgate rollback ${name}\`.`
        : `See \`headgate status ${name}\`.`,
    },
  );
}

/** @throws {RolloutError} USAGE for what only one target can be asked, when a release is meant. */
export async function assertOneTarget(
  verb: string,
  dataDir: string,
  which: string | undefined,
): Promise<void> {
  const parts = await readRelease(dataDir, which);
  if (parts.length > 0) throw nameOne(verb, parts);
}

/** @param parts of the release; those that are not finished are offered. */
export function nameOne(verb: string, parts: readonly Rollout[]): RolloutError {
  const name = parts[0]?.release?.name ?? "";
  const open = parts.filter(({ finished }) => finished === undefined);
  const offered = (open.length > 0 ? open : parts).map(
    (part) => `\`headgate ${verb} ${part.name}\``,
  );
  return new RolloutError(
    "USAGE",
    `${name} is a release of ${parts.length} targets; ${verb} is for one of them`,
    { hint: `Name it: ${offered.join(", ")}.` },
  );
}
