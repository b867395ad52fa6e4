import { issue } from "./turn.ts";
import type { Turn } from "./turn.ts";

/** Tells people, when the spec names somebody to tell. Best effort: nothing waits for it. */
export function tell(turn: Turn, subject: string, text: string): Turn {
  const { rollout, atMs } = turn;
  if (rollout.spec.notify.length === 0) return turn;
  const notice = { rollout: rollout.id, subject: `${rollout.name}: ${subject}`, text, atMs };
  return issue(turn, { kind: "notify", notice });
}
