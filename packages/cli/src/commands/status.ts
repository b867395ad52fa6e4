import { readRelease, readStatus } from "@headgate/controller";
import { setTimeout as sleep } from "node:timers/promises";
import { defineCommand, type Invocation, type Outcome } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { DATA_DIR_OPTION, dataDirOf } from "../session/data-dir.ts";
import { ROLLOUT_ARGUMENT } from "../session/operate.ts";
import { exitCodeOf } from "../session/outcome.ts";
import { type ReleaseStatus, releaseStatus, renderReleaseStatus } from "../views/release-view.ts";
import { renderRollout, rolloutView, type RolloutView } from "../views/rollout-view.ts";

const WATCH_EVERY_MS = 500;

interface StatusView extends RolloutView {
  /** The process that runs the rollout; null when none does. */
  readonly runBy: { readonly pid: number; readonly since: string } | null;
}

export const status = defineCommand({
  path: "status",
  description:
    "Reads the journal; asks AWS nothing. With --watch it stays until the rollout ends and exits as `deploy` does.",
  examples: [
    ["headgate status", "The newest rollout here"],
    ["headgate status checkout --watch", "Follow it to its end"],
    ["headgate status --json", "For a script"],
  ],
  arguments: [ROLLOUT_ARGUMENT],
  options: {
    ...DATA_DIR_OPTION,
    watch: { type: "boolean", help: "Stay until the rollout ends" },
  },
  run: async (options, invocation): Promise<Outcome<StatusView | ReleaseStatus>> => {
    const dataDir = dataDirOf(options.dataDir);
    const [which] = invocation.arguments;
    const release = await readRelease(dataDir, which);
    if (options.watch) return watch(dataDir, which, invocation);
    if (release.length > 0) return { value: releaseStatus(release), exitCode: EXIT.ok };
    return { value: await look(dataDir, which).then(({ view }) => view), exitCode: EXIT.ok };
  },
  render: (view, style) =>
    "targets" in view
      ? renderReleaseStatus(view, style)
      : [
          ...renderRollout(view, style),
          ...(view.outcome === null && view.runBy === null
            ? [
                `  ${style.warn("no process runs it")}: go on with \`headgate resume ${view.rollout}\``,
              ]
            : []),
        ],
});

async function look(dataDir: string, which: string | undefined) {
  const { rollout, writer } = await readStatus(dataDir, which);
  const runBy =
    writer === undefined
      ? null
      : { pid: writer.pid, since: new Date(writer.sinceMs).toISOString() };
  const view: StatusView = { ...rolloutView(rollout, Date.now()), runBy };
  return { rollout, view };
}

async function watch(dataDir: string, which: string | undefined, invocation: Invocation) {
  const { progress, style, signal } = invocation;
  let shown = "";
  let id = which;
  for (;;) {
    const { rollout, view } = await look(dataDir, id);
    // A name means the newest of that name: once found, this one is followed, not its successor.
    id = rollout.id;
    progress.live(renderRollout(view, style));
    const line = `${view.phase}, step ${view.step.number} of ${view.step.of}, ${view.readBackPercent}% on the new version`;
    if (!progress.isLive && line !== shown) progress.line(line);
    shown = line;
    if (rollout.finished !== undefined || signal.aborted) {
      return { value: view, exitCode: exitCodeOf(rollout, signal) };
    }
    await sleep(WATCH_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}
