import { readRelease, readStatus, type Writer } from "@headgate/controller";
import type { Rollout } from "@headgate/core";
import { setTimeout as sleep } from "node:timers/promises";
import { defineCommand, type Invocation, type Outcome } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { DATA_DIR_OPTION, dataDirOf } from "../session/data-dir.ts";
import { ROLLOUT_ARGUMENT } from "../session/operate.ts";
import { exitCodeOf, exitCodeOfOutcome } from "../session/outcome.ts";
import type { Style } from "../terminal/style.ts";
import { type ReleaseStatus, releaseStatus, renderReleaseStatus } from "../views/release-status.ts";
import { renderRollout, rolloutView, type RolloutView } from "../views/rollout-view.ts";

const WATCH_EVERY_MS = 500;

interface StatusView extends RolloutView {
  /** The process that runs the rollout; null when none does. */
  readonly runBy: { readonly pid: number; readonly since: string } | null;
}

interface ReleaseStatusView extends ReleaseStatus {
  readonly runBy: StatusView["runBy"];
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
  run: async (options, invocation): Promise<Outcome<StatusView | ReleaseStatusView>> => {
    const dataDir = dataDirOf(options.dataDir);
    const [which] = invocation.arguments;
    const release = await readRelease(dataDir, which);
    if (release.length > 0) {
      if (options.watch) return watchRelease(dataDir, release, invocation);
      return { value: await lookAtRelease(dataDir, release), exitCode: EXIT.ok };
    }
    if (options.watch) return watch(dataDir, which, invocation);
    return { value: await look(dataDir, which).then(({ view }) => view), exitCode: EXIT.ok };
  },
  render: (view, style) =>
    "targets" in view
      ? [
          ...renderReleaseStatus(view, style),
          ...waitingLines(view, style),
          ...view.targets.map(
            ({ target, rollout }) => `  ${style.dim(target)}  headgate status ${rollout.rollout}`,
          ),
        ]
      : [
          ...renderRollout(view, style),
          ...(view.outcome === null && view.runBy === null
            ? [
                `  ${style.warn("no process runs it")}: go on with \`headgate resume ${view.rollout}\``,
              ]
            : []),
        ],
});

/** Who has to do something, and with which words. */
function waitingLines(
  { name, outcome, runBy, targets }: ReleaseStatusView,
  style: Style,
): string[] {
  if (outcome !== null) return [];
  const open = targets.filter(({ rollout }) => rollout.outcome === null);
  const held = open.filter(({ rollout }) => rollout.phase === "paused");
  const words = held.map(
    ({ target, rollout }) =>
      `  ${style.warn(`${target} waits for a person`)}: \`headgate resume ${rollout.name}\` goes on, \`headgate abort ${rollout.name}\` turns back`,
  );
  if (runBy !== null || held.length === open.length) return words;
  return [
    ...words,
    `  ${style.warn("no process runs it")}: go on with \`headgate resume ${name}\``,
  ];
}

function runByOf(writer: Writer | undefined): StatusView["runBy"] {
  if (writer === undefined) return null;
  return { pid: writer.pid, since: new Date(writer.sinceMs).toISOString() };
}

async function lookAtRelease(
  dataDir: string,
  parts: readonly Rollout[],
): Promise<ReleaseStatusView> {
  const { writer } = await readStatus(dataDir, parts[0]?.id);
  return { ...releaseStatus(parts, Date.now()), runBy: runByOf(writer) };
}

/** Follows this release, not its successor of the same name. */
async function watchRelease(dataDir: string, found: readonly Rollout[], invocation: Invocation) {
  const { progress, style, signal } = invocation;
  const id = found[0]?.release?.id;
  const shown = new Map<string, string>();
  for (;;) {
    const view = await lookAtRelease(dataDir, await readRelease(dataDir, id));
    progress.live(renderReleaseStatus(view, style));
    for (const { target, waitsFor, rollout } of view.targets) {
      const { phase, step, readBackPercent } = rollout;
      const waits = waitsFor.length === 0 ? "" : `, waits for ${waitsFor.join(", ")}`;
      const line = `${target}  ${phase}, step ${step.number} of ${step.of}, ${readBackPercent}% on the new version${waits}`;
      if (!progress.isLive && line !== shown.get(target)) progress.line(line);
      shown.set(target, line);
    }
    if (view.outcome !== null || signal.aborted) {
      return { value: view, exitCode: exitCodeOfOutcome(view.outcome ?? undefined, signal) };
    }
    await sleep(WATCH_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function look(dataDir: string, which: string | undefined) {
  const { rollout, writer } = await readStatus(dataDir, which);
  const runBy = runByOf(writer);
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
