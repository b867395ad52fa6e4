import { readHistory } from "@headgate/controller";
import type { Note, Rollout, RolloutOutcome } from "@headgate/core";
import { defineCommand } from "../command.ts";
import { DATA_DIR_OPTION, dataDirOf } from "../session/data-dir.ts";
import { isDecisive } from "../session/follow.ts";
import { ROLLOUT_ARGUMENT } from "../session/operate.ts";
import { alignColumns } from "../terminal/table.ts";
import { comparisonRows, type ComparisonView } from "../views/comparison-view.ts";
import { evidenceLines, noteLine } from "../views/note-line.ts";
import { outcomeText } from "../views/outcome-text.ts";
import { guardCells, type GuardView, rolloutView } from "../views/rollout-view.ts";

interface WhyView {
  readonly rollout: string;
  /** Null while it runs. */
  readonly outcome: RolloutOutcome | null;
  readonly phase: Rollout["phase"];
  readonly route: string;
  /** What each guard said last. */
  readonly guards: readonly GuardView[];
  /** What the comparison of the versions says; null when they are not compared. */
  readonly comparison: ComparisonView | null;
  readonly decisions: readonly { readonly atMs: number; readonly note: Note }[];
}

export const why = defineCommand({
  path: "why",
  description: "Every decision with what it rested on, from the journal alone.",
  examples: [
    ["headgate why", "Why did the newest rollout end as it did?"],
    ["headgate why checkout --json", "The evidence as data"],
  ],
  arguments: [ROLLOUT_ARGUMENT],
  options: DATA_DIR_OPTION,
  run: async (options, { arguments: [which] }): Promise<{ value: WhyView }> => {
    const { rollout, entries } = await readHistory(dataDirOf(options.dataDir), which);
    const decisions = entries.flatMap(({ event, notes }) =>
      notes.filter(isDecisive).map((note) => ({ atMs: event.atMs, note })),
    );
    const { outcome, phase, route, guards, comparison } = rolloutView(rollout, Date.now());
    return {
      value: { rollout: rollout.id, outcome, phase, route, guards, comparison, decisions },
    };
  },
  render: ({ rollout, outcome, phase, route, guards, comparison, decisions }, style) => [
    `${style.bold(rollout)}  ${outcomeText(outcome, phase, style)}: ${route}`,
    ...decisions.flatMap(({ atMs, note }, index) => [
      noteLine(note, atMs, style),
      ...evidenceLines(note, style, decisions[index - 1]?.note.evidence),
    ]),
    ...(decisions.length === 0 ? ["  nothing was decided yet"] : []),
    ...(comparison === null ? [] : [`the comparison said last: ${comparison.sentence}`]),
    ...alignColumns(
      comparisonRows(comparison, style).map(([head = "", text = ""]) => [
        `  ${style.dim(head)}`,
        text,
      ]),
    ),
    ...(guards.length === 0 ? [] : ["what the guards said last"]),
    ...alignColumns(
      guards.map((guard) => [`  ${style.dim(guard.kind)}`, ...guardCells(guard, style)]),
    ),
  ],
});
