import type { Action } from "../../data-plane/vpc-lattice/routing.ts";
import type { PlaceState } from "./state.ts";

/** The services whose listeners or rules forward to a target group. One that is being deleted still does. */
export function servicesUsing(state: PlaceState, groupId: string): string[] {
  return [...state.services.values()].map(({ id }) => id).filter((id) => uses(state, id, groupId));
}

function uses(state: PlaceState, serviceId: string, groupId: string): boolean {
  for (const listener of state.listeners(serviceId).values()) {
    if (forwardsTo(listener.defaultAction, groupId)) return true;
    for (const { action } of state.rules(listener.id).values()) {
      if (forwardsTo(action, groupId)) return true;
    }
  }
  return false;
}

function forwardsTo(action: Action, groupId: string): boolean {
  return (
    action.kind === "forward" && action.targetGroups.some((group) => group.groupId === groupId)
  );
}
