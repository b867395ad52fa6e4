import type { InvokeRequest, InvokeResult } from "../../ports.ts";
import type { IntegrationDefinition, Strings } from "../api-definition.ts";
import { type Exchange, routeOf } from "../exchange.ts";
import { GatewayFailure } from "../gateway-failure.ts";
import { withStageVariables } from "../stage-variables.ts";
import { type Backends, withDeadline } from "./backends.ts";

type Answered = Extract<InvokeResult, { kind: "answered" }>;

/**
 * Compiles the call of the function that an integration URI names:
 * "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function}/invocations".
 */
export function compileInvoke(
  integration: IntegrationDefinition,
  backends: Backends,
): (exchange: Exchange, payload: Uint8Array) => Promise<Answered> {
  const uri = integration.uri ?? "";
  const targetFor = memoized((variables) => functionOf(withStageVariables(uri, variables)));
  return async (exchange, payload) => {
    if (integration.httpMethod !== "POST") {
      throw new GatewayFailure("configuration", "a function is invoked with POST only");
    }
    const target = targetFor(exchange.variables);
    if (target === undefined) {
      throw new GatewayFailure("configuration", `the URI names no function: ${uri}`);
    }
    const functions = await backends.functions();
    const result = await withDeadline(
      functions.invoke({
        account: target.account ?? exchange.place.account,
        region: target.region ?? exchange.place.region,
        functionName: target.functionName,
        payload,
        invocationType: "RequestResponse",
        source: sourceOf(exchange, integration),
        traceId: exchange.traceId,
      }),
      integration.timeoutMs,
    );
    return answeredOrFail(exchange, result);
  };
}

interface FunctionTarget {
  readonly functionName: string;
  /** When the name is an ARN. */
  readonly account: string | undefined;
  readonly region: string | undefined;
}

function functionOf(uri: string): FunctionTarget | undefined {
  const name = /:lambda:path\/2015-03-31\/functions\/(.+)\/invocations$/.exec(uri)?.[1];
  // A stage variable that is not set leaves a hole: "...:function:fn:" or "...:function::live".
  if (name === undefined || name.endsWith(":") || name.includes("::")) return undefined;
  const [, region, account] = /^arn:aws[^:]*:lambda:([^:]+):(\d{12}):function:/.exec(name) ?? [];
  return { functionName: name, account, region };
}

/** An integration with a role of its own acts as that role, not as API Gateway. */
function sourceOf(exchange: Exchange, integration: IntegrationDefinition): InvokeRequest["source"] {
  if (integration.credentials !== undefined) return undefined;
  const { place, stage, api, request } = exchange;
  const { path } = routeOf(exchange).method.resource;
  return {
    principal: "apigateway.amazonaws.com",
    arn:
      `arn:aws:execute-api:${place.region}:${place.account}:${api.definition.apiId}/` +
      `${stage.stageName}/${request.method}${path}`,
  };
}

/**
 * Refusals that mean a wrong set-up: 500. The others (throttles, Lambda's own trouble) are a 502.
 * Unverified: that split, beyond the 500 for a missing permission.
 */
const MISCONFIGURED = new Set([
  "AccessDeniedException",
  "ResourceNotFoundException",
  "InvalidParameterValueException",
  "ValidationException",
]);

function answeredOrFail(exchange: Exchange, result: InvokeResult): Answered {
  switch (result.kind) {
    case "answered":
      exchange.integrationStatus = 200;
      return result;
    case "accepted":
      throw new Error("a synchronous invocation was answered as an asynchronous one");
    case "refused":
      exchange.integrationStatus = result.status;
      throw new GatewayFailure(
        MISCONFIGURED.has(result.code) ? "configuration" : "badBackendAnswer",
        `${result.code}: ${result.message}`,
      );
    default:
      return result satisfies never;
  }
}

/** A stage's variables are one object until the stage changes, so the last result nearly always fits. */
function memoized<Result>(
  compute: (variables: Strings | undefined) => Result,
): (variables: Strings | undefined) => Result {
  let last: { readonly variables: Strings | undefined; readonly result: Result } | undefined;
  return (variables) => {
    if (last === undefined || last.variables !== variables) {
      last = { variables, result: compute(variables) };
    }
    return last.result;
  };
}
