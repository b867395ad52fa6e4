import { releaseMeant } from "@headgate/controller";
import {
  type ReleaseSpec,
  releaseOf,
  type Rollout,
  RolloutError,
  type RolloutSpec,
} from "@headgate/core";

/** A release that was promoted, and how all of it goes back. */
export interface Undo {
  readonly release: ReleaseSpec;
  /** Names the release that is undone. */
  readonly undoes: string;
  readonly specFile: string | undefined;
}

/**
 * The release that takes a promoted one back: what came last goes back first, each when the one before is back, and all
 * go back or none.
 *
 * @param rollouts all in the journal, newest first.
 * @param back the spec that takes one target back to a version.
 * @returns undefined when no release is meant.
 * @throws {RolloutError} ROLLOUT_NOT_FOUND when none of that name was promoted as a whole.
 */
export function undoOf(
  rollouts: readonly Rollout[],
  which: string | undefined,
  back: (rollout: Rollout) => RolloutSpec,
): Undo | undefined {
  const meant = releaseMeant(rollouts, which);
  const [first] = meant;
  if (first === undefined) return undefined;
  const name = first.release?.name ?? "";
  const isById = which !== undefined && which !== name;
  // By its name, the newest that is undone is one that came through: one that failed is back already.
  const ids = isById
    ? [first.release?.id]
    : rollouts.flatMap(({ release }) => (release?.name === name ? [release.id] : []));
  for (const id of ids) {
    const parts = rollouts.filter(({ release }) => release?.id === id).toReversed();
    if (!parts.every(({ finished }) => finished?.outcome === "promoted")) continue;
    const { members } = releaseOf(parts);
    const release: ReleaseSpec = {
      name,
      shift: "sequence",
      members: members.toReversed().map(({ target }, index, reversed) => {
        const before = reversed[index - 1]?.target;
        const part = parts.find((one) => one.release?.target === target) ?? first;
        return { target, spec: back(part), needs: before === undefined ? [] : [before] };
      }),
    };
    return { release, undoes: id ?? name, specFile: first.specFile };
  }
  throw new RolloutError(
    "ROLLOUT_NOT_FOUND",
    `no release "${which ?? name}" was promoted as a whole, so there is none to undo`,
    {
      hint: `One that still runs is stopped with \`headgate abort ${name}\`; see \`headgate history\`.`,
    },
  );
}
