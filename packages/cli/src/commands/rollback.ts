import { readRollouts } from "@headgate/controller";
import { RolloutError, type Rollout, type RolloutSpec } from "@headgate/core";
import { defineCommand } from "../command.ts";
import { openAwsSession } from "../session/aws.ts";
import { DATA_DIR_OPTION, dataDirOf } from "../session/data-dir.ts";
import { REASON_OPTION, ROLLOUT_ARGUMENT } from "../session/operate.ts";
import { renderResult } from "../views/result-view.ts";
import { release } from "../session/release.ts";

export const rollback = defineCommand({
  path: "rollback",
  description:
    "A new rollout to the version that served before, all at once and without waiting for guards: they may be " +
    "firing, which is why you are here. To stop a rollout that still runs, use `headgate abort`.",
  examples: [
    ["headgate rollback", "Back to what served before the newest promoted rollout"],
    ["headgate rollback --to 7 --reason 'since Tuesday'", "To a version of your choice"],
  ],
  arguments: [ROLLOUT_ARGUMENT],
  options: {
    ...DATA_DIR_OPTION,
    ...REASON_OPTION,
    to: { type: "string", value: "version", help: "The version to go back to" },
  },
  run: async (options, invocation) => {
    if (options.to !== undefined && !/^[1-9]\d*$/.test(options.to)) {
      throw new RolloutError("USAGE", `--to is "${options.to}"; it must be a published version`, {
        hint: "For example --to 7. `headgate history` lists what was released.",
      });
    }
    const dataDir = dataDirOf(options.dataDir);
    const rollout = await promotedRollout(dataDir, invocation.arguments[0]);
    const version = options.to ?? rollout.versions?.stable ?? rollout.route.stable;
    const session = await openAwsSession(invocation.globals);
    try {
      const { result, exitCode } = await release({
        spec: rollbackSpec(rollout.spec, version),
        specFile: rollout.specFile,
        dataDir,
        session,
        invocation,
        reason: options.reason ?? `rollback of ${rollout.id}`,
        exitWhenHeld: false,
        onInterrupt: "leave",
      });
      return { value: result, exitCode };
    } finally {
      session.close();
    }
  },
  render: renderResult,
});

/** @throws {RolloutError} ROLLOUT_NOT_FOUND when there is none to undo. */
async function promotedRollout(dataDir: string, which: string | undefined): Promise<Rollout> {
  const rollouts = await readRollouts(dataDir);
  const wanted = rollouts.filter(
    ({ id, name }) => which === undefined || which === id || which === name,
  );
  const promoted = wanted.find(({ finished }) => finished?.outcome === "promoted");
  if (promoted !== undefined) return promoted;
  const message =
    which === undefined
      ? "no rollout here was promoted, so there is none to undo"
      : `no rollout "${which}" was promoted, so there is none to undo`;
  throw new RolloutError("ROLLOUT_NOT_FOUND", message, {
    hint: "A rollout that still runs is stopped with `headgate abort`; see `headgate history`.",
  });
}

function rollbackSpec(spec: RolloutSpec, version: string): RolloutSpec {
  return {
    ...spec,
    revision: { version },
    strategy: { allAtOnce: {} },
    checks: [],
    alarms: [],
    hooks: [],
    bake: undefined,
  };
}
