import type { ApiDefinition, MethodDefinition, ResourceDefinition } from "./api-definition.ts";
import type { Exchange } from "./exchange.ts";
import type { GatewayAnswer } from "./gateway-answer.ts";
import { GatewayFailure } from "./gateway-failure.ts";
import { compileHttp } from "./integrations/http.ts";
import { compileLambda } from "./integrations/lambda.ts";
import { compileLambdaProxy } from "./integrations/lambda-proxy.ts";
import { compileMock } from "./integrations/mock.ts";
import type { Backends } from "./integrations/backends.ts";
import { type RouteMatch, RouteTree } from "./route-tree.ts";

/**
 * Calls the backend of one method and shapes its answer.
 * @throws {GatewayFailure} when the gateway itself must answer.
 */
export type Integrate = (exchange: Exchange) => Promise<GatewayAnswer>;

export interface CompiledMethod {
  readonly resource: ResourceDefinition;
  readonly method: MethodDefinition;
  /** Names that a validator requires, as AWS lists the missing ones. */
  readonly requiredParameters: readonly RequiredParameter[];
  readonly integrate: Integrate;
}

interface RequiredParameter {
  readonly where: "header" | "path" | "querystring";
  readonly name: string;
}

/** A deployment made ready to serve: everything that does not depend on the request is done here, once. */
export interface CompiledApi {
  readonly definition: ApiDefinition;
  match(path: string, httpMethod: string): RouteMatch<CompiledMethod> | undefined;
}

type MethodTable = ReadonlyMap<string, CompiledMethod>;

export function compileApi(definition: ApiDefinition, backends: Backends): CompiledApi {
  const tree = new RouteTree<MethodTable>();
  for (const resource of definition.resources) {
    const methods = Object.values(resource.methods);
    if (methods.length === 0) continue;
    tree.add(
      resource.path,
      new Map(
        methods.map((method) => [
          method.httpMethod,
          compileMethod(definition, resource, method, backends),
        ]),
      ),
    );
  }
  return {
    definition,
    match(path, httpMethod) {
      const found = tree.match(path, (table) => table.has(httpMethod) || table.has("ANY"));
      const method = found?.target.get(httpMethod) ?? found?.target.get("ANY");
      if (found === undefined || method === undefined) return undefined;
      return { target: method, pathParameters: found.pathParameters };
    },
  };
}

function compileMethod(
  api: ApiDefinition,
  resource: ResourceDefinition,
  method: MethodDefinition,
  backends: Backends,
): CompiledMethod {
  return {
    resource,
    method,
    requiredParameters: requiredParametersOf(api, method),
    integrate: compileIntegration(api, method, backends),
  };
}

function compileIntegration(
  api: ApiDefinition,
  { integration }: MethodDefinition,
  backends: Backends,
): Integrate {
  if (integration === undefined) return misconfigured("the method has no integration");
  switch (integration.type) {
    case "MOCK":
      return compileMock(api, integration);
    case "HTTP":
    case "HTTP_PROXY":
      return compileHttp(api, integration, backends);
    case "AWS":
      return compileLambda(api, integration, backends);
    case "AWS_PROXY":
      return compileLambdaProxy(api, integration, backends);
    default:
      return integration.type satisfies never;
  }
}

function misconfigured(detail: string): Integrate {
  return () => Promise.reject(new GatewayFailure("configuration", detail));
}

/** Sorted by the whole key, which is AWS's order in the error text: header, path, querystring. */
function requiredParametersOf(api: ApiDefinition, method: MethodDefinition): RequiredParameter[] {
  const validator = api.validators[method.requestValidatorId ?? ""];
  if (validator?.validateRequestParameters !== true) return [];
  return Object.entries(method.requestParameters ?? {})
    .filter(([, isRequired]) => isRequired)
    .map(([key]) => key)
    .sort()
    .flatMap((key) => {
      const found = /^method\.request\.(header|path|querystring)\.(.+)$/.exec(key);
      if (found === null) return [];
      return { where: found[1] as RequiredParameter["where"], name: found[2] ?? "" };
    });
}
