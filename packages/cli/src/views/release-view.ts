import {
  failedTarget,
  outcomeOfRelease,
  type ReleaseSpec,
  type Rollout,
  type RolloutOutcome,
} from "@headgate/core";
import { formatElapsed } from "../elapsed.ts";
import type { Style } from "../terminal/style.ts";
import { alignColumns } from "../terminal/table.ts";
import { outcomeText } from "./outcome-text.ts";
import { type NextStep, type ResultView, resultView } from "./result-view.ts";

/** A release as it ended, or was left: its own outcome, and each target's. */
export interface ReleaseView {
  readonly release: string;
  readonly name: string;
  /** That of the worst target; null while one of them is not finished. */
  readonly outcome: RolloutOutcome | null;
  /** The target because of which all turned back; null when none did. */
  readonly failed: string | null;
  readonly elapsedMs: number;
  /** In their order. */
  readonly targets: readonly TargetView[];
  /** What can be done now with all of it, the likeliest first. */
  readonly next: readonly NextStep[];
}

interface TargetView {
  /** Its name in the file. */
  readonly target: string;
  readonly result: ResultView;
}

export function releaseView(
  spec: ReleaseSpec,
  rollouts: ReadonlyMap<string, Rollout>,
  before: ReadonlyMap<string, Rollout["route"]>,
  place: { readonly nowMs: number; readonly dataDirFlag: string },
): ReleaseView {
  const targets = [...rollouts].map(([target, rollout]): TargetView => {
    const result = resultView(rollout, before.get(target) ?? rollout.route, place);
    return { target: target, result };
  });
  const [first] = rollouts.values();
  const outcome = outcomeOfRelease(spec, rollouts) ?? null;
  return {
    release: first?.release?.id ?? spec.name,
    name: spec.name,
    outcome,
    failed: failedTarget(spec, rollouts) ?? null,
    elapsedMs: Math.max(0, ...targets.map(({ result }) => result.elapsedMs)),
    targets,
    next: nextOf(spec.name, outcome, [...rollouts.values()], place.dataDirFlag),
  };
}

function nextOf(
  name: string,
  outcome: RolloutOutcome | null,
  rollouts: readonly Rollout[],
  flag: string,
): readonly NextStep[] {
  const command = (verb: string, what = name) => `headgate ${verb} ${what}${flag}`;
  if (outcome === "promoted") return [{ what: "undo", command: command("rollback") }];
  if (outcome !== null) return [{ what: "explain", command: command("why") }];
  const waiting = rollouts.filter(({ phase }) => phase === "paused");
  return [
    ...waiting.map((one): NextStep => ({ what: "go on", command: command("resume", one.name) })),
    ...(waiting.length === 0 ? [{ what: "go on", command: command("resume") } as const] : []),
    ...abortable(rollouts).map((what): NextStep => {
      return { what: "abort", command: command("abort", what ?? name) };
    }),
  ];
}

/** What is left to abort: all by the release's name, but what is frozen by its own. */
function abortable(rollouts: readonly Rollout[]): readonly (string | undefined)[] {
  const open = rollouts.filter(({ finished }) => finished === undefined);
  const frozen = open.filter(({ pause }) => pause?.why === "frozen");
  return frozen.length === open.length ? frozen.map(({ name }) => name) : [undefined];
}

export function renderRelease(view: ReleaseView, style: Style): string[] {
  const rows = view.targets.map(({ target, result }) => [
    `  ${target}`,
    outcomeText(result.outcome, result.phase, style),
    result.before === result.after
      ? `${result.after}, as before`
      : `${result.before} -> ${result.after}`,
    style.dim(result.message ?? ""),
  ]);
  return [
    `${style.bold(view.name)}  ${outcomeText(view.outcome, "progressing", style)} after ${formatElapsed(view.elapsedMs)}`,
    ...alignColumns(rows),
    ...alignColumns(view.next.map(({ what, command }) => [`  ${style.dim(what)}`, command])),
  ];
}
