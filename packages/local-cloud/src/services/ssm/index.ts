import type { Cloud, Service } from "../../service.ts";
import { labelOperations } from "./operations/labels.ts";
import { listingOperations } from "./operations/listing.ts";
import { parameterOperations } from "./operations/parameters.ts";
import { readingOperations } from "./operations/reading.ts";
import { tagOperations } from "./operations/tags.ts";
import { createParameterPort } from "./parameter-port.ts";
import type { SsmHandlers } from "./sdk.ts";

/** Systems Manager, its parameter store only. */
export function createSsm(cloud: Cloud): Service {
  const handlers = {
    ...parameterOperations(cloud),
    ...readingOperations(cloud),
    ...listingOperations(cloud),
    ...labelOperations(cloud),
    ...tagOperations(cloud),
  } satisfies SsmHandlers;
  return { handlers, ports: { parameters: createParameterPort(cloud) } };
}
