import type { Barrier } from "../plan/plan.ts";
import type { Rollout, RolloutOutcome } from "../rollout/rollout.ts";
import { barriersOf } from "./release-spec.ts";
import type { ReleaseSpec } from "./release-spec.ts";

/** What the release asks of one of its rollouts. */
export type ReleaseOrder =
  | {
      readonly kind: "open";
      readonly target: string;
      readonly barrier: Barrier;
      readonly reason: string;
    }
  | { readonly kind: "abort"; readonly target: string; readonly reason: string };

type Rollouts = ReadonlyMap<string, Rollout>;

/**
 * What to ask of a release's rollouts, from where each of them is. Pure, and remembers nothing: what was asked is
 * seen in the rollouts themselves, so asking again what is answered already comes to nothing.
 *
 * - Nobody gets traffic before every canary is ready: a target that cannot be prepared stops all at no cost.
 * - `sequence`: a target gets traffic when those that it needs have all of theirs and baked.
 * - `together`: all get traffic at once, and each is promoted when all were proved and those that it needs are promoted.
 * - Stable stays everywhere until all are through: `release` opens for all at once.
 * - When one turns back, all do: those that came last first, each when the one before is back.
 */
export function coordinate(spec: ReleaseSpec, rollouts: Rollouts): readonly ReleaseOrder[] {
  const failed = failedTarget(spec, rollouts);
  if (failed !== undefined) return turnBack(spec, rollouts, failed);
  return barriersOf(spec).flatMap((barrier) =>
    spec.members
      .filter(({ target }) => isWaitingAt(rollouts.get(target), barrier))
      .filter((member) => mayPass(spec, rollouts, member, barrier))
      .map(({ target, needs }): ReleaseOrder => {
        return { kind: "open", target, barrier, reason: reasonFor(barrier, needs) };
      }),
  );
}

/** How a release ended; undefined while one of its rollouts is not finished. */
export function outcomeOfRelease(
  spec: ReleaseSpec,
  rollouts: Rollouts,
): RolloutOutcome | undefined {
  const outcomes = spec.members.map(({ target }) => rollouts.get(target)?.finished?.outcome);
  if (outcomes.some((outcome) => outcome === undefined)) return undefined;
  return WORST_FIRST.find((outcome) => outcomes.includes(outcome));
}

/** One target that is not promoted makes a release that is not promoted, whatever the others say. */
const WORST_FIRST = [
  "degraded",
  "failed",
  "timedOut",
  "abortedByPerson",
  "rolledBack",
  "promoted",
] as const satisfies readonly RolloutOutcome[];

function mayPass(
  spec: ReleaseSpec,
  rollouts: Rollouts,
  { needs }: ReleaseSpec["members"][number],
  barrier: Barrier,
): boolean {
  const all = spec.members.map(({ target }) => rollouts.get(target));
  const needed = needs.map((target) => rollouts.get(target));
  switch (barrier) {
    case "traffic":
      if (!all.every((rollout) => hasReached(rollout, "traffic"))) return false;
      return spec.shift === "together" || needed.every((one) => hasReached(one, "release"));
    case "promotion":
      return (
        all.every((rollout) => hasReached(rollout, "promotion")) &&
        needed.every((rollout) => hasReached(rollout, "release"))
      );
    case "release":
      return all.every((rollout) => hasReached(rollout, "release"));
    default:
      return barrier satisfies never;
  }
}

function reasonFor(barrier: Barrier, needs: readonly string[]): string {
  const after =
    needs.length === 0
      ? ""
      : ` and ${needs.join(", ")} ${needs.length === 1 ? "has" : "have"} all traffic`;
  switch (barrier) {
    case "traffic":
      return `every target of the release is ready${after}`;
    case "promotion":
      return `every target of the release has passed its steps${after}`;
    case "release":
      return "every target of the release has all its traffic";
    default:
      return barrier satisfies never;
  }
}

function barrierIndex({ plan }: Rollout, barrier: Barrier): number {
  return plan.findIndex((step) => step.kind === "barrier" && step.barrier === barrier);
}

/** At the barrier or past it. */
function hasReached(rollout: Rollout | undefined, barrier: Barrier): boolean {
  if (rollout === undefined || rollout.abort !== undefined) return false;
  return rollout.step.index >= barrierIndex(rollout, barrier);
}

function isWaitingAt(rollout: Rollout | undefined, barrier: Barrier): boolean {
  if (rollout === undefined || rollout.abort !== undefined) return false;
  const isOpen = rollout.openBarriers?.includes(barrier) === true;
  return !isOpen && rollout.step.index === barrierIndex(rollout, barrier);
}

/** The first in order that turns back, or ended without being promoted. */
function failedTarget(spec: ReleaseSpec, rollouts: Rollouts): string | undefined {
  const failed = spec.members.filter(({ target }) => {
    const rollout = rollouts.get(target);
    return rollout?.abort !== undefined;
  });
  // What the release itself turned back followed from another's failure.
  const first = failed.find(({ target }) => rollouts.get(target)?.abort?.cause.kind !== "release");
  return (first ?? failed[0])?.target;
}

/** Aborts the last one that still stands; the ones before it when it is back. */
function turnBack(spec: ReleaseSpec, rollouts: Rollouts, failed: string): readonly ReleaseOrder[] {
  for (const { target } of spec.members.toReversed()) {
    const rollout = rollouts.get(target);
    if (rollout === undefined || rollout.phase === "healthy") continue;
    // A frozen one must not turn back; what it was asked stays its answer.
    if (rollout.pause?.why === "frozen") continue;
    if (rollout.abort === undefined) {
      const why = rollouts.get(failed)?.abort?.detail ?? "it failed";
      return [
        { kind: "abort", target, reason: `${failed} of the same release turned back: ${why}` },
      ];
    }
    if (!rollout.abort.isRestored && !rollout.abort.isLeft && rollout.phase !== "degraded")
      return [];
  }
  return [];
}
