import {
  failedTarget,
  outcomeOfRelease,
  releaseOf,
  type ReleaseSpec,
  type Rollout,
  type RolloutOutcome,
  waitsFor,
} from "@headgate/core";
import { formatElapsed } from "../elapsed.ts";
import type { Style } from "../terminal/style.ts";
import { alignColumns } from "../terminal/table.ts";
import { outcomeText } from "./outcome-text.ts";
import { type RolloutView, rolloutView } from "./rollout-view.ts";

/** Where the targets of a release are. */
export interface ReleaseStatus {
  readonly release: string;
  readonly name: string;
  readonly shift: ReleaseSpec["shift"];
  /** That of the worst target; null while one of them is not finished. */
  readonly outcome: RolloutOutcome | null;
  /** The target because of which all turn back; null when none does. */
  readonly failed: string | null;
  readonly elapsedMs: number;
  /** In their order. */
  readonly targets: readonly TargetStatus[];
}

interface TargetStatus {
  readonly target: string;
  /** True while its canary is made: the steps come after that. */
  readonly isPreparing: boolean;
  /** The targets without which it does not go on now. */
  readonly waitsFor: readonly string[];
  readonly rollout: RolloutView;
}

/** @param rollouts of one release, at least one, those that come first first. */
export function releaseStatus(rollouts: readonly Rollout[], nowMs: number): ReleaseStatus {
  const [first] = rollouts;
  const spec = releaseOf(rollouts);
  const byTarget = new Map(spec.members.map(({ target }, index) => [target, rollouts[index]]));
  const known = new Map([...byTarget].flatMap(([key, one]) => (one ? [[key, one] as const] : [])));
  const targets = [...known].map(([target, rollout]): TargetStatus => {
    return {
      target,
      isPreparing: isPreparing(rollout),
      waitsFor: waitsFor(spec, known, target),
      rollout: rolloutView(rollout, nowMs),
    };
  });
  return {
    release: first?.release?.id ?? "",
    name: spec.name,
    shift: spec.shift,
    outcome: outcomeOfRelease(spec, known) ?? null,
    failed: failedTarget(spec, known) ?? null,
    elapsedMs: Math.max(0, ...targets.map(({ rollout }) => rollout.elapsedMs)),
    targets,
  };
}

function isPreparing({ phase, versions, plan, step }: Rollout): boolean {
  const first = plan[step.index];
  const isAsked = first?.kind === "hook" && first.when === "beforeInstall";
  return (phase === "pending" || phase === "preparing") && versions === undefined && !isAsked;
}

/** A line for all, why they turn back if they do, and a line for each. */
export function renderReleaseStatus(status: ReleaseStatus, style: Style): string[] {
  const { release, shift, outcome, failed, targets, elapsedMs } = status;
  const how = shift === "together" ? ", shifted together" : "";
  const end = outcome === null ? "" : `  ${outcomeText(outcome, "progressing", style)}`;
  const why = targets.find(({ target }) => target === failed)?.rollout.message ?? "";
  return [
    `${style.bold(release)}  release of ${counted(targets.length)}${how}${end}  ${style.dim(formatElapsed(elapsedMs))}`,
    ...(failed === null ? [] : [`  ${style.warn(`${failed}: ${why}`)}`]),
    ...alignColumns(targets.map((target) => targetRow(target, status, style))),
  ];
}

function targetRow(
  { target, isPreparing: isBeingMade, waitsFor: others, rollout }: TargetStatus,
  { failed }: ReleaseStatus,
  style: Style,
): string[] {
  const { outcome, phase, readBackPercent } = rollout;
  const isBack = outcome !== null && outcome !== "promoted";
  return [
    `  ${style.bold(target)}`,
    outcome === null ? phase : outcomeText(outcome, phase, style),
    isBack && readBackPercent === 0 ? "" : `${readBackPercent}% new`,
    outcome === null ? doing(rollout, others, isBeingMade) : "",
    outcome === null && others.length === 0 ? errorsText(rollout, style) : "",
    // Said above the lines for the one that failed; another's own message is news.
    style.dim(phase === "paused" && target !== failed ? (rollout.message ?? "") : ""),
  ].filter((cell, index) => index < 4 || cell !== "");
}

function doing({ phase, step }: RolloutView, others: readonly string[], isBeingMade: boolean) {
  if (phase === "paused") return "";
  if (isBeingMade) return "the canary is made";
  if (others.length > 0) return `waits for ${others.join(", ")}`;
  return phase === "aborting" ? "turns back" : step.text;
}

/** What was counted so far, of the two versions that are compared. */
function errorsText({ comparison }: RolloutView, style: Style): string {
  const { requests, errors } = comparison ?? {};
  if (requests == null || errors == null || requests.canary === 0) return "";
  const canary = `${errors.canary} of ${requests.canary} failed`;
  const shown = errors.canary > 0 ? style.bad(canary) : canary;
  return `${shown}, ${errors.stable} of ${requests.stable} on stable`;
}

function counted(targets: number): string {
  return targets === 1 ? "1 target" : `${targets} targets`;
}
