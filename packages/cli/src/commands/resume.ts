import { readRelease, readStatus } from "@headgate/controller";
import { type Rollout, RolloutError } from "@headgate/core";
import { defineCommand, type Invocation, type Outcome } from "../command.ts";
import { actorHere } from "../session/actor.ts";
import { DATA_DIR_OPTION, dataDirOf } from "../session/data-dir.ts";
import { goOn } from "../session/go-on.ts";
import {
  operate,
  type OperatorResult,
  REASON_OPTION,
  ROLLOUT_ARGUMENT,
} from "../session/operate.ts";
import { goOnWithRelease, nameOne, type ReleaseOperated } from "../session/operate-release.ts";
import { ON_INTERRUPT_OPTION } from "../session/take-out.ts";
import { renderOperator } from "../views/operator-view.ts";

export const resume = defineCommand({
  path: "resume",
  description: "At an approval, this is the approval. After a crash, it goes on from the journal.",
  examples: [
    ["headgate resume", "Go on, or approve"],
    ["headgate resume checkout --reason 'looks good'", "With a word for the journal"],
    ["headgate resume shop", "All targets of a release whose process is gone"],
  ],
  arguments: [ROLLOUT_ARGUMENT],
  options: { ...DATA_DIR_OPTION, ...REASON_OPTION, ...ON_INTERRUPT_OPTION },
  run: async (options, invocation): Promise<Outcome<OperatorResult | ReleaseOperated>> => {
    const dataDir = dataDirOf(options.dataDir);
    const parts = await readRelease(dataDir, invocation.arguments[0]);
    if (parts.length > 0) return resumeRelease(parts, dataDir, options.onInterrupt, invocation);
    const { rollout, writer } = await readStatus(dataDir, invocation.arguments[0]);
    if (rollout.finished === undefined && rollout.phase !== "paused") {
      if (writer === undefined) {
        const all = await readRelease(dataDir, rollout.release?.id ?? "");
        if (all.length > 0) return resumeRelease(all, dataDir, options.onInterrupt, invocation);
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

/** After a crash all targets go on together. What waits for a person's word waits for it by its own name. */
async function resumeRelease(
  parts: readonly Rollout[],
  dataDir: string,
  onInterrupt: string,
  invocation: Invocation,
) {
  const name = parts[0]?.release?.name ?? "";
  if (parts.every(({ finished }) => finished !== undefined)) {
    throw new RolloutError("ROLLOUT_NOT_RUNNING", `release ${name} has ended`, {
      hint: `See \`headgate status ${name}\`.`,
    });
  }
  const { writer } = await readStatus(dataDir);
  if (parts.length < (parts[0]?.release?.size ?? 0)) {
    throw new RolloutError(
      "ROLLOUT_RUNNING",
      `the process of release ${name} ended before it had begun all targets; nothing was changed`,
      {
        hint: `\`headgate deploy\` with its file begins the rest; \`headgate abort ${name}\` clears it away.`,
      },
    );
  }
  const waiting = parts.filter(({ phase }) => phase === "paused");
  const canGoOn = parts.some((part) => part.finished === undefined && part.phase !== "paused");
  if (writer === undefined && canGoOn) {
    return goOnWithRelease(parts, { dataDir, invocation, onInterrupt });
  }
  if (waiting.length > 0 || writer === undefined) throw nameOne("resume", waiting);
  throw new RolloutError(
    "ROLLOUT_RUNNING",
    `process ${writer.pid} runs release ${name}: there is nothing to resume`,
    { hint: `Follow it with \`headgate status ${name} --watch\`.` },
  );
}
