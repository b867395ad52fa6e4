import type { Cloud, Service } from "../../service.ts";
import { createTokens } from "./authorization-token.ts";
import { createImagePort } from "./image-port.ts";
import { isLayerUsed } from "./images.ts";
import { openLayerStore } from "./layers/layer-store.ts";
import { createUploads } from "./layers/uploads.ts";
import { ecrFacts } from "./facts.ts";
import { createExpirySchedule } from "./lifecycle/schedule.ts";
import { imageOperations } from "./operations/images.ts";
import { layerOperations } from "./operations/layers.ts";
import { lifecycleOperations } from "./operations/lifecycle.ts";
import { policyOperations } from "./operations/policies.ts";
import { repositoryOperations } from "./operations/repositories.ts";
import { scanOperations } from "./operations/scans.ts";
import { tagOperations } from "./operations/tags.ts";
import { tokenOperations } from "./operations/tokens.ts";
import type { EcrParts } from "./parts.ts";
import { createRegistryDoor } from "./registry/door.ts";
import type { EcrHandlers } from "./sdk.ts";
import { openEcrState } from "./state.ts";

/** Amazon ECR: the API, and the registry that containers are pushed to and pulled from. */
export function createEcr(cloud: Cloud): Service {
  const layers = openLayerStore(cloud);
  const parts: EcrParts = {
    cloud,
    ecr: openEcrState(cloud.store),
    layers,
    uploads: createUploads(cloud, layers),
    tokens: createTokens(cloud),
  };
  const schedule = createExpirySchedule(parts);
  const door = createRegistryDoor(parts);
  const handlers = {
    ...repositoryOperations(parts),
    ...tokenOperations(parts),
    ...imageOperations(parts),
    ...layerOperations(parts),
    ...policyOperations(parts),
    ...lifecycleOperations(parts, schedule),
    ...scanOperations(parts),
    ...tagOperations(parts),
  } satisfies EcrHandlers;
  return {
    handlers,
    ports: { images: createImagePort(parts) },
    facts: ecrFacts(parts.ecr),
    resume() {
      layers.sweep((digest) => isLayerUsed(parts.ecr, digest));
      const hasPolicies = parts.ecr
        .places()
        .some(({ repositories }) =>
          [...repositories.values()].some(({ lifecycle }) => lifecycle !== undefined),
        );
      if (hasPolicies) schedule.start();
    },
    serve: (request, response, match) => door.serve(request, response, match),
    async close() {
      schedule.close();
    },
  };
}
