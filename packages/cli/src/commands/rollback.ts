import { readRollouts } from "@headgate/controller";
import { RolloutError, type Rollout, type RolloutSpec } from "@headgate/core";
import { defineCommand, type Invocation, type Outcome } from "../command.ts";
import { openAwsSession } from "../session/aws.ts";
import { DATA_DIR_OPTION, dataDirOf } from "../session/data-dir.ts";
import { REASON_OPTION, ROLLOUT_ARGUMENT } from "../session/operate.ts";
import { release } from "../session/release.ts";
import { releaseTargets } from "../session/release-targets.ts";
import { type Undo, undoOf } from "../session/undo-release.ts";
import { type ReleaseView, renderRelease } from "../views/release-view.ts";
import { renderResult, type ResultView } from "../views/result-view.ts";

export const rollback = defineCommand({
  path: "rollback",
  description:
    "A new rollout to the version that served before, all at once and without waiting for guards: they may be " +
    "firing, which is why you are here. To stop a rollout that still runs, use `headgate abort`.",
  examples: [
    ["headgate rollback", "Back to what served before the newest promoted rollout"],
    ["headgate rollback shop", "All targets of a release, what came last first"],
    ["headgate rollback --to 7 --reason 'since Tuesday'", "To a version of your choice"],
  ],
  arguments: [ROLLOUT_ARGUMENT],
  options: {
    ...DATA_DIR_OPTION,
    ...REASON_OPTION,
    to: { type: "string", value: "version", help: "The version to go back to" },
  },
  run: async (options, invocation): Promise<Outcome<ReleaseView | ResultView>> => {
    const dataDir = dataDirOf(options.dataDir);
    const [which] = invocation.arguments;
    const undo = undoOf(await readRollouts(dataDir), which, (part) =>
      rollbackSpec(part.spec, stableOf(part)),
    );
    if (undo !== undefined) {
      if (options.to !== undefined) throw oneTargetOnly(undo);
      return rollBackRelease(undo, { dataDir, invocation, reason: options.reason });
    }
    const rollout = await promotedRollout(dataDir, which);
    if (options.to !== undefined) mustBeVersion(options.to, rollout?.spec);
    if (rollout === undefined) throw nothingToUndo(which);
    sayWhatStays(rollout, invocation);
    const version = options.to ?? stableOf(rollout);
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
  render: (view, style) =>
    "targets" in view ? renderRelease(view, style) : renderResult(view, style),
});

/** All targets go back, or none; the exit code is that of the worst. */
async function rollBackRelease(
  { release: spec, undoes, specFile }: Undo,
  wanted: {
    readonly dataDir: string;
    readonly invocation: Invocation;
    readonly reason: string | undefined;
  },
): Promise<Outcome<ReleaseView>> {
  const session = await openAwsSession(wanted.invocation.globals);
  try {
    const { value, exitCode } = await releaseTargets({
      ...wanted,
      release: spec,
      specFile,
      session,
      reason: wanted.reason ?? `rollback of ${undoes}`,
      exitWhenHeld: false,
      onInterrupt: "leave",
    });
    return { value, exitCode };
  } finally {
    session.close();
  }
}

/** What served before the rollout. */
function stableOf({ versions, route }: Rollout): string {
  return versions?.stable ?? route.stable;
}

function oneTargetOnly({ release: { name, members } }: Undo): RolloutError {
  const names = members.map(({ spec }) => `\`headgate rollback ${spec.name} --to ...\``);
  return new RolloutError(
    "USAGE",
    `${name} is a release of ${members.length} targets; --to is the version of one`,
    { hint: `Without --to all go back to what served before; or one alone: ${names.join(", ")}.` },
  );
}

/** One target of a release may go back alone: its person knows which of the others' versions it serves with. */
function sayWhatStays({ release: part, name }: Rollout, { progress, style }: Invocation): void {
  if (part === undefined) return;
  progress.line(
    `${style.warn("warning")}  ${name} goes back alone, the other targets of release ${part.name} stay; \`headgate rollback ${part.name}\` takes all back`,
  );
}

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
