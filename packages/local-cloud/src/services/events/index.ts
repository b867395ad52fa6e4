import type { Cloud, Service } from "../../service.ts";
import { newEvent } from "./delivery/event.ts";
import { createRouter, type Router } from "./delivery/router.ts";
import { busOperations } from "./operations/buses.ts";
import { eventOperations } from "./operations/events.ts";
import { permissionOperations } from "./operations/permissions.ts";
import { ruleOperations } from "./operations/rules.ts";
import { tagOperations } from "./operations/tags.ts";
import { targetOperations } from "./operations/targets.ts";
import type { EventsParts } from "./parts.ts";
import { createScheduler } from "./schedule/scheduler.ts";
import { eventsFacts } from "./facts.ts";
import type { EventsHandlers } from "./sdk.ts";
import { DEFAULT_BUS } from "./state.ts";

/** Amazon EventBridge: buses, rules, schedules and their deliveries. */
export function createEvents(cloud: Cloud): Service {
  const router = createRouter(cloud);
  const scheduler = createScheduler(cloud, router);
  const stopListening = listenToServices(cloud, router);
  return {
    handlers: handlersOf({ cloud, router, scheduler }),
    facts: eventsFacts(cloud),
    resume: () => scheduler.resume(),
    async close() {
      stopListening();
      scheduler.close();
      router.close();
    },
  };
}

function handlersOf(parts: EventsParts) {
  return {
    ...busOperations(parts),
    ...eventOperations(parts),
    ...permissionOperations(parts),
    ...ruleOperations(parts),
    ...tagOperations(parts),
    ...targetOperations(parts),
  } satisfies EventsHandlers;
}

/** What services say of themselves goes to the default bus. @returns the way to stop listening. */
function listenToServices(cloud: Cloud, router: Router): () => void {
  return cloud.bus.subscribe("stateChanged", (change) => {
    const { account, region } = change;
    const atMs = cloud.clock.nowMs();
    const event = newEvent(cloud, { account, region }, { ...change, atMs });
    // Services publish inside their transactions; what comes of it is none of theirs.
    cloud.clock.schedule(atMs, () => router.route({ account, region }, DEFAULT_BUS, event));
  });
}
