import {
  type APIGatewayClient,
  CreateDeploymentCommand,
  CreateResourceCommand,
  CreateRestApiCommand,
  type CreateRestApiCommandInput,
  GetResourcesCommand,
  PutIntegrationCommand,
  type PutIntegrationCommandInput,
  PutIntegrationResponseCommand,
  type PutIntegrationResponseCommandInput,
  PutMethodCommand,
  type PutMethodCommandInput,
  PutMethodResponseCommand,
} from "@aws-sdk/client-api-gateway";
import type { TestCloud } from "../../support/test-cloud.ts";

type Ids = "restApiId" | "resourceId" | "httpMethod";

/** One method and its integration, as short as a test can say it. */
export interface MethodPlan {
  readonly method?: Partial<Omit<PutMethodCommandInput, Ids>>;
  readonly integration: Omit<PutIntegrationCommandInput, Ids>;
  /** By status; "default" has no selection pattern. */
  readonly responses?: readonly Omit<PutIntegrationResponseCommandInput, Ids>[];
}

/** "GET /orders/{id}" to its method. */
export type ApiPlan = Readonly<Record<string, MethodPlan>>;

export interface TestApi {
  readonly apiId: string;
  readonly resourceIds: ReadonlyMap<string, string>;
  /** Snapshots the API as it is and makes `stageName` serve it. */
  readonly deploy: (stageName?: string) => Promise<string>;
  /** Calls the deployed API over HTTP, by path. */
  readonly call: (path: string, options?: RequestInit) => Promise<Response>;
}

/** MOCK that answers 200 with `body`. */
export function mock(body: string, status = 200): MethodPlan {
  return {
    integration: {
      type: "MOCK",
      requestTemplates: { "application/json": `{"statusCode": ${status}}` },
    },
    responses: [{ statusCode: String(status), responseTemplates: { "application/json": body } }],
  };
}

/** Makes an API out of a plan through the real client, and deploys it to "prod". */
export async function deployApi(
  cloud: TestCloud,
  client: APIGatewayClient,
  plan: ApiPlan,
  options: Partial<CreateRestApiCommandInput> = {},
): Promise<TestApi> {
  const { id: apiId = "" } = await client.send(
    new CreateRestApiCommand({ name: "orders", ...options }),
  );
  const resourceIds = new Map<string, string>();
  const { items = [] } = await client.send(new GetResourcesCommand({ restApiId: apiId }));
  for (const { path = "", id = "" } of items) resourceIds.set(path, id);
  for (const [route, method] of Object.entries(plan)) {
    const [httpMethod = "", path = ""] = route.split(" ");
    const resourceId = await resourceFor(client, apiId, resourceIds, path);
    await putMethod(client, { restApiId: apiId, resourceId, httpMethod }, method);
  }
  const deploy = async (stageName = "prod") => {
    const { id = "" } = await client.send(
      new CreateDeploymentCommand({ restApiId: apiId, stageName }),
    );
    return id;
  };
  if (Object.keys(plan).length > 0) await deploy();
  return {
    apiId,
    resourceIds,
    deploy,
    call: (path, init) => fetch(`${cloud.url}/_aws/execute-api/${apiId}${path}`, init),
  };
}

async function resourceFor(
  client: APIGatewayClient,
  restApiId: string,
  known: Map<string, string>,
  path: string,
): Promise<string> {
  const id = known.get(path);
  if (id !== undefined) return id;
  const cut = path.lastIndexOf("/");
  const parentId = await resourceFor(client, restApiId, known, path.slice(0, cut) || "/");
  const created = await client.send(
    new CreateResourceCommand({ restApiId, parentId, pathPart: path.slice(cut + 1) }),
  );
  known.set(path, created.id ?? "");
  return created.id ?? "";
}

async function putMethod(
  client: APIGatewayClient,
  ids: Record<Ids, string>,
  { method, integration, responses }: MethodPlan,
): Promise<void> {
  await client.send(new PutMethodCommand({ authorizationType: "NONE", ...method, ...ids }));
  await client.send(new PutIntegrationCommand({ ...integration, ...ids }));
  for (const response of responses ?? []) {
    await client.send(
      new PutMethodResponseCommand({
        ...ids,
        statusCode: response.statusCode,
        responseParameters: Object.fromEntries(
          Object.keys(response.responseParameters ?? {}).map((name) => [name, false]),
        ),
      }),
    );
    await client.send(new PutIntegrationResponseCommand({ ...response, ...ids }));
  }
}
