import { readRelease } from "@headgate/controller";
import { defineCommand, type Outcome } from "../command.ts";
import { actorHere } from "../session/actor.ts";
import { DATA_DIR_OPTION, dataDirOf } from "../session/data-dir.ts";
import {
  operate,
  type OperatorResult,
  REASON_OPTION,
  ROLLOUT_ARGUMENT,
} from "../session/operate.ts";
import { abortRelease, type ReleaseOperated } from "../session/operate-release.ts";
import { renderOperator } from "../views/operator-view.ts";

export const abort = defineCommand({
  path: "abort",
  description: "Takes effect at once, also while another process runs the rollout.",
  examples: [
    ["headgate abort --reason 'support sees errors'", "Take the newest rollout's version out"],
    ["headgate abort shop", "Take a whole release back, the last target first"],
  ],
  arguments: [ROLLOUT_ARGUMENT],
  options: { ...DATA_DIR_OPTION, ...REASON_OPTION },
  run: async (options, invocation): Promise<Outcome<OperatorResult | ReleaseOperated>> => {
    const reason = options.reason ?? "";
    const request = { kind: "abortRequested", actor: actorHere(), reason } as const;
    const dataDir = dataDirOf(options.dataDir);
    const release = await readRelease(dataDir, invocation.arguments[0]);
    if (release.length === 0) return operate(request, options, invocation);
    return abortRelease(release, request, { dataDir, invocation, onInterrupt: "leave" });
  },
  render: renderOperator,
});
