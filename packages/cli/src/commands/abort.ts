import { defineCommand } from "../command.ts";
import { actorHere } from "../session/actor.ts";
import { DATA_DIR_OPTION } from "../session/data-dir.ts";
import { operate, REASON_OPTION, ROLLOUT_ARGUMENT } from "../session/operate.ts";
import { renderOperator } from "../views/operator-view.ts";

export const abort = defineCommand({
  path: "abort",
  description: "Takes effect at once, also while another process runs the rollout.",
  examples: [
    ["headgate abort --reason 'support sees errors'", "Take the newest rollout's version out"],
  ],
  arguments: [ROLLOUT_ARGUMENT],
  options: { ...DATA_DIR_OPTION, ...REASON_OPTION },
  run: (options, invocation) =>
    operate(
      { kind: "abortRequested", actor: actorHere(), reason: options.reason ?? "" },
      options,
      invocation,
    ),
  render: renderOperator,
});
