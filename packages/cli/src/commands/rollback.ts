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
    const dataDir = dataDirOf(options.dataDir);
    const [which] = invocation.arguments;
    const rollout = await promotedRollout(dataDir, which);
    if (options.to !== undefined) mustBeVersion(options.to, rollout?.spec);
    if (rollout === undefined) throw nothingToUndo(which);
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

async function promotedRollout(
  dataDir: string,
  which: string | undefined,
): Promise<Rollout | undefined> {
  const rollouts = await readRollouts(dataDir);
  const wanted = rollouts.filter(
    ({ id, name }) => which === undefined || which === id || which === name,
  );
  return wanted.find(({ finished }) => finished?.outcome === "promoted");
}

function nothingToUndo(which: string | undefined): RolloutError {
  const message =
    which === undefined
      ? "no rollout here was promoted, so there is none to undo"
      : `no rollout "${which}" was promoted, so there is none to undo`;
  return new RolloutError("ROLLOUT_NOT_FOUND", message, {
    hint: "A rollout that still runs is stopped with `headgate abort`; see `headgate history`.",
  });
}

function rollbackSpec(spec: RolloutSpec, version: string): RolloutSpec {
  return {
    ...spec,
    revision: spec.target.apiGateway === undefined ? { version } : { deployment: version },
    strategy: { allAtOnce: {} },
    checks: [],
    alarms: [],
    hooks: [],
    bake: undefined,
  };
}

/** Lambda's versions are numbers; a deployment of API Gateway has an id of letters and digits. */
function mustBeVersion(to: string, spec: RolloutSpec | undefined): void {
  const isStage = spec?.target.apiGateway !== undefined;
  const [pattern, what, example] = isStage
    ? [/^[a-z0-9]+$/, "the id of a deployment", "a1b2c3"]
    : [/^[1-9]\d*$/, "a published version", "7"];
  if (pattern.test(to)) return;
  throw new RolloutError("USAGE", `--to is "${to}"; it must be ${what}`, {
    hint: `For example --to ${example}. \`headgate history\` lists what was released.`,
  });
}
