import {
  openJournal,
  requestOperator,
  type ResumeOptions,
  resumeRollout,
  systemClock,
  systemRandom,
} from "@headgate/controller";
import type { Rollout } from "@headgate/core";
import type { Invocation } from "../command.ts";
import { actorHere } from "./actor.ts";
import type { AwsSession } from "./aws.ts";
import { followRollout } from "./follow.ts";
import { isHeld } from "./held.ts";

/** For every command that runs a rollout in its own process. */
export const ON_INTERRUPT_OPTION = {
  onInterrupt: {
    type: "choice",
    choices: ["abort", "leave"],
    help: "What Ctrl-C, SIGTERM and --timeout do",
    default: "abort",
  },
} as const;

interface Interrupted {
  readonly dataDir: string;
  readonly session: AwsSession;
  readonly invocation: Invocation;
  readonly onInterrupt: string;
}

/**
 * What to do with a rollout whose run has ended. When Ctrl-C or `--timeout` ended it, nobody would watch
 * the new version any more, so it gets no traffic either, unless leaving it was asked for. After a hook that cannot be
 * undone it is frozen instead: the word of somebody who has looked is needed there.
 */
export async function afterRun(rollout: Rollout, run: Interrupted): Promise<Rollout> {
  const { signal } = run.invocation;
  if (rollout.finished !== undefined || !signal.aborted) return rollout;
  return run.onInterrupt === "leave" ? rollout : takeOut(rollout, run);
}

async function takeOut(
  left: Rollout,
  { dataDir, session, invocation }: Interrupted,
): Promise<Rollout> {
  const clock = systemClock();
  const reason = interruption(invocation.signal);
  invocation.progress.line(takingOut(reason, [left]));
  const follower = followRollout(invocation, clock.nowMs);
  const world = { createDrivers: session.drivers, clock, random: systemRandom() };
  const { onUpdate } = follower;
  try {
    // It is on its way back already, and only has to come there.
    if (left.abort !== undefined) return await comeBack(dataDir, left.id, { ...world, onUpdate });
    const { rollout } = await requestOperator({
      ...world,
      dataDir,
      rollout: left.id,
      request: { kind: "abortRequested", unattended: true, actor: actorHere(), reason },
      onUpdate,
      stopWhen: isHeld,
    });
    return rollout;
  } finally {
    follower.stop();
  }
}

async function comeBack(
  dataDir: string,
  rollout: string,
  options: Omit<ResumeOptions, "journal" | "rollout">,
): Promise<Rollout> {
  const journal = await openJournal(dataDir, options.clock.nowMs());
  try {
    return await resumeRollout({ ...options, journal, rollout });
  } finally {
    await journal.close();
  }
}

/** Why the process ends, for the journal. */
export function interruption(signal: AbortSignal): string {
  return hasTimedOut(signal) ? "--timeout has passed" : "interrupted";
}

/** What is done about it now, and what is left as it is. */
export function takingOut(reason: string, left: readonly Rollout[]): string {
  const open = left.filter(({ finished }) => finished === undefined);
  const kept = open.filter(({ irreversible }) => irreversible !== undefined);
  const stays = kept.map(({ name, irreversible }) => {
    return `${name} stays as it is, because hook ${irreversible} cannot be undone`;
  });
  const isAnyOut = kept.length < open.length;
  const what = [...(isAnyOut ? ["taking the new version out"] : []), ...stays].join("; ");
  return `${reason}: ${what} (once more Ctrl-C leaves everything as it is)`;
}

/** Whether `--timeout` ended it, and not a person. */
export function hasTimedOut({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof DOMException && reason.name === "TimeoutError";
}
