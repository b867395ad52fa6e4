import { formatRoute, type Rollout } from "@headgate/core";
import { formatElapsed } from "../elapsed.ts";
import type { Style } from "../terminal/style.ts";
import { alignColumns } from "../terminal/table.ts";
import { outcomeText } from "./outcome-text.ts";
import { type RolloutView, rolloutView } from "./rollout-view.ts";

/** What `deploy` and the operators' commands end with: the state, what it was before, and the way back. */
export interface ResultView extends RolloutView {
  /** The routes, for people: "100% on 1". */
  readonly before: string;
  readonly after: string;
  /** What can be done now, the likeliest first. */
  readonly next: readonly NextStep[];
}

export interface NextStep {
  readonly what: "undo" | "go on" | "wait again" | "promote" | "abort" | "explain" | "try again";
  readonly command: string;
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

function nextOf({ id, finished, pause }: Rollout, flag: string): ResultView["next"] {
  const command = (verb: string) => `headgate ${verb} ${id}${flag}`;
  const outcome = finished?.outcome;
  switch (outcome) {
    case "promoted":
      return [{ what: "undo", command: command("rollback") }];
    case undefined:
      if (pause?.why === "inconclusive" && pause.check === "comparison") {
        return [
          { what: "wait again", command: command("resume") },
          { what: "promote", command: command("promote") },
          { what: "abort", command: command("abort") },
        ];
      }
      return [
        { what: "go on", command: command("resume") },
        { what: "abort", command: command("abort") },
      ];
    case "rolledBack":
    case "abortedByPerson":
    case "timedOut":
    case "failed":
    case "degraded":
      return [
        { what: "explain", command: command("why") },
        { what: "try again", command: command("retry") },
      ];
    default:
      return outcome satisfies never;
  }
}

export function renderResult(view: ResultView, style: Style): string[] {
  const route =
    view.before === view.after ? `${view.after}, as before` : `${view.before} -> ${view.after}`;
  const rows = [
    ...(view.message === null ? [] : [["  why", view.message]]),
    ...view.next.map(({ what, command }) => [`  ${what}`, command]),
  ];
  return [
    `${style.bold(view.name)}  ${outcomeText(view.outcome, view.phase, style)} after ${formatElapsed(view.elapsedMs)}: ${route}`,
    ...alignColumns(rows.map(([head = "", text = ""]) => [style.dim(head), text])),
  ];
}
