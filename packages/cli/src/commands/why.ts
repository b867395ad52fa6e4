import { readHistory } from "@headgate/controller";
import { formatRoute, type Note } from "@headgate/core";
import { defineCommand } from "../command.ts";
import { DATA_DIR_OPTION, dataDirOf } from "../session/data-dir.ts";
import { isDecisive } from "../session/follow.ts";
import { ROLLOUT_ARGUMENT } from "../session/operate.ts";
import { evidenceLines, noteLine } from "../views/note-line.ts";

interface WhyView {
  readonly rollout: string;
  readonly outcome: string;
  readonly route: string;
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
    const outcome = rollout.finished?.outcome ?? rollout.phase;
    return {
      value: { rollout: rollout.id, outcome, route: formatRoute(rollout.route), decisions },
    };
  },
  render: ({ rollout, outcome, route, decisions }, style) => [
    `${style.bold(rollout)}  ${outcome}: ${route}`,
    ...decisions.flatMap(({ atMs, note }) => [
      noteLine(note, atMs, style),
      ...evidenceLines(note, style),
    ]),
    ...(decisions.length === 0 ? ["  nothing was decided yet"] : []),
  ],
});
