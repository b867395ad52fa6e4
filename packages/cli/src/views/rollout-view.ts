import {
  type AlarmWatch,
  type CheckRun,
  leastMsOfStep,
  formatRoute,
  type Rollout,
  type RolloutOutcome,
  type VersionCounts,
} from "@headgate/core";
import { formatElapsed } from "../elapsed.ts";
import type { Style } from "../terminal/style.ts";
import { alignColumns } from "../terminal/table.ts";
import { comparisonRows, comparisonView, type ComparisonView } from "./comparison-view.ts";
import { outcomeText } from "./outcome-text.ts";
import { stepText } from "./step-text.ts";

/** What `status` shows of a rollout: plain data, the same for people and for `--json`. Weights in percent. */
export interface RolloutView {
  readonly rollout: string;
  readonly name: string;
  readonly target: string;
  readonly phase: Rollout["phase"];
  readonly outcome: RolloutOutcome | null;
  /** Why it is where it is, when that is not simply the plan. */
  readonly message: string | null;
  /** Counts from 1. `text` is empty when all is done. */
  readonly step: { readonly number: number; readonly of: number; readonly text: string };
  /** As last read from the platform: "version 4 90%, version 5 10%". */
  readonly route: string;
  readonly setWeightPercent: number;
  readonly readBackPercent: number;
  /** The canary's share of the requests that were counted; null when none were. */
  readonly observedPercent: number | null;
  /** True until this weight has counts of its own: what is shown was counted at the weight before. */
  readonly countedBefore: boolean;
  readonly stable: VersionView | null;
  readonly canary: VersionView | null;
  /** Null when the versions are not compared. */
  readonly comparison: ComparisonView | null;
  readonly guards: readonly GuardView[];
  readonly startedAt: string;
  readonly elapsedMs: number;
  /** The least time it still takes if nothing holds it up; null when it is over. */
  readonly leftMs: number | null;
}

export interface VersionView {
  readonly version: string;
  readonly requests: number | null;
  readonly errors: number | null;
  readonly p99Ms: number | null;
}

export interface GuardView {
  readonly kind: "alarm" | "check";
  readonly name: string;
  readonly state: "ok" | "failing" | "unknown";
  readonly detail: string;
}

/** @param nowMs for elapsed and left; a finished rollout no longer ages. */
export function rolloutView(rollout: Rollout, nowMs: number): RolloutView {
  const { versions, traffic } = rollout;
  const countedBefore = traffic !== undefined && traffic.window.toMs <= rollout.weightSinceMs;
  const step = rollout.plan[rollout.step.index];
  const endMs = rollout.finished?.atMs ?? nowMs;
  // Where another's versions are live, nothing is set any more.
  const isTurningBack = rollout.abort !== undefined && !rollout.abort.isLeft;
  const isOver = rollout.finished !== undefined;
  return {
    rollout: rollout.id,
    name: rollout.name,
    target: rollout.target.label,
    phase: rollout.phase,
    outcome: rollout.finished?.outcome ?? null,
    message: messageOf(rollout),
    step: {
      number: Math.min(rollout.step.index + 1, rollout.plan.length),
      of: rollout.plan.length,
      text: isTurningBack && !isOver ? "turning back" : step === undefined ? "" : stepText(step),
    },
    route: formatRoute(rollout.route),
    setWeightPercent: isTurningBack ? 0 : rollout.setWeight / 100,
    readBackPercent: rollout.weight / 100,
    observedPercent: countedBefore ? null : observedPercent(traffic?.stable, traffic?.canary),
    countedBefore,
    stable: versionView(versions?.stable ?? rollout.route.stable, traffic?.stable),
    canary: versions === undefined ? null : versionView(versions.canary, traffic?.canary),
    comparison: comparisonView(rollout),
    guards: [...rollout.alarms.map(alarmGuardView), ...rollout.checks.map(checkGuardView)],
    startedAt: new Date(rollout.createdAtMs).toISOString(),
    elapsedMs: Math.max(0, endMs - rollout.createdAtMs),
    leftMs: isOver || isTurningBack ? null : leftMsOf(rollout, nowMs),
  };
}

function messageOf(rollout: Rollout): string | null {
  if (rollout.abort !== undefined) return rollout.abort.detail;
  if (rollout.pause !== undefined) return rollout.pause.detail;
  const [blocker] = rollout.heldBy;
  if (blocker !== undefined) return `held by ${blocker.guard}: ${blocker.detail}`;
  const { asks } = rollout.route.course ?? {};
  if (asks === undefined) return null;
  return `hook ${asks.name}: CodeDeploy waits for function ${asks.functionName} (${asks.event})`;
}

function observedPercent(
  stable: VersionCounts | undefined,
  canary: VersionCounts | undefined,
): number | null {
  const canaryRequests = canary?.requests ?? 0;
  const all = canaryRequests + (stable?.requests ?? 0);
  return all === 0 ? null : (100 * canaryRequests) / all;
}

function versionView(version: string, counts: VersionCounts | undefined): VersionView {
  return {
    version,
    requests: counts?.requests ?? null,
    errors: counts?.errors ?? null,
    p99Ms: counts?.latency?.p99Ms ?? null,
  };
}

function alarmGuardView(alarm: AlarmWatch): GuardView {
  const { name, state, reason, found } = alarm;
  const old = oldAlarmText(alarm);
  // What its class holds the weight for says more than the state, which may well be OK.
  const isDoubtful = found !== undefined && found.class !== "ok" && found.class !== "alarm";
  const because = isDoubtful && state !== "alarm" ? found.detail : state === "ok" ? "" : reason;
  const detail = `${state}${old}${because === "" ? "" : `: ${because}`}`;
  if (state === "ok") return { kind: "alarm", name, state: isDoubtful ? "unknown" : "ok", detail };
  const isFailing = state === "alarm" && old === "";
  return { kind: "alarm", name, state: isFailing ? "failing" : "unknown", detail };
}

/** Of an alarm that fired before the start and has not been OK since. */
function oldAlarmText({ isIgnored, isRecovering }: AlarmWatch): string {
  if (isRecovering === true) return ", must recover before promotion";
  return isIgnored ? ", ignored until it has been ok once" : "";
}

function checkGuardView(run: CheckRun): GuardView {
  const last = run.recent.at(-1);
  const counted = `${run.successful} of ${run.count} passed`;
  const detail = last === undefined ? "not measured yet" : `${last.detail}; ${counted}`;
  const isFailing = run.status === "failed" || last?.verdict === "fail";
  const state = isFailing ? "failing" : last?.verdict === "pass" ? "ok" : "unknown";
  return { kind: "check", name: run.name, state, detail };
}

function leftMsOf(rollout: Rollout, nowMs: number): number {
  const [current, ...rest] = rollout.plan.slice(rollout.step.index);
  if (current === undefined) return 0;
  const spentMs = Math.max(0, nowMs - rollout.step.enteredAtMs);
  const restMs = rest.reduce((sum, step) => sum + leastMsOfStep(step), 0);
  return Math.max(0, leastMsOfStep(current) - spentMs) + restMs;
}

export function renderRollout(view: RolloutView, style: Style): string[] {
  const phase =
    view.outcome === null
      ? phaseStyle(view, style)(view.phase)
      : outcomeText(view.outcome, view.phase, style);
  const rows = [
    ["step", stepLine(view)],
    view.outcome === null ? ["weight", weightLine(view)] : ["route", view.route],
    ...headed(["stable", "canary"], versionRows(view, style)),
    ...comparisonRows(view.comparison, style),
    ...headed(
      view.guards.map(({ kind }) => kind),
      view.guards.map((guard) => guardCells(guard, style)),
    ),
    [view.outcome === null ? "elapsed" : "took", elapsedLine(view)],
  ];
  const message = view.message === null ? [] : [`  ${style.warn(view.message)}`];
  return [
    `${style.bold(view.name)}  ${view.target}  ${phase}  ${style.dim(view.rollout)}`,
    ...message,
    ...alignColumns(rows.map(([head = "", text = ""]) => [`  ${style.dim(head)}`, text])),
  ];
}

function stepLine({ step }: RolloutView): string {
  return step.text === "" ? `all ${step.of} done` : `${step.number} of ${step.of}  ${step.text}`;
}

function weightLine(view: RolloutView): string {
  const { setWeightPercent, readBackPercent, observedPercent } = view;
  const none = view.countedBefore ? "not counted yet" : "no traffic seen";
  const seen = observedPercent === null ? none : `${observedPercent.toFixed(1)}% seen`;
  return `${formatPercent(setWeightPercent)} set, ${formatPercent(readBackPercent)} read back, ${seen}`;
}

function elapsedLine({ elapsedMs, leftMs }: RolloutView): string {
  const elapsed = formatElapsed(elapsedMs);
  if (leftMs === null) return elapsed;
  // Nobody plans by the tenth of a second.
  return `${elapsed}, at least ${formatElapsed(Math.ceil(leftMs / 1000) * 1000)} left`;
}

/** Rows whose cells are aligned among themselves, each behind its head. */
function headed(heads: readonly string[], rows: readonly (readonly string[])[]): string[][] {
  return alignColumns(rows).map((line, index) => [heads[index] ?? "", line]);
}

function versionRows(rollout: RolloutView, style: Style): string[][] {
  const { stable, canary, outcome, countedBefore } = rollout;
  // When all is over, counters that were never filled tell nobody anything.
  const isOver = outcome !== null;
  if (isOver && (stable?.requests ?? canary?.requests ?? null) === null) return [];
  return [stable, canary].flatMap((view) =>
    view === null
      ? []
      : [
          [
            `version ${view.version}`,
            ...countCells(view, style),
            ...(countedBefore && view.requests !== null ? [style.dim("at the weight before")] : []),
          ],
        ],
  );
}

function countCells({ requests, errors, p99Ms }: VersionView, style: Style): string[] {
  if (requests === null) return [style.dim("no requests counted")];
  const rate = requests === 0 ? 0 : (100 * (errors ?? 0)) / requests;
  const errorText = `${errors ?? 0} errors (${rate.toFixed(rate > 0 && rate < 1 ? 2 : 1)}%)`;
  return [
    `${requests} requests`,
    rate > 0 ? style.bad(errorText) : errorText,
    p99Ms === null ? "" : `p99 ${p99Ms < 10 ? p99Ms.toFixed(1) : p99Ms.toFixed(0)} ms`,
  ];
}

/** Name, state and last value of a guard. */
export function guardCells({ name, state, detail }: GuardView, style: Style): string[] {
  const words = {
    ok: style.good("ok"),
    failing: style.bad("FAILING"),
    unknown: style.warn("unknown"),
  };
  // An alarm that is ok has nothing to add to that.
  return [name, words[state], detail === state ? "" : detail];
}

function phaseStyle(view: RolloutView, style: Style): (text: string) => string {
  switch (view.phase) {
    case "healthy":
      return style.good;
    case "aborting":
    case "aborted":
    case "degraded":
      return style.bad;
    case "paused":
      return style.warn;
    case "pending":
    case "preparing":
    case "progressing":
    case "promoting":
    case "baking":
      return style.accent;
    default:
      return view.phase satisfies never;
  }
}

function formatPercent(percent: number): string {
  return `${Number(percent.toFixed(2))}%`;
}
