import type { Rollout } from "../rollout/rollout.ts";
import type { ReleaseSpec } from "./release-spec.ts";

/**
 * The release that rollouts are parts of, as its file said it when they began: so that it can go on without the file.
 *
 * @param rollouts all of one release, those that come first first.
 */
export function releaseOf(rollouts: readonly Rollout[]): ReleaseSpec {
  const [first] = rollouts;
  const members = rollouts.map(({ name, spec, release }, index) => {
    const before = rollouts[index - 1];
    const beforeIt = before === undefined ? [] : [before.release?.target ?? before.name];
    return { target: release?.target ?? name, spec, needs: release?.needs ?? beforeIt };
  });
  const isTogether = first?.release?.barriers.includes("promotion") === true;
  return {
    name: first?.release?.name ?? "",
    shift: isTogether ? "together" : "sequence",
    members,
  };
}
