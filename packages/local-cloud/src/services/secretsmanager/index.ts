import type { Cloud, Service } from "../../service.ts";
import { secretFacts } from "./facts.ts";
import { secretOperations } from "./operations/secret.ts";
import { secretValueOperations } from "./operations/secret-value.ts";
import type { SecretsManagerHandlers } from "./sdk.ts";
import { createSecretPort } from "./secret-port.ts";

export function createSecretsManager(cloud: Cloud): Service {
  const handlers = {
    ...secretOperations(cloud),
    ...secretValueOperations(cloud),
  } satisfies SecretsManagerHandlers;
  return { handlers, ports: { secrets: createSecretPort(cloud) }, facts: secretFacts(cloud) };
}
