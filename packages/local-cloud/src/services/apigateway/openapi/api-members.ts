import { badRequest } from "../errors.ts";
import type { ApiRow, EndpointType } from "../state.ts";
import { isJsonObject } from "../../../json-object.ts";
import { type ApiDocument, text, texts } from "./document.ts";

/** What a document says of the API as a whole. A member is absent when it says nothing. */
export function readApiMembers({ root, object }: ApiDocument): Partial<ApiRow> {
  const info = object(root, "info");
  const name = text(info["title"]);
  // Unverified: the text.
  if (name === undefined || name === "") throw badRequest("API title is required. Set info.title.");
  const version = text(info["version"]);
  const description = text(info["description"]);
  const types = root["x-amazon-apigateway-binary-media-types"];
  const compression = root["x-amazon-apigateway-minimum-compression-size"];
  const policy = root["x-amazon-apigateway-policy"];
  const keySource = text(root["x-amazon-apigateway-api-key-source"])?.toUpperCase();
  const endpoint = object(root, "x-amazon-apigateway-endpoint-configuration");
  return {
    name,
    ...(version !== undefined && { version }),
    ...(description !== undefined && { description }),
    ...(types !== undefined && { binaryMediaTypes: texts(types) }),
    ...(typeof compression === "number" && { minimumCompressionSize: compression }),
    ...(isJsonObject(policy) && { policy: JSON.stringify(policy) }),
    ...((keySource === "HEADER" || keySource === "AUTHORIZER") && { apiKeySource: keySource }),
    ...(endpoint["disableExecuteApiEndpoint"] !== undefined && {
      disableExecuteApiEndpoint: endpoint["disableExecuteApiEndpoint"] === true,
    }),
  };
}

/** `parameters` of ImportRestApi: endpointConfigurationTypes=REGIONAL. */
export function endpointTypeOf(value: string | undefined): EndpointType | undefined {
  switch (value) {
    case undefined:
      return undefined;
    case "EDGE":
    case "REGIONAL":
    case "PRIVATE":
      return value;
    default:
      // Unverified: the text.
      throw badRequest(
        `Invalid endpoint configuration type: ${value}. Use EDGE, REGIONAL or PRIVATE`,
      );
  }
}
