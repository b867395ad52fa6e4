import type { RolloutError } from "@headgate/core";
import type { CallLimits } from "../../aws/runner.ts";
import type { ForwardApi } from "../ecs/forward.ts";
import type { EcsPlace } from "../ecs/place.ts";
import type { NativeApi } from "./native-api.ts";
import { changedElsewhere, type NativeRoute, routeOf } from "./route.ts";

/** For a look at the route; the controller waits 10 s for it. */
const LOOK_MS = 8000;

/** A last look needs its time too: it may end after a change's deadline, for it sends nothing that changes. */
const LEAST_LOOK_MS = 2000;

export function forReading({ deadlineMs = LOOK_MS }: CallLimits): CallLimits {
  return { deadlineMs: Math.max(LEAST_LOOK_MS, deadlineMs) };
}

export interface RouteReader {
  read(limits?: CallLimits): Promise<NativeRoute>;
  /** Why nothing was changed, with what ECS tells of the newest deployment. */
  refusal(live: NativeRoute, what: string): Promise<RolloutError>;
}

export function routeReader(parts: {
  readonly place: EcsPlace;
  readonly forward: ForwardApi;
  readonly api: NativeApi;
  readonly prevention: () => Promise<string>;
}): RouteReader {
  const { place, forward, api } = parts;
  return {
    async read(limits = { deadlineMs: LOOK_MS }) {
      const [live, sight] = await Promise.all([forward.read(limits), api.look(limits)]);
      return routeOf(place, live, sight);
    },
    async refusal(live, what) {
      const newest = live.sight.deployment ?? (await api.newest());
      return changedElsewhere({ place, live, what, newest, prevention: await parts.prevention() });
    },
  };
}
