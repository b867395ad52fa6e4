import type { LiveRoute } from "../contracts/traffic-driver.ts";
import { formatWeight, type WeightBps } from "../weight.ts";
import { beginAbort } from "./aborting.ts";
import { blockers, failingGuard } from "./guard.ts";
import { tell } from "./notices.ts";
import { goOn, pauseRollout } from "./pausing.ts";
import type { PauseState, Rollout } from "./rollout.ts";
import { canaryShare, formatRoute, isOurs, isPromoted, isSameSplit } from "./route.ts";
import { change, issue, note } from "./turn.ts";
import type { Turn } from "./turn.ts";

/** Whoever sets a weight back more often than this is in a fight: a person has to end it. */
const MOST_REASSERTED = 3;

/**
 * The route is not what this rollout left. Other versions than ours are never overwritten, and a person decides; what
 * is done about another weight of our own two the specification says (`onWeightChangedElsewhere`).
 *
 * @param turn with the route that was found taken over.
 * @param before the rollout as it was.
 */
export function answerChangedRoute(turn: Turn, before: Rollout, found: LiveRoute): Turn {
  const { spec, versions } = before;
  const expected = before.route;
  const policy = spec.onWeightChangedElsewhere ?? "pause";
  const isAnswerable =
    versions !== undefined && isOurs(before, found) && !isSameSplit(expected, found);
  if (policy === "pause" || !isAnswerable || isPersonAsked(before)) {
    return pauseForChangedRoute(turn, expected, found);
  }
  const text = changedText(before, expected, found);
  switch (policy) {
    case "abort":
      return beginAbort(turn, { kind: "platform" }, text, evidenceOf(before, expected, found));
    case "adopt":
      return adoptChange(turn, before, found, text);
    case "reassert":
      return reassert(turn, before, found, text);
    default:
      return policy satisfies never;
  }
}

/** Nothing is overwritten: a person decides, with both splits before them. */
export function pauseForChangedRoute(turn: Turn, expected: LiveRoute, found: LiveRoute): Turn {
  const { rollout } = turn;
  const detail = isSameSplit(expected, found)
    ? `the route is ${formatRoute(found)}, from where this rollout cannot go on`
    : changedText(rollout, expected, found);
  const evidence = evidenceOf(rollout, expected, found);
  const pause = { why: "routeChanged", reread: "none" } as const;
  return pauseRollout(turn, fromOf(rollout), pause, detail, evidence);
}

/** The platform refused a shift because the route is not what it was: waits until it has been read. */
export function pauseToReread(turn: Turn, message: string): Turn {
  const pause = { why: "routeChanged", reread: "compare" } as const;
  const paused = pauseRollout(turn, fromOf(turn.rollout), pause, message);
  return issue(paused, { kind: "readRoute" });
}

/** The split is in a person's hands already. */
function isPersonAsked({ pause }: Rollout): boolean {
  return pause?.why === "routeChanged" && pause.reread !== "compare";
}

/** A promotion that was undone is no bake to go on with. */
function adoptChange(turn: Turn, before: Rollout, found: LiveRoute, text: string): Turn {
  if (fromOf(before) === "baking" && !isPromoted(before, found)) {
    return pauseForChangedRoute(turn, before.route, found);
  }
  const told = tell(note(turn, "observed", `${text}; going on from there`), "trouble", text);
  return resumedIfRefused(told, before, `going on from ${formatRoute(found)}`);
}

/** Sets the split back, within what the guards allow: a weight that others lowered does not rise on no data (I3). */
function reassert(turn: Turn, before: Rollout, found: LiveRoute, text: string): Turn {
  const { versions } = before;
  const times = (before.reasserted ?? 0) + 1;
  const share = canaryShare(before, before.route);
  const rises = share > canaryShare(before, found);
  if (versions === undefined || times > MOST_REASSERTED || (rises && mayNotRise(turn))) {
    return pauseForChangedRoute(turn, before.route, found);
  }
  const counted = change(turn, { reasserted: times });
  const again = `${text}; setting it back (${times} of at most ${MOST_REASSERTED} times)`;
  const told = tell(note(counted, "observed", again), "trouble", again, text);
  // What was refused is asked for again by its own step.
  if (before.pause?.why === "routeChanged") {
    return resumedIfRefused(told, before, `setting the weight that the plan asks for`);
  }
  return fromOf(before) === "baking" || isPromoted(before, before.route)
    ? issue(told, { kind: "promote", change: { ...idsOf(versions), token: found.token } })
    : setBack(told, versions, share, found);
}

function setBack(
  turn: Turn,
  versions: NonNullable<Rollout["versions"]>,
  weight: WeightBps,
  { token }: LiveRoute,
): Turn {
  const asked = change(note(turn, "progress", `canary weight back to ${formatWeight(weight)}`), {
    setWeight: weight,
  });
  return issue(asked, { kind: "setWeight", change: { ...idsOf(versions), weight, token } });
}

function idsOf({ stable, canary }: NonNullable<Rollout["versions"]>) {
  return { stable, canary };
}

function mayNotRise({ rollout, atMs }: Turn): boolean {
  return failingGuard(rollout) !== undefined || blockers(rollout, atMs).length > 0;
}

function resumedIfRefused(turn: Turn, { pause }: Rollout, text: string): Turn {
  return pause?.why === "routeChanged" ? goOn(turn, pause.from, text) : turn;
}

function changedText({ target }: Rollout, expected: LiveRoute, found: LiveRoute): string {
  const text = `the route was changed elsewhere: expected ${formatRoute(expected)}, found ${formatRoute(found)}`;
  return target.prevention === undefined ? text : `${text}. ${target.prevention}`;
}

function evidenceOf({ target }: Rollout, expected: LiveRoute, found: LiveRoute) {
  return {
    expected: formatRoute(expected),
    found: formatRoute(found),
    token: found.token,
    ...(target.prevention === undefined ? {} : { prevention: target.prevention }),
  };
}

function fromOf({ pause, phase }: Rollout): PauseState["from"] {
  if (pause !== undefined) return pause.from;
  // Promotion goes on by asking for it again, on the state of the route that is known then.
  return phase === "preparing" || phase === "baking" ? phase : "progressing";
}
