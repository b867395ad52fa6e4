import type { Cloud } from "../../service.ts";
import type { Confirmations } from "./confirmations.ts";
import type { Publisher } from "./publisher.ts";
import type { SnsState } from "./state.ts";

/** What operations work with. */
export interface SnsParts {
  readonly cloud: Cloud;
  readonly sns: SnsState;
  readonly publisher: Publisher;
  readonly confirmations: Confirmations;
}
