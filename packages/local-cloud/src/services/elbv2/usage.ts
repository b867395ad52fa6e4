import type { Action } from "../../data-plane/load-balancer/routing.ts";
import type { ListenerRow, PlaceState, RuleRow } from "./state.ts";

export function listenersOf(state: PlaceState, balancerArn: string): ListenerRow[] {
  return [...state.listeners.values()].filter((row) => row.balancerArn === balancerArn);
}

export function rulesOf(state: PlaceState, listenerArn: string): RuleRow[] {
  return [...state.rules.values()]
    .filter((row) => row.listenerArn === listenerArn)
    .toSorted((left, right) => left.priority - right.priority);
}

export function groupsOf(action: Action): readonly string[] {
  return action.kind === "forward" ? action.groups.map(({ groupArn }) => groupArn) : [];
}

/** Every target group that a load balancer forwards to. */
export function groupsBehind(state: PlaceState, balancerArn: string): Set<string> {
  const listeners = listenersOf(state, balancerArn);
  const rules = listeners.flatMap(({ arn }) => rulesOf(state, arn));
  return new Set([...listeners, ...rules].flatMap(({ action }) => groupsOf(action)));
}

/** The load balancer that uses a group: one at most. */
export function balancerUsing(state: PlaceState, groupArn: string): string | undefined {
  for (const { action, balancerArn } of state.listeners.values()) {
    if (groupsOf(action).includes(groupArn)) return balancerArn;
  }
  for (const { action, listenerArn } of state.rules.values()) {
    if (groupsOf(action).includes(groupArn)) return state.listeners.get(listenerArn)?.balancerArn;
  }
  return undefined;
}
