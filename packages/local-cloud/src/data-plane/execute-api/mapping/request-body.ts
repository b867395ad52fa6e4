import type { IntegrationDefinition } from "../api-definition.ts";
import type { Exchange } from "../exchange.ts";
import { GatewayFailure } from "../gateway-failure.ts";
import { firstMediaType } from "../media-types.ts";
import { compileTemplate, type Template } from "./template.ts";

/** What a non-proxy integration sends to its backend. */
export interface MappedBody {
  readonly body: string;
  /** Of the template that made it, or of the request. */
  readonly contentType: string;
  readonly isMapped: boolean;
}

/**
 * Compiles the choice of a request template by content type, and what happens without one.
 * Source: AWS docs, "Integration passthrough behaviors".
 */
export function compileRequestBody(
  integration: IntegrationDefinition,
): (exchange: Exchange) => MappedBody {
  const templates = new Map<string, Template>();
  for (const [type, source] of Object.entries(integration.requestTemplates ?? {})) {
    templates.set(type.toLowerCase(), compileTemplate(source));
  }
  const refuses =
    integration.passthroughBehavior === "NEVER" ||
    (integration.passthroughBehavior === "WHEN_NO_TEMPLATES" && templates.size > 0);
  return (exchange) => {
    // A request without a content type counts as JSON.
    const contentType = firstMediaType(exchange.request.header("content-type")) || DEFAULT_TYPE;
    const body = textOf(exchange.request.body);
    const template = templates.get(contentType);
    if (template !== undefined) {
      return { body: template(exchange, body), contentType, isMapped: true };
    }
    if (refuses) throw new GatewayFailure("unsupportedMediaType", `no template for ${contentType}`);
    return { body, contentType, isMapped: false };
  };
}

const DEFAULT_TYPE = "application/json";

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}
