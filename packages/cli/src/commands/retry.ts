import { defineCommand } from "../command.ts";
import { actorHere } from "../session/actor.ts";
import { DATA_DIR_OPTION, dataDirOf } from "../session/data-dir.ts";
import { operate, REASON_OPTION, ROLLOUT_ARGUMENT } from "../session/operate.ts";
import { assertOneTarget } from "../session/operate-release.ts";
import { ON_INTERRUPT_OPTION } from "../session/take-out.ts";
import { renderOperator } from "../views/operator-view.ts";

export const retry = defineCommand({
  path: "retry",
  description: "The same version, from the first step.",
  examples: [["headgate retry", "After what stopped it was mended"]],
  arguments: [ROLLOUT_ARGUMENT],
  options: { ...DATA_DIR_OPTION, ...REASON_OPTION, ...ON_INTERRUPT_OPTION },
  run: async (options, invocation) => {
    await assertOneTarget("retry", dataDirOf(options.dataDir), invocation.arguments[0]);
    return operate(
      { kind: "retryRequested", actor: actorHere(), reason: options.reason ?? "" },
      options,
      invocation,
    );
  },
  render: renderOperator,
});
