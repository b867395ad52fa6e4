import type { LiveRoute } from "../contracts/traffic-driver.ts";
import { answerChangedRoute } from "./changed-elsewhere.ts";
import { followEnd, followMove } from "./course.ts";
import { goOn } from "./pausing.ts";
import { isLive } from "./phase.ts";
import { receiveRouteWhileAborting } from "./aborting.ts";
import type { RolloutEvent } from "./event.ts";
import type { PauseState, Rollout, Traffic } from "./rollout.ts";
import { adopt, formatRoute, isOurs, isPromoted, isSameSplit } from "./route.ts";
import { change, isOutstanding, isRouteBusy, issue, note } from "./turn.ts";
import type { Turn } from "./turn.ts";

/** Looks at the route and at both versions' traffic when that is due. Neither decides about the canary. */
export function pollRouteAndTraffic(turn: Turn): Turn {
  return pollTraffic(pollRoute(turn));
}

export function nextObservationMs(rollout: Rollout): number {
  if (!isObserved(rollout)) return Infinity;
  const routeMs = isRouteBusy(rollout) ? Infinity : rollout.polls.routeAtMs;
  const trafficMs = isOutstanding(rollout, "readTraffic") ? Infinity : rollout.polls.trafficAtMs;
  return Math.min(routeMs, trafficMs);
}

export function receiveTraffic(turn: Turn, event: RolloutEvent & { kind: "trafficRead" }): Turn {
  const { rollout, atMs } = turn;
  const { versions, polls, spec } = rollout;
  const of = (version: string | undefined) =>
    event.versions.find((entry) => entry.version === version)?.counts;
  const stable = of(versions?.stable);
  const canary = of(versions?.canary);
  const traffic: Traffic = {
    readAtMs: atMs,
    window: event.window,
    ...(stable === undefined ? {} : { stable }),
    ...(canary === undefined ? {} : { canary }),
  };
  // A window that began before the weight last changed says nothing about this weight.
  const isCurrent = event.window.toMs > rollout.weightSinceMs;
  const next = { ...polls, trafficAtMs: atMs + spec.poll.traffic };
  return change(turn, isCurrent ? { traffic, polls: next } : { polls: next });
}

/** Judges the route that a poll, a retry or a person asked to read. */
export function receiveRoute(turn: Turn, route: LiveRoute): Turn {
  const { rollout } = turn;
  const adopted = adopt(turn, route);
  if (rollout.abort !== undefined) return receiveRouteWhileAborting(adopted);
  if (!isLive(rollout.phase)) return adopted;
  const followed = followEnd(adopted, route) ?? followMove(turn, route);
  if (followed !== undefined) return followed;
  const { pause } = rollout;
  if (pause?.why === "routeChanged" && pause.reread === "adopt" && canAdopt(rollout, route)) {
    return goOn(adopted, pause.from, `going on from ${formatRoute(route)}`);
  }
  if (isSameSplit(route, rollout.route)) {
    if (pause?.why !== "routeChanged" || pause.reread === "none") return adopted;
    if (pause.reread === "compare") {
      return goOn(adopted, pause.from, `the route is ${formatRoute(route)}, as it was; going on`);
    }
  }
  return answerChangedRoute(adopted, rollout, route);
}

/** A person can go on from another weight of our two versions; but a promotion that was undone is no bake. */
function canAdopt(rollout: Rollout, route: LiveRoute): boolean {
  return rollout.pause?.from === "baking" ? isPromoted(rollout, route) : isOurs(rollout, route);
}

/** A person said to go on after the route was changed elsewhere. */
export function rereadToAdopt(turn: Turn, pause: PauseState): Turn {
  const rereading = change(turn, { pause: { ...pause, why: "routeChanged", reread: "adopt" } });
  const asked = note(rereading, "progress", "reading the route again before going on");
  return isOutstanding(turn.rollout, "readRoute") ? asked : issue(asked, { kind: "readRoute" });
}

function pollRoute(turn: Turn): Turn {
  const { rollout, atMs } = turn;
  if (!isObserved(rollout) || isRouteBusy(rollout) || atMs < rollout.polls.routeAtMs) return turn;
  return issue(turn, { kind: "readRoute" });
}

function pollTraffic(turn: Turn): Turn {
  const { rollout, atMs } = turn;
  const { versions, polls, spec, metrics } = rollout;
  if (!isObserved(rollout) || versions === undefined) return turn;
  if (isOutstanding(rollout, "readTraffic") || atMs < polls.trafficAtMs) return turn;
  const { lagMs, resolutionMs } = metrics;
  const fromMs = Math.floor(rollout.weightSinceMs / resolutionMs) * resolutionMs;
  const toMs = Math.floor((atMs - lagMs) / resolutionMs) * resolutionMs;
  if (toMs <= fromMs) {
    return change(turn, { polls: { ...polls, trafficAtMs: atMs + spec.poll.traffic } });
  }
  return issue(turn, {
    kind: "readTraffic",
    versions: [versions.stable, versions.canary],
    window: { fromMs, toMs },
  });
}

function isObserved(rollout: Rollout): boolean {
  return isLive(rollout.phase) && rollout.trafficSinceMs !== undefined;
}
