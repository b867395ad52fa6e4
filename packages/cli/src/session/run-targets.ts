import { type ReleaseOptions, runRelease, type StoredRelease } from "@headgate/controller";
import type { Rollout } from "@headgate/core";
import type { Invocation } from "../command.ts";
import { noteLine } from "../views/note-line.ts";
import { releaseStatus, renderReleaseStatus } from "../views/release-status.ts";

/** Elapsed times must move between events too. */
const REFRESH_MS = 500;

interface Ends {
  readonly signal?: AbortSignal;
  /** @param all rollouts of the release, as they are now. */
  readonly stopWhen?: (rollout: Rollout, all: readonly Rollout[]) => boolean;
}

/** Runs what is stored of a release, and shows it: a line per decision, and on a terminal the live view below them. */
export async function runTargets(
  stored: StoredRelease,
  options: ReleaseOptions,
  { progress, style }: Invocation,
  { signal, stopWhen }: Ends,
): Promise<ReadonlyMap<string, Rollout>> {
  const { clock } = options;
  const latest = new Map([...stored.parts].map(([target, { rollout }]) => [target, rollout]));
  const draw = () =>
    progress.live(renderReleaseStatus(releaseStatus([...latest.values()], clock.nowMs()), style));
  const timer = progress.isLive ? setInterval(draw, REFRESH_MS) : undefined;
  const width = Math.max(...stored.spec.members.map(({ target }) => target.length));
  try {
    const { rollouts } = await runRelease(stored, {
      ...options,
      ...(signal === undefined ? {} : { signal }),
      ...(stopWhen === undefined
        ? {}
        : { stopWhen: (rollout: Rollout) => stopWhen(rollout, [...latest.values()]) }),
      onUpdate(target, { rollout, entries }) {
        latest.set(target, rollout);
        for (const { event, notes } of entries) {
          for (const note of notes) {
            progress.line(
              `${style.dim(target.padEnd(width))}  ${noteLine(note, event.atMs, style)}`,
            );
          }
        }
        draw();
      },
    });
    return rollouts;
  } finally {
    clearInterval(timer);
  }
}
