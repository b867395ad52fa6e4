import { readHistory, readRelease, readRollouts, type StoredEntry } from "@headgate/controller";
import type { Note, Rollout, RolloutOutcome } from "@headgate/core";
import { defineCommand } from "../command.ts";
import { formatElapsed } from "../elapsed.ts";
import { DATA_DIR_OPTION, dataDirOf } from "../session/data-dir.ts";
import type { Style } from "../terminal/style.ts";
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
  | { readonly rollout: string; readonly entries: readonly HistoryRow[] }
  | { readonly release: string; readonly entries: readonly ReleaseHistoryRow[] };

/** What happened to one target of a release. */
interface ReleaseHistoryRow extends HistoryRow {
  readonly target: string;
}

export const history = defineCommand({
  path: "history",
  description:
    "Without an argument, every rollout in the journal; with one, everything that happened to it.",
  examples: [
    ["headgate history", "All rollouts, the newest first"],
    ["headgate history checkout", "What happened to the newest of this name"],
    ["headgate history shop", "What happened to all targets of a release, in order"],
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
    const parts = await readRelease(dataDir, which);
    if (parts.length > 0) return { value: await releaseHistory(dataDir, parts) };
    const { rollout, entries } = await readHistory(dataDir, which);
    return { value: { rollout: rollout.id, entries: entries.map(historyRow) } };
  },
  render: (view, style) => {
    if ("release" in view) return renderReleaseHistory(view, style);
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

/** Of all its targets, in the order in which it happened. */
async function releaseHistory(dataDir: string, parts: readonly Rollout[]) {
  const rows: ReleaseHistoryRow[] = [];
  for (const { id, name, release } of parts) {
    const { entries } = await readHistory(dataDir, id);
    for (const entry of entries) {
      rows.push({ target: release?.target ?? name, ...historyRow(entry) });
    }
  }
  const entries = rows.toSorted((left, right) => left.atMs - right.atMs);
  return { release: parts[0]?.release?.id ?? "", entries };
}

function renderReleaseHistory(
  {
    release,
    entries,
  }: { readonly release: string; readonly entries: readonly ReleaseHistoryRow[] },
  style: Style,
): string[] {
  const width = Math.max(0, ...entries.map(({ target }) => target.length));
  return [
    style.bold(release),
    ...entries.flatMap(({ target, atMs, notes }) =>
      notes.map((note) => `${style.dim(target.padEnd(width))}  ${noteLine(note, atMs, style)}`),
    ),
  ];
}

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
