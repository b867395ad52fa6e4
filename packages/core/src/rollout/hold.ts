import { formatWeight } from "../weight.ts";
import { tellOfHold } from "./notices.ts";
import type { Blocker } from "./rollout.ts";
import { change, note } from "./turn.ts";
import type { Turn } from "./turn.ts";

/** Undefined when nothing holds the step. A hold is noted when it begins or has other reasons. */
export function hold(turn: Turn, reasons: readonly Blocker[]): Turn | undefined {
  if (reasons.length === 0) return undefined;
  const before = turn.rollout.heldBy;
  const guards = (list: readonly Blocker[]) => list.map(({ guard }) => guard).join();
  const text = `held at ${formatWeight(turn.rollout.weight)}: ${reasons.map(({ guard, detail }) => `${guard}: ${detail}`).join("; ")}`;
  const told = tellOfHold(turn, guards(reasons), text);
  if (JSON.stringify(before) === JSON.stringify(reasons)) return told;
  const held = change(told, { heldBy: reasons, ...comparisonHold(turn, reasons) });
  if (guards(before) === guards(reasons)) return held;
  return note(held, "held", text, { heldBy: reasons.map((reason) => ({ ...reason })) });
}

/** Since when the comparison holds: other guards that come and go make no difference. */
function comparisonHold({ rollout, atMs }: Turn, reasons: readonly Blocker[]) {
  const isHolding = (list: readonly Blocker[]) => list.some(({ guard }) => guard === "comparison");
  if (!isHolding(reasons) || isHolding(rollout.heldBy)) return {};
  return { comparisonHoldsSinceMs: atMs };
}
