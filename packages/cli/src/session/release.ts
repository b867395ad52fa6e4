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
  type PreflightFinding,
  RolloutError,
  type Rollout,
  type RolloutSpec,
} from "@headgate/core";
import { isDeepStrictEqual } from "node:util";
import type { Invocation } from "../command.ts";
import { plainStyle } from "../terminal/style.ts";
import {
  changedPlans,
  planView,
  renderFindings,
  renderPlan,
  renderPlans,
} from "../views/plan-view.ts";
import { resultView } from "../views/result-view.ts";
import { actorHere } from "./actor.ts";
import type { AwsSession } from "./aws.ts";
import { dataDirFlag } from "./data-dir.ts";
import { followRollout } from "./follow.ts";
import { isHeld } from "./held.ts";
import { exitCodeOf } from "./outcome.ts";
import { afterRun } from "./take-out.ts";

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
    await confirm({ specs: [spec] }, wanted, journal);
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
export function notReady(error: unknown, findings: readonly PreflightFinding[]): unknown {
  if (!(error instanceof RolloutError) || error.code !== "PREFLIGHT_FAILED") return error;
  const problems = findings.filter(({ outcome }) => outcome === "problem");
  const lines = renderFindings(problems, plainStyle);
  return new RolloutError(error.code, ["nothing was changed:", ...lines].join("\n"), {
    hint: "Mend this, then look with `headgate plan`.",
    cause: error,
  });
}

export function showWarnings(
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

/** What a person says yes to. */
interface Asked {
  readonly specs: readonly RolloutSpec[];
  /** Where they wait for one another. */
  readonly barriers?: Parameters<typeof planFor>[3];
  /** Lines above the plans. */
  readonly head?: readonly string[];
}

/**
 * A person at a terminal sees the plan and says yes; a script has said it by calling.
 * @throws {RolloutError} USAGE when the answer is no.
 */
export async function confirm(
  { specs, barriers = [], head = [] }: Asked,
  { specFile, session, invocation }: Omit<Release, "spec">,
  journal: Journal,
): Promise<void> {
  const { globals, progress, style } = invocation;
  if (globals.yes || globals.json || !process.stdin.isTTY || !process.stdout.isTTY) return;
  const plans = await Promise.all(
    specs.map(async (spec) =>
      planView(spec, await planFor(spec, session.drivers(spec, specFile), journal, barriers)),
    ),
  );
  for (const line of head) progress.line(line);
  for (const line of renderPlans(plans, (plan) => renderPlan(plan, style))) progress.line(line);
  // What is not ready is refused by the start itself, with its own words.
  if (!changedPlans(plans).every(({ ready }) => ready)) return;
  const { confirm: ask } = await import("@clack/prompts");
  if ((await ask({ message: "Deploy?" })) !== true) {
    throw new RolloutError("USAGE", "nothing was deployed", { hint: "" });
  }
}
