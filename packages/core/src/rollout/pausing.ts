import type { Pause, Rollout } from "./rollout.ts";
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

/** What an inconclusive pause names when it is the comparison, and no check, that cannot tell. */
export const COMPARISON = "comparison";

/** Goes on where the pause began; checks that were inconclusive measure anew. */
export function goOn(turn: Turn, from: From, text: string): Turn {
  const { atMs } = turn;
  const checks = turn.rollout.checks.map((run) => forgiven(run, atMs));
  const { pause, step } = turn.rollout;
  // Proof that did not come in time is waited for as long again.
  const isForProof = pause?.why === "inconclusive" && pause.check === COMPARISON;
  const resumed = change(drop(turn, "pause"), {
    checks,
    ...(isForProof ? { step: { ...step, enteredAtMs: atMs }, heldBy: [] } : {}),
  });
  return tell(note(enterPhase(resumed, from), "resumed", text), "resumed", text);
}
