import type { AbortCause, Pause, Rollout } from "./rollout.ts";
import { change, drop, enterPhase, note } from "./turn.ts";
import type { Turn } from "./turn.ts";
import { tell } from "./notices.ts";
import type { Json } from "./json.ts";
import { forgiven } from "./measurements.ts";

type From = NonNullable<Rollout["pause"]>["from"];

/** Waits for a person. Guards go on watching, and what is under way is let finish. */
export function pauseRollout(
  turn: Turn,
  from: From,
  pause: Pause,
  detail: string,
  evidence?: { readonly [key: string]: Json },
): Turn {
  const paused = enterPhase(
    change(turn, { pause: { ...pause, from, sinceMs: turn.atMs, detail } }),
    "paused",
  );
  return tell(
    note(paused, "paused", `paused: ${detail}`, evidence),
    "paused",
    `paused: ${detail}`,
    detail,
  );
}

/** Leaves the split as it is and calls people, where turning back is not allowed. */
export function freeze(
  turn: Turn,
  hook: string,
  cause: AbortCause,
  why: string,
  evidence: { readonly [key: string]: Json },
): Turn {
  const { phase, pause } = turn.rollout;
  // A route that somebody changed has to be read again before anything goes on: that pause stays what it is.
  if (pause?.why === "frozen" || pause?.why === "routeChanged") return turn;
  const from = pause?.from ?? (phase === "preparing" || phase === "baking" ? phase : "progressing");
  // A sentence of the comparison ends with a full stop.
  const detail = `${why.replace(/\.$/, "")}; frozen and not turned back, because hook ${hook} cannot be undone: a person has to decide`;
  return pauseRollout(turn, from, { why: "frozen", hook, cause }, detail, {
    cause: cause.kind,
    ...evidence,
  });
}

/** What an inconclusive pause names when it is the comparison, and no check, that cannot tell. */
export const COMPARISON = "comparison";

/** Goes on where the pause began; checks that were inconclusive measure anew. */
export function goOn(turn: Turn, from: From, text: string): Turn {
  const { atMs } = turn;
  const checks = turn.rollout.checks.map((run) => forgiven(run, atMs));
  const { pause, step, spec } = turn.rollout;
  const isLate = pause?.why === "frozen" && pause.cause.kind === "deadline";
  // Proof that did not come in time is waited for as long again.
  const isForProof = pause?.why === "inconclusive" && pause.check === COMPARISON;
  const resumed = change(drop(turn, "pause"), {
    checks,
    ...(isForProof ? { step: { ...step, enteredAtMs: atMs }, heldBy: [] } : {}),
    // A person who goes on after the deadline gives it as much time again.
    ...(isLate ? { deadlineAtMs: atMs + spec.deadline } : {}),
  });
  return tell(note(enterPhase(resumed, from), "resumed", text), "resumed", text);
}
