import { openJournal, resumeRollout, systemClock, systemRandom } from "@headgate/controller";
import type { Rollout } from "@headgate/core";
import type { Invocation } from "../command.ts";
import { resultView } from "../views/result-view.ts";
import { type AwsSession, openAwsSession } from "./aws.ts";
import { dataDirFlag } from "./data-dir.ts";
import { followRollout } from "./follow.ts";
import type { OperatorResult } from "./operate.ts";
import { exitCodeOf } from "./outcome.ts";
import { afterRun } from "./take-out.ts";

/** Takes over a rollout that its process left in the middle, and runs it to its end. */
export async function goOn(
  dataDir: string,
  left: Rollout,
  { invocation, onInterrupt }: { readonly invocation: Invocation; readonly onInterrupt: string },
): Promise<{ readonly value: OperatorResult; readonly exitCode: number }> {
  const clock = systemClock();
  const session = await openAwsSession(invocation.globals);
  try {
    const ended = await run(dataDir, left.id, session, invocation);
    const rollout = await afterRun(ended, { dataDir, session, invocation, onInterrupt });
    const place = { nowMs: clock.nowMs(), dataDirFlag: dataDirFlag(dataDir) };
    const value = { ...resultView(rollout, left.route, place), handedOver: false };
    return { value, exitCode: exitCodeOf(rollout, invocation.signal) };
  } finally {
    session.close();
  }
}

async function run(
  dataDir: string,
  rollout: string,
  session: AwsSession,
  invocation: Invocation,
): Promise<Rollout> {
  const clock = systemClock();
  const journal = await openJournal(dataDir, clock.nowMs());
  const follower = followRollout(invocation, clock.nowMs);
  try {
    return await resumeRollout({
      journal,
      rollout,
      createDrivers: session.drivers,
      clock,
      random: systemRandom(),
      signal: invocation.signal,
      onUpdate: follower.onUpdate,
    });
  } finally {
    follower.stop();
    await journal.close();
  }
}
