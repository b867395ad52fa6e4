import { defineCommand } from "../command.ts";
import { actorHere } from "../session/actor.ts";
import { DATA_DIR_OPTION, dataDirOf } from "../session/data-dir.ts";
import { operate, REASON_OPTION, ROLLOUT_ARGUMENT } from "../session/operate.ts";
import { assertOneTarget } from "../session/operate-release.ts";
import { ON_INTERRUPT_OPTION } from "../session/take-out.ts";
import { renderOperator } from "../views/operator-view.ts";

export const promote = defineCommand({
  path: "promote",
  description:
    "Ends the present wait and goes on to the next step. A guard that says fail still holds and still takes the " +
    "version out.",
  examples: [
    ["headgate promote", "Do not wait out the present pause"],
    ["headgate promote --full --reason 'hotfix'", "All traffic to the new version now"],
  ],
  arguments: [ROLLOUT_ARGUMENT],
  options: {
    ...DATA_DIR_OPTION,
    ...REASON_OPTION,
    ...ON_INTERRUPT_OPTION,
    full: { type: "boolean", help: "Skip every step up to promotion" },
  },
  run: async (options, invocation) => {
    await assertOneTarget("promote", dataDirOf(options.dataDir), invocation.arguments[0]);
    return operate(
      {
        kind: "promoteRequested",
        full: options.full,
        actor: actorHere(),
        reason: options.reason ?? "",
      },
      options,
      invocation,
    );
  },
  render: renderOperator,
});
