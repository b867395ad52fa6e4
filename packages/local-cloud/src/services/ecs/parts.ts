import type { Cloud } from "../../service.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import type { PlaceState } from "./state.ts";
import type { TaskGroups } from "./task-groups.ts";
import type { Tasks } from "./tasks/tasks.ts";

/** What every operation of the service works with. */
export interface Ecs {
  readonly cloud: Cloud;
  /** The tables of an account's region, the same object each time. */
  in(place: Place): PlaceState;
  /** Single tasks. */
  readonly tasks: Tasks;
  /** Tasks that are kept at a number, for services and task sets. */
  readonly groups: TaskGroups;
}
