import { readStatus } from "@headgate/controller";
import { RolloutError } from "@headgate/core";
import { defineCommand } from "../command.ts";
import { actorHere } from "../session/actor.ts";
import { DATA_DIR_OPTION, dataDirOf } from "../session/data-dir.ts";
import { goOn } from "../session/go-on.ts";
import { operate, REASON_OPTION, ROLLOUT_ARGUMENT } from "../session/operate.ts";
import { ON_INTERRUPT_OPTION } from "../session/take-out.ts";
import { renderOperator } from "../views/operator-view.ts";

export const resume = defineCommand({
  path: "resume",
  description: "At an approval, this is the approval. After a crash, it goes on from the journal.",
  examples: [
    ["headgate resume", "Go on, or approve"],
    ["headgate resume checkout --reason 'looks good'", "With a word for the journal"],
  ],
  arguments: [ROLLOUT_ARGUMENT],
  options: { ...DATA_DIR_OPTION, ...REASON_OPTION, ...ON_INTERRUPT_OPTION },
  run: async (options, invocation) => {
    const dataDir = dataDirOf(options.dataDir);
    const { rollout, writer } = await readStatus(dataDir, invocation.arguments[0]);
    if (rollout.finished === undefined && rollout.phase !== "paused") {
      if (writer === undefined) {
        return goOn(dataDir, rollout, { invocation, onInterrupt: options.onInterrupt });
      }
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
