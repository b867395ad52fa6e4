import type { ApiDefinition, IntegrationDefinition } from "../api-definition.ts";
import type { Integrate } from "../compiled-api.ts";
import { GatewayFailure } from "../gateway-failure.ts";
import { compileRequestBody } from "../mapping/request-body.ts";
import { compileResponses } from "../mapping/response.ts";

const EMPTY = new Uint8Array();

/** MOCK: the request template says a status, and the integration response of that status answers. */
export function compileMock(api: ApiDefinition, integration: IntegrationDefinition): Integrate {
  const mapBody = compileRequestBody(integration);
  const mapResponse = compileResponses(api, integration);
  // Not an async function: what it throws must still be a rejection, and nothing is awaited.
  return (exchange) =>
    Promise.resolve().then(() => {
      const status = statusIn(mapBody(exchange).body);
      if (status === undefined) {
        throw new GatewayFailure(
          "configuration",
          "Unable to parse statusCode. It should be an integer that is defined in the request template.",
        );
      }
      return mapResponse(
        exchange,
        { status, header: () => undefined, body: EMPTY },
        String(status),
      );
    });
}

/** AWS also reads what is not quite JSON: `{statusCode: 200}`. Source: recorded AWS answer. */
function statusIn(body: string): number | undefined {
  const found = /^\s*\{(?:.|\n)*?["']?\bstatusCode\b["']?\s*:\s*(\d{3})\b/.exec(body)?.[1];
  return found === undefined ? undefined : Number(found);
}
