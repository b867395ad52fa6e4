import type { RolloutUpdate } from "@headgate/controller";
import type { Note, Rollout } from "@headgate/core";
import type { Invocation } from "../command.ts";
import { renderRollout, rolloutView } from "../views/rollout-view.ts";
import { hintLines, noteLine } from "../views/note-line.ts";

/** Elapsed times must move between events too. */
const REFRESH_MS = 500;

/** Shows a running rollout: a line per decision, and on a terminal the live view below them. */
export interface Follower {
  onUpdate(update: RolloutUpdate): void;
  show(rollout: Rollout): void;
  stop(): void;
}

export function followRollout({ progress, style }: Invocation, nowMs: () => number): Follower {
  let latest: Rollout | undefined;
  const draw = () => {
    if (latest !== undefined) progress.live(renderRollout(rolloutView(latest, nowMs()), style));
  };
  const timer = progress.isLive ? setInterval(draw, REFRESH_MS) : undefined;
  const show = (rollout: Rollout) => {
    latest = rollout;
    draw();
  };
  return {
    onUpdate({ rollout, entries }) {
      for (const { event, notes } of entries) {
        for (const note of notes) {
          progress.line(noteLine(note, event.atMs, style));
          for (const line of hintLines(note, style)) progress.line(line);
        }
      }
      show(rollout);
    },
    show,
    stop: () => clearInterval(timer),
  };
}

/** The notes that say why a rollout went as it did: another way than planned, or by what was counted. */
export function isDecisive({ kind, evidence }: Note): boolean {
  switch (kind) {
    case "held":
    case "paused":
    case "promoted":
    case "aborting":
    case "aborted":
    case "degraded":
    case "refused":
      return true;
    case "progress":
    case "observed":
      // What the comparison said, and the weights that rest on it.
      return evidence?.["rollbackLogE"] !== undefined;
    case "resumed":
    case "trouble":
      return false;
    default:
      return kind satisfies never;
  }
}
