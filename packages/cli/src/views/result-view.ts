import { formatRoute, type Rollout } from "@headgate/core";
import { formatDuration } from "../durations.ts";
import type { Style } from "../terminal/style.ts";
import { type RolloutView, rolloutView } from "./rollout-view.ts";

/** What `deploy` and the operators' commands end with: the state, what it was before, and the way back. */
export interface ResultView extends RolloutView {
  /** The routes, for people: "100% on 1". */
  readonly before: string;
  readonly after: string;
  /** The command that takes it back, or goes on with it; null when there is nothing to do. */
  readonly next: { readonly what: "undo" | "go on"; readonly command: string } | null;
}

export function resultView(
  rollout: Rollout,
  before: Rollout["route"],
  place: { readonly nowMs: number; readonly dataDirFlag: string },
): ResultView {
  return {
    ...rolloutView(rollout, place.nowMs),
    before: formatRoute(before),
    after: formatRoute(rollout.route),
    next: nextOf(rollout, place.dataDirFlag),
  };
}

function nextOf({ id, finished }: Rollout, flag: string): ResultView["next"] {
  const outcome = finished?.outcome;
  switch (outcome) {
    case "promoted":
      return { what: "undo", command: `headgate rollback ${id}${flag}` };
    case undefined:
      return { what: "go on", command: `headgate resume ${id}${flag}` };
    case "rolledBack":
    case "abortedByPerson":
    case "timedOut":
    case "failed":
    case "degraded":
      return { what: "go on", command: `headgate retry ${id}${flag}` };
    default:
      return outcome satisfies never;
  }
}

export function renderResult(view: ResultView, style: Style): string[] {
  const word = outcomeWord(view, style);
  const next = view.next === null ? [] : [`  ${style.dim(view.next.what)}  ${view.next.command}`];
  return [
    `${style.bold(view.name)}  ${word} after ${formatDuration(view.elapsedMs)}: ${view.before} -> ${view.after}`,
    ...(view.message === null ? [] : [`  ${view.message}`]),
    ...next,
  ];
}

function outcomeWord({ outcome, phase }: RolloutView, style: Style): string {
  switch (outcome) {
    case "promoted":
      return style.good("promoted");
    case "rolledBack":
      return style.bad("rolled back");
    case "abortedByPerson":
      return style.warn("aborted");
    case "timedOut":
      return style.bad("timed out");
    case null:
      return style.warn(phase);
    default:
      return style.bad(outcome);
  }
}
