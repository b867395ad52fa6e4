import {
  outcomeOfRelease,
  type ReleaseSpec,
  type Rollout,
  type RolloutOutcome,
} from "@headgate/core";
import { formatElapsed } from "../elapsed.ts";
import type { Style } from "../terminal/style.ts";
import { alignColumns } from "../terminal/table.ts";
import { outcomeText } from "./outcome-text.ts";
import { type ResultView, resultView } from "./result-view.ts";
import { type RolloutView, rolloutView } from "./rollout-view.ts";

/** A release as it ended, or was left: its own outcome, and each target's. */
export interface ReleaseView {
  readonly release: string;
  readonly name: string;
  /** That of the worst target; null while one of them is not finished. */
  readonly outcome: RolloutOutcome | null;
  readonly elapsedMs: number;
  /** In their order. */
  readonly targets: readonly TargetView[];
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
  return {
    release: first?.release?.id ?? spec.name,
    name: spec.name,
    outcome: outcomeOfRelease(spec, rollouts) ?? null,
    elapsedMs: Math.max(0, ...targets.map(({ result }) => result.elapsedMs)),
    targets,
  };
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
    ...view.targets
      .flatMap(({ result }) => result.next.filter(({ what }) => what === "explain"))
      .map(({ command }) => `  ${style.dim("explain")}  ${command}`),
  ];
}

/** Where the targets of a release are. */
export interface ReleaseStatus {
  readonly release: string;
  readonly name: string;
  readonly targets: readonly { readonly target: string; readonly rollout: RolloutView }[];
}

/** @param rollouts of one release, at least one. */
export function releaseStatus(rollouts: readonly Rollout[]): ReleaseStatus {
  const [first] = rollouts;
  const nowMs = Date.now();
  return {
    release: first?.release?.id ?? "",
    name: first?.release?.name ?? "",
    targets: rollouts.map((rollout) => ({
      target: rollout.release?.target ?? rollout.name,
      rollout: rolloutView(rollout, nowMs),
    })),
  };
}

export function renderReleaseStatus({ release, targets }: ReleaseStatus, style: Style): string[] {
  return [
    `${style.bold(release)}  release of ${targets.length} targets`,
    ...alignColumns(targets.map(({ target, rollout }) => targetRow(target, rollout, style))),
    ...targets.map(
      ({ target, rollout }) => `  ${style.dim(target)}  headgate status ${rollout.rollout}`,
    ),
  ];
}

/** A line for each target, for a live view. */
export function releaseLines(
  rollouts: Iterable<readonly [target: string, rollout: Rollout]>,
  nowMs: number,
  style: Style,
): string[] {
  const rows = [...rollouts].map(([target, rollout]) =>
    targetRow(target, rolloutView(rollout, nowMs), style),
  );
  return alignColumns(rows);
}

function targetRow(target: string, view: RolloutView, style: Style): string[] {
  const { step, phase, outcome, readBackPercent, message, elapsedMs } = view;
  return [
    `  ${style.bold(target)}`,
    outcome === null ? phase : outcomeText(outcome, phase, style),
    `${readBackPercent}% on the new version`,
    outcome === null ? `step ${step.number} of ${step.of}: ${step.text}` : "",
    style.dim(outcome === null ? (message ?? formatElapsed(elapsedMs)) : ""),
  ];
}
