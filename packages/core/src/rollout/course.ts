import type { LiveRoute, PlatformEnd } from "../contracts/traffic-driver.ts";
import { formatDuration } from "../duration.ts";
import { formatWeight } from "../weight.ts";
import { beginAbort } from "./aborting.ts";
import type { AbortCause, Rollout } from "./rollout.ts";
import { adopt, isOurs } from "./route.ts";
import { isOutstanding } from "./turn.ts";
import type { Turn } from "./turn.ts";

/**
 * Platforms that move the weights by themselves, on their own clock (AWS CodeDeploy). They cannot be held at a weight,
 * only stopped. So each of their moves is allowed or prevented before it happens:
 *
 *        due                last moment          the platform moves
 *         |--- 10 s ------------|------ 10 s -----------|
 *         ordered when the      not ordered by then:
 *         guards let it rise    stopped and turned back
 *
 * An order is the ordinary setWeight or promote; the driver waits until the platform has come there.
 */

/** Ours: long enough for one more round of every guard after the first that said no. */
export const DUE_BEFORE_MS = 20_000;
/** Ours: long enough to stop the platform, with a throttled call or two. */
const LAST_BEFORE_MS = 10_000;
/** Between the two: proof that has not come by then is not waited for. */
const PROOF_BEFORE_MS = 15_000;

/** When the platform's next move may be ordered; undefined when it makes none by itself. */
export function dueAtMs({ route }: Rollout): number | undefined {
  const movesAtMs = route.course?.movesAtMs;
  return movesAtMs === undefined ? undefined : movesAtMs - DUE_BEFORE_MS;
}

/** Until when proof can come in time for the platform's next move; Infinity when it makes none by itself. */
export function proofByMs({ route }: Rollout): number {
  return (route.course?.movesAtMs ?? Infinity) - PROOF_BEFORE_MS;
}

/** Whether the platform moves later, and an order would only wait for it. */
export function isTooEarly(rollout: Rollout, atMs: number): boolean {
  return atMs < (dueAtMs(rollout) ?? -Infinity);
}

/** The moments at which time alone changes what is done about the platform's next move. */
export function courseMoments(rollout: Rollout): readonly number[] {
  const movesAtMs = rollout.route.course?.movesAtMs;
  if (movesAtMs === undefined) return [];
  return [DUE_BEFORE_MS, PROOF_BEFORE_MS, LAST_BEFORE_MS].map((ms) => movesAtMs - ms);
}

/** What cannot be held is turned back: the platform would raise the weight without the guards' consent (I3). */
export function stopInTime(turn: Turn): Turn | undefined {
  const { rollout, atMs } = turn;
  const { movesAtMs, nextWeight } = rollout.route.course ?? {};
  if (movesAtMs === undefined || atMs < movesAtMs - LAST_BEFORE_MS) return undefined;
  if (rollout.forcedBy !== undefined || isOutstanding(rollout, "setWeight", "promote")) {
    return undefined;
  }
  const next = nextWeight === undefined ? "" : ` to ${formatWeight(nextWeight)}`;
  const when =
    atMs < movesAtMs
      ? `moves${next} in ${formatDuration(Math.ceil((movesAtMs - atMs) / 1000) * 1000)} and cannot be held`
      : `may have moved${next} while nobody watched`;
  return beginAbort(turn, { kind: "deadline" }, `the platform ${when}: ${reasonOf(rollout)}`);
}

function reasonOf({ pause, heldBy }: Rollout): string {
  if (pause !== undefined) return `the rollout is paused: ${pause.detail}`;
  if (heldBy.length === 0) return "what comes before that weight is not over";
  return heldBy.map(({ guard, detail }) => `${guard}: ${detail}`).join("; ");
}

/** The platform has given up: turned back, with its own reason. Undefined when it has not. */
export function followEnd(turn: Turn, { course }: LiveRoute): Turn | undefined {
  return course?.ended === undefined ? undefined : turnBackFor(turn, course.ended);
}

/** Turns back because the platform has given up, with its own reason. */
export function turnBackFor(turn: Turn, ended: PlatformEnd): Turn {
  const { by, name, detail, hook } = ended;
  const asked = hook && { event: hook.event, function: hook.functionName };
  return beginAbort(turn, causeOf(ended), detail, { endedBy: by, name, ...asked });
}

/** After a person's order to promote, the platform's own moves are what was ordered. */
export function followMove(turn: Turn, route: LiveRoute): Turn | undefined {
  const { rollout } = turn;
  if (rollout.forcedBy === undefined || rollout.route.course?.movesAtMs === undefined) {
    return undefined;
  }
  return isOurs(rollout, route) ? adopt(turn, route) : undefined;
}

function causeOf({ by, name }: PlatformEnd): AbortCause {
  switch (by) {
    case "alarm":
    case "hook":
      return { kind: by, name };
    case "person":
      return { kind: "person", actor: name };
    case "platform":
      return { kind: "platform" };
    default:
      return by satisfies never;
  }
}
