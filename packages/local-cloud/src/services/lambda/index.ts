import { createFunctionWorkers } from "../../data-plane/function-workers/index.ts";
import type { Cloud, Service } from "../../service.ts";
import { createAliasPort } from "./alias-port.ts";
import { createCodeDoor } from "./code-door.ts";
import { createFunctionUrlDoor } from "./function-url-door.ts";
import { createAsyncQueue } from "./invoke/async-queue.ts";
import { createConcurrencyGate } from "./invoke/concurrency.ts";
import { createFunctionMetrics } from "./invoke/function-metrics.ts";
import { createInvoker } from "./invoke/invoker.ts";
import { createRunner } from "./invoke/runner.ts";
import { lambdaFacts } from "./facts.ts";
import { createFunctionPolicies } from "./function-policies.ts";
import { createLifecycle } from "./lifecycle.ts";
import { accountOperations } from "./operations/account.ts";
import { aliasOperations } from "./operations/aliases.ts";
import { concurrencyOperations } from "./operations/concurrency.ts";
import { eventInvokeConfigOperations } from "./operations/event-invoke-configs.ts";
import { functionUrlOperations } from "./operations/function-urls.ts";
import { functionOperations } from "./operations/functions.ts";
import { invocationOperations } from "./operations/invocations.ts";
import { permissionOperations } from "./operations/permissions.ts";
import { provisionedConcurrencyOperations } from "./operations/provisioned-concurrency.ts";
import { tagOperations } from "./operations/tags.ts";
import { updateOperations } from "./operations/updates.ts";
import { versionOperations } from "./operations/versions.ts";
import type { LambdaParts } from "./parts.ts";
import { createProvisioning } from "./provisioning.ts";
import type { LambdaHandlers } from "./sdk.ts";
import { createLambdaState } from "./state.ts";

/** AWS Lambda: the control plane, and everything of an invocation but running the code itself. */
export function createLambda(cloud: Cloud): Service {
  const lambda = createLambdaState(cloud);
  const workers = createFunctionWorkers(cloud);
  const metrics = createFunctionMetrics(cloud);
  const runner = createRunner({
    clock: cloud.clock,
    workers,
    gate: createConcurrencyGate(),
    metrics,
  });
  const queue = createAsyncQueue({ cloud, lambda, runner, metrics });
  const invoker = createInvoker({ cloud, lambda, runner, queue });
  const lifecycle = createLifecycle(cloud, lambda, workers);
  const provisioning = createProvisioning({
    lambda,
    workers,
    warn: (message) => cloud.warn(message),
  });
  const urlDoor = createFunctionUrlDoor({ cloud, lambda, invoker });
  const codeDoor = createCodeDoor(cloud, lambda);
  return {
    handlers: handlersOf({ cloud, lambda, workers, lifecycle, provisioning, invoker }),
    ports: {
      aliases: createAliasPort({ cloud, lambda, provisioning }),
      functions: invoker,
      functionPolicies: createFunctionPolicies(cloud, lambda),
    },
    facts: lambdaFacts(lambda),
    resume() {
      lifecycle.resume();
      provisioning.resume();
      queue.resume();
    },
    async serve(request, response, match) {
      if (match.door === "lambda-code") codeDoor.serve(request, response, match);
      else await urlDoor.serve(request, response, match);
    },
    async close() {
      lifecycle.close();
      provisioning.close();
      queue.close();
      await workers.close();
    },
  };
}

function handlersOf(parts: LambdaParts) {
  return {
    ...functionOperations(parts),
    ...updateOperations(parts),
    ...versionOperations(parts),
    ...aliasOperations(parts),
    ...permissionOperations(parts),
    ...invocationOperations(parts),
    ...concurrencyOperations(parts),
    ...provisionedConcurrencyOperations(parts),
    ...eventInvokeConfigOperations(parts),
    ...functionUrlOperations(parts),
    ...tagOperations(parts),
    ...accountOperations(parts),
  } satisfies LambdaHandlers;
}
