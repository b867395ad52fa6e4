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
  const { lattice, ecs } = spec.target;
  // The way back needs as little as possible: nothing for testers.
  const target = {
    ...spec.target,
    ...(lattice && { lattice: { ...lattice, testers: undefined } }),
    ...(ecs && { ecs: { ...ecs, testers: undefined, testListener: undefined } }),
  };
  return {
    ...spec,
    target,
    revision: NAMES[targetKind(spec)].revision(version),
    strategy: { allAtOnce: {} },
    checks: [],
    alarms: [],
    hooks: [],
    bake: undefined,
  };
}

/** How each platform names a version, and how a revision names it again. */
const NAMES = {
  lambda: {
    pattern: /^[1-9]\d*$/,
    what: "a published version",
    example: "7",
    revision: (version: string) => ({ version }),
  },
  apiGateway: {
    pattern: /^[a-z0-9]+$/,
    what: "the id of a deployment",
    example: "a1b2c3",
    revision: (deployment: string) => ({ deployment }),
  },
  lattice: {
    pattern: /^tg-[0-9a-z]{17}$/,
    what: "the id of a target group",
    example: "tg-0123456789abcdef0",
    revision: (targetGroup: string) => ({ targetGroup }),
  },
  ecs: {
    pattern: /^[A-Za-z0-9_-]+:[1-9]\d*$/,
    what: "a task definition with its revision",
    example: "web:7",
    revision: (taskDefinition: string) => ({ taskDefinition }),
  },
} as const;

function targetKind({ target }: RolloutSpec): keyof typeof NAMES {
  if (target.apiGateway !== undefined) return "apiGateway";
  if (target.ecs !== undefined) return "ecs";
  return target.lattice === undefined ? "lambda" : "lattice";
}

function mustBeVersion(to: string, spec: RolloutSpec | undefined): void {
  const { pattern, what, example } = NAMES[spec === undefined ? "lambda" : targetKind(spec)];
  if (pattern.test(to)) return;
  throw new RolloutError("USAGE", `--to is "${to}"; it must be ${what}`, {
    hint: `For example --to ${example}. \`headgate history\` lists what was released.`,
  });
}
