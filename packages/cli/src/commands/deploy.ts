import {
  type Journal,
  openJournal,
  planFor,
  runRollout,
  startRollout,
  type StoredRollout,
  systemClock,
  systemRandom,
} from "@headgate/controller";
import {
  parseSpec,
  type PreflightFinding,
  RolloutError,
  type Rollout,
  type RolloutSpec,
} from "@headgate/core";
import { isDeepStrictEqual } from "node:util";
import { defineCommand, type Invocation } from "../command.ts";
import { actorHere } from "../session/actor.ts";
import { type AwsSession, openAwsSession } from "../session/aws.ts";
import { DATA_DIR_OPTION, dataDirFlag, dataDirOf } from "../session/data-dir.ts";
import { followRollout } from "../session/follow.ts";
import { exitCodeOf } from "../session/outcome.ts";
import { afterRun, ON_INTERRUPT_OPTION } from "../session/take-out.ts";
import { readSpecFile, SPEC_ARGUMENT } from "../spec-file.ts";
import { plainStyle } from "../terminal/style.ts";
import { renderFindings, renderPlan } from "../views/plan-view.ts";
import { renderResult, resultView } from "../views/result-view.ts";
import { planView } from "./plan.ts";

export const deploy = defineCommand({
  path: "deploy",
  description:
    "Looks first (see `headgate plan`), then shifts traffic step by step while the guards watch. Ctrl-C takes the " +
    "new version out. Killed in the middle, `headgate resume` goes on.",
  examples: [
    ["headgate deploy", "Release what headgate.yaml says"],
    [
      "headgate deploy --yes --reason 'release 42'",
      "In CI: exits 0 when promoted, 10 when rolled back",
    ],
    ["headgate deploy --on-interrupt leave", "Ctrl-C leaves the traffic as it is"],
  ],
  arguments: [SPEC_ARGUMENT],
  options: {
    ...DATA_DIR_OPTION,
    reason: { type: "string", value: "text", help: "Why, for the journal" },
    exitWhenHeld: {
      type: "boolean",
      help: "Exit with 12 where a person must decide, instead of watching and waiting",
    },
    ...ON_INTERRUPT_OPTION,
  },
  run: async (options, invocation) => {
    const { shown, path, text } = await readSpecFile(invocation.arguments[0]);
    const { spec, warnings } = parseSpec(text, shown);
    for (const { line, column, message } of warnings) {
      invocation.progress.line(
        `${shown}:${line}:${column}: ${invocation.style.warn("warning")} ${message}`,
      );
    }
    const session = await openAwsSession(invocation.globals);
    try {
      const rollout = await release({
        spec,
        specFile: path,
        dataDir: dataDirOf(options.dataDir, path),
        session,
        invocation,
        reason: options.reason,
        exitWhenHeld: options.exitWhenHeld,
        onInterrupt: options.onInterrupt,
      });
      return { value: rollout.result, exitCode: rollout.exitCode };
    } finally {
      session.close();
    }
  },
  render: renderResult,
});

export interface Release {
  readonly spec: RolloutSpec;
  /** Absolute; absent for a spec that no file holds. */
  readonly specFile: string | undefined;
  readonly dataDir: string;
  readonly session: AwsSession;
  readonly invocation: Invocation;
  readonly reason: string | undefined;
  readonly exitWhenHeld: boolean;
  /** "abort" or "leave". */
  readonly onInterrupt: string;
}

/** Runs one rollout from preflight to its end, as `deploy`, `rollback` and the demo do. */
export async function release(wanted: Release) {
  const { dataDir, invocation } = wanted;
  const clock = systemClock();
  const journal = await openJournal(dataDir, clock.nowMs());
  let rollout: Rollout;
  let before: Rollout["route"];
  try {
    ({ rollout, before } = await start(wanted, journal));
  } finally {
    await journal.close();
  }
  rollout = await afterRun(rollout, wanted);
  const place = { nowMs: clock.nowMs(), dataDirFlag: dataDirFlag(dataDir) };
  return {
    rollout,
    result: resultView(rollout, before, place),
    exitCode: exitCodeOf(rollout, invocation.signal),
  };
}

async function start(wanted: Release, journal: Journal) {
  const { spec, specFile, session, invocation, reason } = wanted;
  const drivers = session.drivers(spec, specFile);
  const clock = systemClock();
  const random = systemRandom();
  let stored = await interrupted(spec, journal);
  if (stored === undefined) {
    await confirm(wanted, journal);
    const findings: PreflightFinding[] = [];
    stored = await startRollout({
      journal,
      spec,
      drivers,
      clock,
      random,
      actor: actorHere(),
      ...(specFile === undefined ? {} : { specFile }),
      ...(reason === undefined ? {} : { reason }),
      onPreflight: (found) => void findings.push(...found),
    }).catch((error: unknown) => {
      throw notReady(error, findings);
    });
    showWarnings(findings, invocation);
  } else {
    invocation.progress.line(`going on with ${stored.rollout.id}, which was interrupted`);
  }
  const before = stored.rollout.route;
  const follower = followRollout(invocation, clock.nowMs);
  try {
    const rollout = await runRollout(stored, {
      journal,
      drivers,
      clock,
      random,
      signal: invocation.signal,
      onUpdate: follower.onUpdate,
      ...(wanted.exitWhenHeld ? { stopWhen: isHeld } : {}),
    });
    return { rollout, before };
  } finally {
    follower.stop();
  }
}

/** The same refusal, laid out for people: a line per problem, and what to do below it. */
function notReady(error: unknown, findings: readonly PreflightFinding[]): unknown {
  if (!(error instanceof RolloutError) || error.code !== "PREFLIGHT_FAILED") return error;
  const problems = findings.filter(({ outcome }) => outcome === "problem");
  const lines = renderFindings(problems, plainStyle);
  return new RolloutError(error.code, ["nothing was changed:", ...lines].join("\n"), {
    hint: "Mend this, then look with `headgate plan`.",
    cause: error,
  });
}

function showWarnings(
  findings: readonly PreflightFinding[],
  { progress, style }: Invocation,
): void {
  const warnings = findings.filter(({ outcome }) => outcome === "warning");
  for (const line of renderFindings(warnings, style)) progress.line(line);
}

/**
 * The rollout of this very spec that a process left in the middle. Another spec's is not gone on with:
 * preflight then says what runs.
 */
async function interrupted(
  spec: RolloutSpec,
  journal: Journal,
): Promise<StoredRollout | undefined> {
  const unfinished = await journal.list({ unfinishedOnly: true });
  // As the journal keeps it: what is undefined is not written.
  const stored: unknown = JSON.parse(JSON.stringify(spec));
  const same = unfinished.find((rollout) => isDeepStrictEqual(rollout.spec, stored));
  return same === undefined ? undefined : journal.load(same.id);
}

/** A person at a terminal sees the plan and says yes; a script has said it by calling. */
async function confirm(
  { spec, specFile, session, invocation }: Release,
  journal: Journal,
): Promise<void> {
  const { globals, progress, style } = invocation;
  if (globals.yes || globals.json || !process.stdin.isTTY || !process.stdout.isTTY) return;
  const found = planView(spec, await planFor(spec, session.drivers(spec, specFile), journal));
  for (const line of renderPlan(found, style)) progress.line(line);
  // What is not ready is refused by the start itself, with its own words.
  if (!found.ready) return;
  const { confirm: ask } = await import("@clack/prompts");
  if ((await ask({ message: "Deploy?" })) !== true) {
    throw new RolloutError("USAGE", "nothing was deployed", { hint: "" });
  }
}

/** Waits for a person's word. A route that somebody else changed is first read again. */
export function isHeld({ phase, pause }: Rollout): boolean {
  return phase === "paused" && !(pause?.why === "routeChanged" && pause.reread !== "none");
}
