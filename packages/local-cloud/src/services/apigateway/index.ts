import { createExecuteApi } from "../../data-plane/execute-api/execute-api.ts";
import type { Cloud, Service } from "../../service.ts";
import { createLiveApis } from "./live-apis.ts";
import { accountOperations } from "./operations/account.ts";
import { apiKeyOperations } from "./operations/api-keys.ts";
import { basePathOperations } from "./operations/base-paths.ts";
import { deploymentOperations } from "./operations/deployments.ts";
import { claimDomains, domainNameOperations } from "./operations/domain-names.ts";
import { exportOperations } from "./operations/exports.ts";
import { gatewayResponseOperations } from "./operations/gateway-responses.ts";
import { importOperations } from "./operations/imports.ts";
import { integrationResponseOperations } from "./operations/integration-responses.ts";
import { integrationOperations } from "./operations/integrations.ts";
import { methodResponseOperations } from "./operations/method-responses.ts";
import { methodOperations } from "./operations/methods.ts";
import { modelOperations } from "./operations/models.ts";
import { requestValidatorOperations } from "./operations/request-validators.ts";
import { resourceOperations } from "./operations/resources.ts";
import { restApiOperations } from "./operations/rest-apis.ts";
import { stageOperations } from "./operations/stages.ts";
import { tagOperations } from "./operations/tags.ts";
import { usagePlanOperations } from "./operations/usage-plans.ts";
import { usageOperations } from "./operations/usage.ts";
import type { ApiGatewayHandlers } from "./sdk.ts";
import { type ApiGateway, openTables } from "./state.ts";

/** Amazon API Gateway, REST APIs: the control plane, and the door "execute-api" to the deployed APIs. */
export function createApiGateway(cloud: Cloud): Service {
  const gateway: ApiGateway = { cloud, tables: openTables(cloud.store) };
  const executeApi = createExecuteApi(cloud, createLiveApis(gateway));
  const handlers = {
    ...restApiOperations(gateway),
    ...importOperations(gateway),
    ...exportOperations(gateway),
    ...resourceOperations(gateway),
    ...methodOperations(gateway),
    ...methodResponseOperations(gateway),
    ...integrationOperations(gateway),
    ...integrationResponseOperations(gateway),
    ...modelOperations(gateway),
    ...requestValidatorOperations(gateway),
    ...gatewayResponseOperations(gateway),
    ...deploymentOperations(gateway),
    ...stageOperations(gateway, executeApi.flushCache),
    ...apiKeyOperations(gateway),
    ...usagePlanOperations(gateway),
    ...usageOperations(gateway),
    ...domainNameOperations(gateway),
    ...basePathOperations(gateway),
    ...accountOperations(gateway),
    ...tagOperations(gateway),
  } satisfies ApiGatewayHandlers;
  return {
    handlers,
    resume: () => claimDomains(gateway),
    serve: (request, response, door) => executeApi.serve(request, response, door),
    close: () => executeApi.close(),
  };
}
