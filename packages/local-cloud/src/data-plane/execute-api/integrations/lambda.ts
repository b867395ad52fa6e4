import type { ApiDefinition, IntegrationDefinition } from "../api-definition.ts";
import type { Integrate } from "../compiled-api.ts";
import { GatewayFailure } from "../gateway-failure.ts";
import { compileRequestBody, textOf } from "../mapping/request-body.ts";
import { compileResponses } from "../mapping/response.ts";
import type { Backends } from "./backends.ts";
import { compileInvoke } from "./function-target.ts";

/** AWS towards Lambda: the payload is what the request template makes, the answer is mapped back. */
export function compileLambda(
  api: ApiDefinition,
  integration: IntegrationDefinition,
  backends: Backends,
): Integrate {
  if (!(integration.uri ?? "").includes(":lambda:")) {
    const detail = "the local cloud's AWS integrations reach Lambda functions only";
    return () => Promise.reject(new GatewayFailure("configuration", detail));
  }
  const mapBody = compileRequestBody(integration);
  const mapResponse = compileResponses(api, integration);
  const invoke = compileInvoke(integration, backends);
  return async (exchange) => {
    const { body } = mapBody(exchange);
    const { functionError, payload } = await invoke(
      exchange,
      Buffer.from(body === "" ? "{}" : body),
    );
    // Selection patterns of a function are matched against its error message.
    const selector = functionError === undefined ? "" : errorMessageOf(payload);
    const answer = mapResponse(
      exchange,
      { status: 200, header: () => undefined, body: payload },
      selector,
    );
    return { ...answer, isTraced: true };
  };
}

function errorMessageOf(payload: Uint8Array): string {
  try {
    const error: unknown = JSON.parse(textOf(payload));
    if (typeof error === "object" && error !== null && "errorMessage" in error) {
      return String(error.errorMessage);
    }
  } catch {
    // Not a document that a runtime writes: there is no message to match.
  }
  return "";
}
