import { Uint8ArrayBlobAdapter } from "@smithy/core/serde";
import { stringify } from "yaml";
import { badRequest, deploymentNotFound, stageNotFound } from "../errors.ts";
import { apiOf } from "../lookups.ts";
import { writeOpenApi } from "../openapi/write-document.ts";
import type { ApiGatewayHandlers } from "../sdk.ts";
import type { ApiGateway } from "../state.ts";

/** GetExport: what a stage serves, as an OpenAPI 3 document. */
export function exportOperations(gateway: ApiGateway) {
  const { tables } = gateway;
  return {
    GetExport(input, context) {
      const api = apiOf(tables, context, input.restApiId);
      const stage = tables.stages(context, api.id).get(input.stageName ?? "");
      if (stage === undefined) throw stageNotFound();
      const deployment = tables.deployments(context, api.id).get(stage.deploymentId);
      if (deployment === undefined) throw deploymentNotFound();
      checkExport(input.exportType);
      const extensions = input.parameters?.["extensions"]?.split(",") ?? [];
      const document = writeOpenApi({
        api: deployment.api,
        stageName: stage.stageName,
        region: context.region,
        version: api.version ?? new Date(deployment.createdAtMs).toISOString(),
        description: api.description,
        models: [...tables.models(context, api.id).values()],
        withIntegrations: extensions.some((one) => one === "integrations" || one === "apigateway"),
      });
      const isYaml = input.accepts === "application/yaml";
      const text = isYaml ? stringify(document) : JSON.stringify(document, undefined, 2);
      const file = `oas30_${deployment.createdAtMs}.${isYaml ? "yaml" : "json"}`;
      return {
        contentType: isYaml ? "application/yaml" : "application/json",
        contentDisposition: `attachment; filename="${file}"`,
        body: Uint8ArrayBlobAdapter.fromString(text),
      };
    },
  } satisfies ApiGatewayHandlers;
}

/** Swagger 2 is read here, and not written. Unverified: the text for what AWS does not know either. */
function checkExport(exportType: string | undefined): void {
  if (exportType === "oas30") return;
  if (exportType === "swagger") {
    throw badRequest("The local cloud exports OpenAPI 3 only. Use the export type oas30.");
  }
  throw badRequest("Invalid export type specified. Valid options are oas30, swagger");
}
