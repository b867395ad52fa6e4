import { readHistory, readRollouts, type StoredEntry } from "@headgate/controller";
import type { Note, Rollout, RolloutOutcome } from "@headgate/core";
import { defineCommand } from "../command.ts";
import { formatElapsed } from "../elapsed.ts";
import { DATA_DIR_OPTION, dataDirOf } from "../session/data-dir.ts";
import { alignColumns } from "../terminal/table.ts";
import { outcomeText } from "../views/outcome-text.ts";
import { noteLine } from "../views/note-line.ts";

interface RolloutRow {
  readonly rollout: string;
  readonly target: string;
  /** Null while it runs. */
  readonly outcome: RolloutOutcome | null;
  readonly phase: Rollout["phase"];
  readonly startedAt: string;
  readonly tookMs: number | null;
  readonly by: string;
}

interface HistoryRow {
  readonly seq: number;
  readonly atMs: number;
  readonly event: string;
  readonly notes: readonly Note[];
}

type HistoryView =
  | { readonly rollouts: readonly RolloutRow[] }
  | { readonly rollout: string; readonly entries: readonly HistoryRow[] };

export const history = defineCommand({
  path: "history",
  description:
    "Without an argument, every rollout in the journal; with one, everything that happened to it.",
  examples: [
    ["headgate history", "All rollouts, the newest first"],
    ["headgate history checkout", "What happened to the newest of this name"],
    ["headgate history checkout --json", "Every event with its evidence"],
  ],
  arguments: [{ name: "rollout", help: "An id or a name", required: false }],
  options: DATA_DIR_OPTION,
  run: async (options, { arguments: [which] }): Promise<{ value: HistoryView }> => {
    const dataDir = dataDirOf(options.dataDir);
    if (which === undefined) {
      const rollouts = await readRollouts(dataDir);
      return { value: { rollouts: rollouts.map(rolloutRow) } };
    }
    const { rollout, entries } = await readHistory(dataDir, which);
    return { value: { rollout: rollout.id, entries: entries.map(historyRow) } };
  },
  render: (view, style) => {
    if ("entries" in view) {
      const lines = view.entries.flatMap(({ atMs, notes }) =>
        notes.map((note) => noteLine(note, atMs, style)),
      );
      return [style.bold(view.rollout), ...lines];
    }
    if (view.rollouts.length === 0) return ["no rollouts yet: start one with `headgate deploy`"];
    return alignColumns(
      // The id says when it began.
      view.rollouts.map(({ rollout, target, outcome, phase, tookMs, by }) => [
        style.bold(rollout),
        outcomeText(outcome, phase, style),
        tookMs === null ? "" : formatElapsed(tookMs),
        target,
        style.dim(by),
      ]),
    );
  },
});

function rolloutRow(rollout: Rollout): RolloutRow {
  const { id, target, finished, phase, createdAtMs, actor } = rollout;
  return {
    rollout: id,
    target: target.label,
    outcome: finished?.outcome ?? null,
    phase,
    startedAt: new Date(createdAtMs).toISOString(),
    tookMs: finished === undefined ? null : finished.atMs - createdAtMs,
    by: actor,
  };
}

function historyRow({ seq, event, notes }: StoredEntry): HistoryRow {
  return { seq, atMs: event.atMs, event: event.kind, notes };
}
