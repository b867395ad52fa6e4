import { requestOperator, systemClock, systemRandom } from "@headgate/controller";
import type { Rollout } from "@headgate/core";
import type { Invocation } from "../command.ts";
import { actorHere } from "./actor.ts";
import type { AwsSession } from "./aws.ts";
import { followRollout } from "./follow.ts";

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
 * the new version any more, so it gets no traffic either, unless leaving it was asked for.
 */
export async function afterRun(rollout: Rollout, run: Interrupted): Promise<Rollout> {
  const { signal } = run.invocation;
  if (rollout.finished !== undefined || !signal.aborted) return rollout;
  return run.onInterrupt === "leave" ? rollout : takeOut(rollout.id, run);
}

async function takeOut(
  id: string,
  { dataDir, session, invocation }: Interrupted,
): Promise<Rollout> {
  const clock = systemClock();
  const reason = hasTimedOut(invocation.signal) ? "--timeout has passed" : "interrupted";
  invocation.progress.line(
    `${reason}: taking the new version out (once more Ctrl-C leaves everything as it is)`,
  );
  const follower = followRollout(invocation, clock.nowMs);
  try {
    const { rollout } = await requestOperator({
      dataDir,
      rollout: id,
      request: { kind: "abortRequested", actor: actorHere(), reason },
      createDrivers: session.drivers,
      clock,
      random: systemRandom(),
      onUpdate: follower.onUpdate,
    });
    return rollout;
  } finally {
    follower.stop();
  }
}

/** Whether `--timeout` ended it, and not a person. */
export function hasTimedOut({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof DOMException && reason.name === "TimeoutError";
}
