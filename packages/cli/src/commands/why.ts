import { readHistory, readRelease, type RolloutHistory } from "@headgate/controller";
import type { Note, Rollout, RolloutOutcome } from "@headgate/core";
import { defineCommand } from "../command.ts";
import { DATA_DIR_OPTION, dataDirOf } from "../session/data-dir.ts";
import { isDecisive } from "../session/follow.ts";
import { ROLLOUT_ARGUMENT } from "../session/operate.ts";
import type { Style } from "../terminal/style.ts";
import { alignColumns } from "../terminal/table.ts";
import { comparisonRows, type ComparisonView } from "../views/comparison-view.ts";
import { evidenceLines, noteLine } from "../views/note-line.ts";
import { outcomeText } from "../views/outcome-text.ts";
import { releaseStatus } from "../views/release-status.ts";
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

/** Of a release: the target that failed comes first. */
interface ReleaseWhyView {
  readonly release: string;
  readonly outcome: RolloutOutcome | null;
  /** The target because of which all turned back; null when none did. */
  readonly failed: string | null;
  readonly targets: readonly TargetWhyView[];
}

interface TargetWhyView extends WhyView {
  readonly target: string;
}

export const why = defineCommand({
  path: "why",
  description: "Every decision with what it rested on, from the journal alone.",
  examples: [
    ["headgate why", "Why did the newest rollout end as it did?"],
    ["headgate why shop", "Of a release: which target failed and why, first"],
    ["headgate why checkout --json", "The evidence as data"],
  ],
  arguments: [ROLLOUT_ARGUMENT],
  options: DATA_DIR_OPTION,
  run: async (options, { arguments: [which] }): Promise<{ value: WhyView | ReleaseWhyView }> => {
    const dataDir = dataDirOf(options.dataDir);
    const parts = await readRelease(dataDir, which);
    if (parts.length > 0) return { value: await whyRelease(dataDir, parts) };
    return { value: whyView(await readHistory(dataDir, which)) };
  },
  render: (view, style) =>
    "targets" in view ? renderRelease(view, style) : renderWhy(view, style),
});

function whyView({ rollout, entries }: RolloutHistory): WhyView {
  const decisions = entries.flatMap(({ event, notes }) =>
    notes.filter(isDecisive).map((note) => ({ atMs: event.atMs, note })),
  );
  const { outcome, phase, route, guards, comparison } = rolloutView(rollout, Date.now());
  return { rollout: rollout.id, outcome, phase, route, guards, comparison, decisions };
}

async function whyRelease(dataDir: string, parts: readonly Rollout[]): Promise<ReleaseWhyView> {
  const { release, outcome, failed, targets } = releaseStatus(parts, Date.now());
  const reasons: TargetWhyView[] = [];
  for (const { target, rollout } of targets) {
    reasons.push({ target, ...whyView(await readHistory(dataDir, rollout.rollout)) });
  }
  // The others followed from this one: what they say comes after it.
  const inOrder = [
    ...reasons.filter(({ target }) => target === failed),
    ...reasons.filter(({ target }) => target !== failed),
  ];
  return { release, outcome, failed, targets: inOrder };
}

function renderRelease({ release, outcome, failed, targets }: ReleaseWhyView, style: Style) {
  const held = targets.filter((one) => one.outcome === null && one.phase === "paused");
  const waits = held.map(({ target }) => `${target} waits for a person`);
  const because = failed === null ? [] : [`${failed} failed, and so all turn back`];
  const why = [...because, ...waits].join("; ");
  const phase = waits.length > 0 ? "paused" : "progressing";
  return [
    `${style.bold(release)}  ${outcomeText(outcome, phase, style)}${why === "" ? "" : `: ${why}`}`,
    ...targets.flatMap((view) => ["", style.accent(view.target), ...renderWhy(view, style)]),
  ];
}

function renderWhy(view: WhyView, style: Style): string[] {
  const { rollout, outcome, phase, route, guards, comparison, decisions } = view;
  return [
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
      guards.map((guard) => [`  ${style.dim(guard.kind)}`].concat(guardCells(guard, style))),
    ),
  ];
}
