import { defineCommand } from "../command.ts";
import { actorHere } from "../session/actor.ts";
import { DATA_DIR_OPTION } from "../session/data-dir.ts";
import { operate, REASON_OPTION, ROLLOUT_ARGUMENT } from "../session/operate.ts";
import { ON_INTERRUPT_OPTION } from "../session/take-out.ts";
import { renderOperator } from "../views/operator-view.ts";

export const retry = defineCommand({
  path: "retry",
  description: "The same version, from the first step.",
  examples: [["headgate retry", "After what stopped it was mended"]],
  arguments: [ROLLOUT_ARGUMENT],
  options: { ...DATA_DIR_OPTION, ...REASON_OPTION, ...ON_INTERRUPT_OPTION },
  run: (options, invocation) =>
    operate(
      { kind: "retryRequested", actor: actorHere(), reason: options.reason ?? "" },
      options,
      invocation,
    ),
  render: renderOperator,
});
