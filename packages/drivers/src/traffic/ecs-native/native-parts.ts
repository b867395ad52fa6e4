import type { Clock } from "../../clock.ts";
import type { EcsCalls } from "../ecs/calls.ts";
import type { ForwardApi } from "../ecs/forward.ts";
import type { EcsPlace } from "../ecs/place.ts";
import type { EcsRevision } from "../ecs/task-definition.ts";
import type { TestersWay } from "../ecs-task-sets/testers.ts";
import type { EcsStrategy } from "@headgate/core";
import type { NativeApi } from "./native-api.ts";
import type { RouteReader } from "./reader.ts";

/** What the parts of the driver work with, once the target's names are ARNs. */
export interface NativeParts {
  readonly calls: EcsCalls;
  readonly clock: Clock;
  readonly place: EcsPlace;
  readonly api: NativeApi;
  readonly forward: ForwardApi;
  readonly reader: RouteReader;
  readonly testers: TestersWay;
  readonly revision: EcsRevision;
  readonly strategy: EcsStrategy;
  /** Of the rollout. */
  readonly deadlineMs: number;
}
