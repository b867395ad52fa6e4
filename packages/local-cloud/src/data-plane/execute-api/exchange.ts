import type { Place } from "../../telemetry/metric-sink.ts";
import type { Signer } from "../authorization/traffic-decision.ts";
import type { StageDefinition, Strings } from "./api-definition.ts";
import type { CompiledApi, CompiledMethod } from "./compiled-api.ts";
import type { CustomDomain } from "./custom-domain.ts";
import type { GatewayFailure } from "./gateway-failure.ts";
import type { GatewayRequest } from "./gateway-request.ts";
import type { ContextVariables } from "./context-variables.ts";

/** One request on its way through the gateway. */
export interface Exchange {
  /** Its body is read after admission, so that refused requests cost nothing. */
  request: GatewayRequest;
  readonly place: Place;
  readonly stage: StageDefinition;
  readonly deploymentId: string;
  readonly isCanary: boolean;
  /** The stage's variables, a canary's laid over them. */
  readonly variables: Strings | undefined;
  readonly api: CompiledApi;
  readonly requestId: string;
  readonly extendedRequestId: string;
  readonly traceId: string;
  /** On the cloud's clock. */
  readonly startedAtMs: number;
  /** Undefined when the client called the API by its own address. */
  readonly domain: CustomDomain | undefined;
  /** Undefined until a resource and a method are found. */
  route: Route | undefined;
  /** Who signed, where a method has AWS_IAM. */
  signer: Signer | undefined;
  apiKey: { readonly id: string; readonly value: string } | undefined;
  /** Made when first asked for: most requests need none. Templates write their overrides into it. */
  context: ContextVariables | undefined;
  /** What the backend answered, for logs. */
  integrationStatus: number | undefined;
  /** Real milliseconds. Undefined when no backend was called. */
  integrationMs: number | undefined;
  failure: GatewayFailure | undefined;
  /** Undefined when the cache was not asked. */
  cache: "hit" | "miss" | undefined;
}

export interface Route {
  readonly method: CompiledMethod;
  readonly pathParameters: Strings | undefined;
}

/** The route of an exchange that has passed routing: integrations only see such. */
export function routeOf({ route }: Exchange): Route {
  if (route === undefined) throw new Error("an exchange without a route reached an integration");
  return route;
}
