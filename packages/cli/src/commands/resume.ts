import {
  openJournal,
  readStatus,
  resumeRollout,
  systemClock,
  systemRandom,
} from "@headgate/controller";
import { RolloutError, type Rollout } from "@headgate/core";
import { defineCommand, type Invocation } from "../command.ts";
import { actorHere } from "../session/actor.ts";
import { openAwsSession } from "../session/aws.ts";
import { DATA_DIR_OPTION, dataDirFlag, dataDirOf } from "../session/data-dir.ts";
import { followRollout } from "../session/follow.ts";
import { operate, REASON_OPTION, ROLLOUT_ARGUMENT } from "../session/operate.ts";
import { exitCodeOf } from "../session/outcome.ts";
import { renderOperator } from "../views/operator-view.ts";
import { resultView } from "../views/result-view.ts";

export const resume = defineCommand({
  path: "resume",
  description: "At an approval, this is the approval. After a crash, it goes on from the journal.",
  examples: [
    ["headgate resume", "Go on, or approve"],
    ["headgate resume checkout --reason 'looks good'", "With a word for the journal"],
  ],
  arguments: [ROLLOUT_ARGUMENT],
  options: { ...DATA_DIR_OPTION, ...REASON_OPTION },
  run: async (options, invocation) => {
    const dataDir = dataDirOf(options.dataDir);
    const { rollout, writer } = await readStatus(dataDir, invocation.arguments[0]);
    if (rollout.finished === undefined && rollout.phase !== "paused") {
      if (writer === undefined) return goOn(dataDir, rollout, invocation);
      throw new RolloutError(
        "ROLLOUT_RUNNING",
        `${rollout.id} is ${rollout.phase} and process ${writer.pid} runs it: there is nothing to resume`,
        { hint: "Follow it with `headgate status --watch`." },
      );
    }
    const reason = options.reason ?? "";
    return operate({ kind: "resumeRequested", actor: actorHere(), reason }, options, invocation);
  },
  render: renderOperator,
});

/** Takes over a rollout that its process left in the middle. */
async function goOn(dataDir: string, left: Rollout, invocation: Invocation) {
  const clock = systemClock();
  const session = await openAwsSession(invocation.globals);
  const journal = await openJournal(dataDir, clock.nowMs());
  const follower = followRollout(invocation, clock.nowMs);
  try {
    const rollout = await resumeRollout({
      journal,
      rollout: left.id,
      createDrivers: session.drivers,
      clock,
      random: systemRandom(),
      signal: invocation.signal,
      onUpdate: follower.onUpdate,
    });
    const place = { nowMs: clock.nowMs(), dataDirFlag: dataDirFlag(dataDir) };
    const value = { ...resultView(rollout, left.route, place), handedOver: false };
    return { value, exitCode: exitCodeOf(rollout) };
  } finally {
    follower.stop();
    await journal.close();
    session.close();
  }
}
