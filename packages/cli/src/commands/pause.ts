import { defineCommand } from "../command.ts";
import { actorHere } from "../session/actor.ts";
import { DATA_DIR_OPTION, dataDirOf } from "../session/data-dir.ts";
import { operate, REASON_OPTION, ROLLOUT_ARGUMENT } from "../session/operate.ts";
import { assertOneTarget } from "../session/operate-release.ts";
import { renderOperator } from "../views/operator-view.ts";

export const pause = defineCommand({
  path: "pause",
  description: "The guards go on watching while a process runs the rollout.",
  examples: [
    ["headgate pause checkout --reason 'incident elsewhere'", "Hold it at its present weight"],
  ],
  arguments: [ROLLOUT_ARGUMENT],
  options: { ...DATA_DIR_OPTION, ...REASON_OPTION },
  run: async (options, invocation) => {
    await assertOneTarget("pause", dataDirOf(options.dataDir), invocation.arguments[0]);
    return operate(
      { kind: "pauseRequested", actor: actorHere(), reason: options.reason ?? "" },
      options,
      invocation,
    );
  },
  render: renderOperator,
});
