import type { Ecs } from "../parts.ts";
import type { ServiceDeployments } from "../service-deployments.ts";
import type { GroupKeeper } from "./group-keeper.ts";
import type { Journal } from "./journal.ts";

/** What services work with, besides what every operation does. */
export interface ServiceParts extends Ecs {
  /** Asked for late: service deployments and the scheduler know each other. */
  deployments(): ServiceDeployments;
}

/** What the scheduler's own pieces share. */
export interface SchedulerParts extends Omit<ServiceParts, "tasks"> {
  readonly keeper: GroupKeeper;
  readonly journal: Journal;
}
