import type { LiveRoute } from "../contracts/traffic-driver.ts";
import type { Step } from "../plan/plan.ts";
import type { Outstanding } from "./rollout.ts";
import { change, note } from "./turn.ts";
import type { Turn } from "./turn.ts";

/**
 * Hooks that the platform asks in Headgate's place (functions of an AppSpec of AWS CodeDeploy). They stand in the plan
 * where the platform asks them, and are never asked a second time:
 *
 *        preparation            order of the first weight       all traffic
 *   BeforeInstall,          BeforeAllowTraffic: the order    AfterAllowTraffic:
 *   AfterInstall,           waits, and the weight that is    read from the deployment,
 *   AfterAllowTestTraffic   read back says that it passed    as those of the preparation
 */
type HookStep = Step & { readonly kind: "hook" };

/** How long the functions may take that the platform asks while the canary is prepared. Milliseconds. */
export function platformHooksMs(plan: readonly Step[]): number {
  return plan
    .filter((step) => step.kind === "hook")
    .filter(
      (step) => step.askedBy !== undefined && step.when !== "afterTraffic" && !isOnOrder(step),
    )
    .reduce((sum, { deadlineMs }) => sum + deadlineMs, 0);
}

/** Whether the platform asks it once the first weight is ordered, so that there is nothing to read before. */
export function isOnOrder({ askedBy, when }: HookStep): boolean {
  return askedBy !== undefined && when === "beforeTraffic";
}

/** An ordered weight that waits for a function is not late: it is looked at again, as long as the platform waits. */
export function waitForHook(
  turn: Turn,
  before: LiveRoute,
  entry: Outstanding,
  { course }: LiveRoute,
): Turn | undefined {
  const asks = course?.asks;
  if (asks === undefined) return undefined;
  const { rollout, atMs } = turn;
  const waits = (entry.waits ?? 0) + 1;
  const next = { ...entry, waits, runAtMs: atMs + rollout.spec.poll.route };
  const outstanding = rollout.outstanding.map((one) =>
    one.command.id === entry.command.id ? next : one,
  );
  const waiting = change(turn, { outstanding });
  if (before.course?.asks?.name === asks.name) return waiting;
  const { name, event, functionName } = asks;
  const text = `hook ${name}: CodeDeploy has asked function ${functionName} (${event}) and waits for its report`;
  return note(waiting, "progress", text, { hook: name, event, function: functionName });
}

/** Traffic has come to the canary: before that the platform heard every function that it had to ask. */
export function notePassed(turn: Turn, before: LiveRoute): Turn {
  const { rollout } = turn;
  const isFirst = rollout.weight > 0 && rollout.weightSinceMs === rollout.trafficSinceMs;
  if (!isFirst || rollout.routeReadAtMs !== rollout.weightSinceMs) return turn;
  return rollout.plan
    .filter((step) => step.kind === "hook")
    .filter(isOnOrder)
    .reduce((noted, { hook }) => {
      const asked = before.course?.asks;
      const by = asked?.name === hook ? `function ${asked.functionName}` : "its function";
      return note(noted, "progress", `hook ${hook} passed: ${by} reported Succeeded to CodeDeploy`);
    }, turn);
}
