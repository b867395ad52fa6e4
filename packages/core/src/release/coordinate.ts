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
 * - Stable stays everywhere until all are through: `release` opens for all at once. Whoever passes these orders on has
 *   to write them together, and only while all still stand there: from then on none turns back any more.
 * - A target that is paused or frozen at a barrier has not reached it: nobody goes on because of it.
 * - When one turns back, all do: those that came last first, each when the one before is back.
 */
export function coordinate(spec: ReleaseSpec, rollouts: Rollouts): readonly ReleaseOrder[] {
  const failed = failedTarget(spec, rollouts);
  if (failed !== undefined) return turnBack(spec, rollouts, failed);
  return barriersOf(spec).flatMap((barrier) =>
    spec.members
      .filter(({ target }) => isWaitingAt(rollouts.get(target), barrier))
      .filter((member) => lacking(spec, rollouts, member, barrier).length === 0)
      .map(({ target, needs }): ReleaseOrder => {
        return { kind: "open", target, barrier, reason: reasonFor(barrier, needs) };
      }),
  );
}

/**
 * How a release ended; undefined while one of its rollouts is not finished. One that is neither whole nor back is
 * degraded: a person kept the new version of a target that had been frozen.
 */
export function outcomeOfRelease(
  spec: ReleaseSpec,
  rollouts: Rollouts,
): RolloutOutcome | undefined {
  const outcomes = spec.members.map(({ target }) => rollouts.get(target)?.finished?.outcome);
  if (outcomes.some((outcome) => outcome === undefined)) return undefined;
  const isMixed = new Set(outcomes.map((outcome) => outcome === "promoted")).size > 1;
  return isMixed ? "degraded" : WORST_FIRST.find((outcome) => outcomes.includes(outcome));
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

/** The targets that one of them waits for at its barrier; none when it stands at none, or may go on. */
export function waitsFor(spec: ReleaseSpec, rollouts: Rollouts, target: string): readonly string[] {
  const member = spec.members.find((one) => one.target === target);
  const barrier = barriersOf(spec).find((one) => isWaitingAt(rollouts.get(target), one));
  if (member === undefined || barrier === undefined) return [];
  return lacking(spec, rollouts, member, barrier);
}

/** The targets that are not yet where they must be before this one passes the barrier. */
function lacking(
  spec: ReleaseSpec,
  rollouts: Rollouts,
  { needs }: ReleaseSpec["members"][number],
  barrier: Barrier,
): readonly string[] {
  const behind = (targets: readonly string[], where: Barrier) =>
    targets.filter((target) => !hasReached(rollouts.get(target), where));
  const all = spec.members.map(({ target }) => target);
  switch (barrier) {
    case "traffic": {
      const unready = behind(all, "traffic");
      return unready.length > 0 || spec.shift === "together" ? unready : behind(needs, "release");
    }
    case "promotion": {
      const unproved = behind(all, "promotion");
      return unproved.length > 0 ? unproved : behind(needs, "release");
    }
    case "release":
      return behind(all, "release");
    default:
      return barrier satisfies never;
  }
}

/**
 * Whether targets may be promoted for good: each stands at its last barrier, or is past it.
 *
 * @param rollouts those that are to be promoted; others of the release may be past it already.
 */
export function areThrough(rollouts: Iterable<Rollout>): boolean {
  return [...rollouts].every((rollout) => hasReached(rollout, "release"));
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

/** At the barrier or past it. One whose canary is not ready yet may have no step before its first barrier. */
function hasReached(rollout: Rollout | undefined, barrier: Barrier): boolean {
  if (rollout?.versions === undefined || rollout.abort !== undefined) return false;
  const at = barrierIndex(rollout, barrier);
  const { index } = rollout.step;
  return index > at || (index === at && rollout.phase !== "paused");
}

function isWaitingAt(rollout: Rollout | undefined, barrier: Barrier): boolean {
  if (rollout === undefined || !hasReached(rollout, barrier)) return false;
  const isOpen = rollout.openBarriers?.includes(barrier) === true;
  return !isOpen && rollout.step.index === barrierIndex(rollout, barrier);
}

/**
 * The target because of which a release turned back: the one that first turned back by itself. Undefined while none
 * does.
 */
export function failedTarget(spec: ReleaseSpec, rollouts: Rollouts): string | undefined {
  const failed = spec.members.flatMap(({ target }) => {
    const abort = rollouts.get(target)?.abort;
    return abort === undefined ? [] : [{ target, abort }];
  });
  // What the release itself turned back followed from another's failure.
  const own = failed.filter(({ abort }) => abort.cause.kind !== "release");
  const [first] = own.toSorted((one, other) => one.abort.sinceMs - other.abort.sinceMs);
  return (first ?? failed[0])?.target;
}

function isLetThrough({ openBarriers }: Rollout): boolean {
  return openBarriers?.includes("release") === true;
}

/** Aborts the last one that still stands; the ones before it when it is back. */
function turnBack(spec: ReleaseSpec, rollouts: Rollouts, failed: string): readonly ReleaseOrder[] {
  for (const { target } of spec.members.toReversed()) {
    const rollout = rollouts.get(target);
    if (rollout === undefined || rollout.phase === "healthy") continue;
    // A frozen one must not turn back; what it was asked stays its answer, and a person may have let it go on alone.
    if (rollout.pause?.why === "frozen" || isLetThrough(rollout)) continue;
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
