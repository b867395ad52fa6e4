import type { Cloud } from "../../service.ts";
import type { Router } from "./delivery/router.ts";
import type { Scheduler } from "./schedule/scheduler.ts";

/** What the operations share. */
export interface EventsParts {
  readonly cloud: Cloud;
  readonly router: Router;
  readonly scheduler: Scheduler;
}
