import type { FunctionWorkers } from "../../data-plane/function-workers/function-workers.ts";
import type { Cloud } from "../../service.ts";
import type { Invoker } from "./invoke/invoker.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Provisioning } from "./provisioning.ts";
import type { LambdaState } from "./state.ts";

/** What operations work with. */
export interface LambdaParts {
  readonly cloud: Cloud;
  readonly lambda: LambdaState;
  readonly workers: FunctionWorkers;
  readonly lifecycle: Lifecycle;
  readonly provisioning: Provisioning;
  readonly invoker: Invoker;
}
