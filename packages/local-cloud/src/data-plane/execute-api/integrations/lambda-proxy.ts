import type { ApiDefinition, IntegrationDefinition } from "../api-definition.ts";
import type { Integrate } from "../compiled-api.ts";
import { GatewayFailure } from "../gateway-failure.ts";
import { isBinary } from "../media-types.ts";
import { compileRequestParameters } from "../mapping/parameters.ts";
import type { Backends } from "./backends.ts";
import { compileInvoke } from "./function-target.ts";
import { proxyEventOf } from "./proxy-event.ts";
import { readProxyResponse } from "./proxy-response.ts";

/** AWS_PROXY: the whole request goes to a function as an event, and its answer is the whole response. */
export function compileLambdaProxy(
  api: ApiDefinition,
  integration: IntegrationDefinition,
  backends: Backends,
): Integrate {
  const invoke = compileInvoke(integration, backends);
  const mapParameters = compileRequestParameters(integration.requestParameters);
  const { binaryMediaTypes } = api;
  return async (exchange) => {
    const event = proxyEventOf(exchange, mapParameters(exchange).headers, binaryMediaTypes);
    const { functionError, payload } = await invoke(exchange, Buffer.from(JSON.stringify(event)));
    if (functionError !== undefined) {
      throw new GatewayFailure(
        "badBackendAnswer",
        `Lambda execution failed with status 200 due to customer function error: ${text(payload)}`,
      );
    }
    const response = readProxyResponse(text(payload));
    const wantsBytes =
      response.isBase64Encoded && isBinary(exchange.request.header("accept"), binaryMediaTypes);
    return {
      status: response.status,
      headers: response.headers,
      body: wantsBytes ? Buffer.from(response.body, "base64") : response.body,
      isTraced: true,
    };
  };
}

function text(payload: Uint8Array): string {
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8");
}
