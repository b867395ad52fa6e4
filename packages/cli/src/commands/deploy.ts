import {
  type Journal,
  openJournal,
  planFor,
  requestOperator,
  runRollout,
  startRollout,
  type StoredRollout,
  systemClock,
  systemRandom,
} from "@headgate/controller";
import { parseSpec, RolloutError, type Rollout, type RolloutSpec } from "@headgate/core";
import { isDeepStrictEqual } from "node:util";
import { defineCommand, type Invocation } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { actorHere } from "../session/actor.ts";
import { type AwsSession, openAwsSession } from "../session/aws.ts";
import { DATA_DIR_OPTION, dataDirFlag, dataDirOf } from "../session/data-dir.ts";
import { followRollout } from "../session/follow.ts";
import { exitCodeOf } from "../session/outcome.ts";
import { readSpecFile, SPEC_ARGUMENT } from "../spec-file.ts";
import { renderPlan } from "../views/plan-view.ts";
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
    onInterrupt: {
      type: "choice",
      choices: ["abort", "leave"],
      help: "What Ctrl-C, SIGTERM and --timeout do",
      default: "abort",
    },
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
        abortOnInterrupt: options.onInterrupt === "abort",
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
  readonly abortOnInterrupt: boolean;
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
  if (rollout.finished === undefined && invocation.signal.aborted && wanted.abortOnInterrupt) {
    rollout = await takeOut(wanted, rollout.id);
  }
  const place = { nowMs: clock.nowMs(), dataDirFlag: dataDirFlag(dataDir) };
  const isTimeout = rollout.finished?.outcome !== "promoted" && hasTimedOut(invocation.signal);
  return {
    rollout,
    result: resultView(rollout, before, place),
    exitCode: isTimeout ? EXIT.timedOut : exitCodeOf(rollout),
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
    stored = await startRollout({
      journal,
      spec,
      drivers,
      clock,
      random,
      actor: actorHere(),
      ...(specFile === undefined ? {} : { specFile }),
      ...(reason === undefined ? {} : { reason }),
    });
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

function hasTimedOut({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof DOMException && reason.name === "TimeoutError";
}

/** After Ctrl-C: nobody would watch the new version any more, so it gets no traffic either. */
async function takeOut({ dataDir, session, invocation }: Release, id: string): Promise<Rollout> {
  const clock = systemClock();
  const reason = hasTimedOut(invocation.signal) ? "--timeout has passed" : "interrupted";
  invocation.progress.line(
    `${reason}: taking the new version out (once more Ctrl-C leaves everything as it is)`,
  );
  const follower = followRollout(invocation, clock.nowMs);
  try {
    const { rollout } = await requestOperator({
      dataDir,
      rollout: id,
      request: { kind: "abortRequested", actor: actorHere(), reason },
      createDrivers: session.drivers,
      clock,
      random: systemRandom(),
      onUpdate: follower.onUpdate,
    });
    return rollout;
  } finally {
    follower.stop();
  }
}
