import {
  type OperatorRequest,
  readRelease,
  readStatus,
  requestOperator,
  systemClock,
  systemRandom,
  type Writer,
} from "@headgate/controller";
import { RolloutError, type Rollout } from "@headgate/core";
import type { Invocation } from "../command.ts";
import { type ResultView, resultView } from "../views/result-view.ts";
import { EXIT } from "../exit-codes.ts";
import { openAwsSession } from "./aws.ts";
import { dataDirFlag, dataDirOf } from "./data-dir.ts";
import { followRollout } from "./follow.ts";
import { goOn } from "./go-on.ts";
import { goOnWithRelease, type ReleaseOperated } from "./operate-release.ts";
import { exitCodeOf } from "./outcome.ts";
import { afterRun } from "./take-out.ts";

/** The argument by which operators name a rollout. */
export const ROLLOUT_ARGUMENT = {
  name: "rollout",
  help: "Its id or name (default: the newest)",
  required: false,
} as const;

export const REASON_OPTION = {
  reason: { type: "string", value: "text", help: "Why, for the journal" },
} as const;

export interface OperatorResult extends ResultView {
  /** True when the process that runs the rollout was asked; it goes on there. */
  readonly handedOver: boolean;
}

/**
 * Asks for something in the name of the person at the keyboard. The process that runs the rollout does
 * it; when none does, this one does, and runs the rollout to its end.
 * @throws {RolloutError} ROLLOUT_NOT_RUNNING when the rollout refuses, with its reason.
 */
export async function operate(
  request: OperatorRequest,
  options: { readonly dataDir: string | undefined; readonly onInterrupt?: string },
  invocation: Invocation,
): Promise<{ readonly value: OperatorResult | ReleaseOperated; readonly exitCode: number }> {
  const dataDir = dataDirOf(options.dataDir);
  const [which] = invocation.arguments;
  const { rollout: found, writer } = await readStatus(dataDir, which);
  const onInterrupt = options.onInterrupt ?? "leave";
  if (found.release !== undefined && writer === undefined && goesOn(found, request)) {
    const parts = await readRelease(dataDir, found.release.id);
    const asked = { rollout: found.id, request };
    return goOnWithRelease(parts, { dataDir, invocation, onInterrupt }, asked);
  }
  if (request.kind === "abortRequested" && isLeftTurningBack(found, writer)) {
    return goOn(dataDir, found, { invocation, onInterrupt });
  }
  const clock = systemClock();
  const session = await openAwsSession(invocation.globals);
  const follower = followRollout(invocation, clock.nowMs);
  try {
    const answer = await requestOperator({
      dataDir,
      rollout: found.id,
      request,
      createDrivers: session.drivers,
      clock,
      random: systemRandom(),
      onUpdate: follower.onUpdate,
      signal: invocation.signal,
    });
    if (!answer.isAccepted) throw refused(answer.notes, found);
    const { wasHandedOver: handedOver } = answer;
    const rollout = handedOver
      ? answer.rollout
      : await afterRun(answer.rollout, { dataDir, session, invocation, onInterrupt });
    const place = { nowMs: clock.nowMs(), dataDirFlag: dataDirFlag(dataDir) };
    const value = { ...resultView(rollout, found.route, place), handedOver };
    const isDone = handedOver || request.kind === "pauseRequested";
    return { value, exitCode: isDone ? EXIT.ok : exitCodeOf(rollout, invocation.signal) };
  } finally {
    follower.stop();
    session.close();
  }
}

/** Whether the rollout would run from here: a target of a release does so with all of them. */
function goesOn({ finished }: Rollout, { kind }: OperatorRequest): boolean {
  return finished === undefined && kind !== "pauseRequested";
}

/** Its process died on the way back to stable: to abort is to finish that. */
function isLeftTurningBack({ phase, finished }: Rollout, writer: Writer | undefined): boolean {
  const isOnTheWay = phase === "aborting" || phase === "degraded";
  return isOnTheWay && finished === undefined && writer === undefined;
}

function refused(
  notes: readonly { readonly text: string }[],
  { id, phase }: Rollout,
): RolloutError {
  const why = notes.map(({ text }) => text).join(" ");
  return new RolloutError("ROLLOUT_NOT_RUNNING", why, {
    hint: `${id} is ${phase}. See \`headgate status ${id}\`.`,
  });
}
