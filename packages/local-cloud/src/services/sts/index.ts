import type { Cloud, Service } from "../../service.ts";
import { callerOperations } from "./operations/caller.ts";
import { sessionOperations } from "./operations/session.ts";
import type { StsHandlers } from "./sdk.ts";

/** STS: who calls, and temporary credentials. Roles are asked of the `roles` port. */
export function createSts(cloud: Cloud): Service {
  const handlers = {
    ...callerOperations(cloud),
    ...sessionOperations(cloud),
  } satisfies StsHandlers;
  return { handlers };
}
