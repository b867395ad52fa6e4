import { badRequest, invalidPatchPath, onlyReplace } from "../errors.ts";
import { COMPRESSION_SIZE_MAX } from "../limits.ts";
import { isTrue, type Patch } from "../patch.ts";
import { policyGiven } from "../resource-policy.ts";
import type { ApiRow, EndpointType } from "../state.ts";
import { badCompressionSize } from "./rest-apis.ts";

/** One patch operation laid over an API. @throws BadRequestException, and the whole patch is refused. */
export function patchRestApi(api: ApiRow, patch: Patch): ApiRow {
  const [member, key] = patch.keys;
  if (member === "binaryMediaTypes" && key !== undefined) return patchMediaTypes(api, patch, key);
  if (member === "endpointConfiguration") return patchEndpoint(api, patch);
  const set = REPLACEABLE[patch.path ?? ""];
  if (set === undefined) throw invalidPatchPath(patch.path);
  // Removing a description or a policy is the same as replacing it by nothing.
  if (patch.op === "remove" && REMOVABLE.has(patch.path ?? "")) return set(api, undefined);
  if (patch.op !== "replace") throw onlyReplace();
  return set(api, patch.value);
}

const REMOVABLE = new Set(["/description", "/policy", "/version"]);

const REPLACEABLE: Readonly<Record<string, (api: ApiRow, value: string | undefined) => ApiRow>> = {
  "/name": (api, value) => ({ ...api, name: value ?? "" }),
  "/description": (api, value) => ({ ...api, description: value }),
  "/version": (api, value) => ({ ...api, version: value }),
  "/policy": (api, value) => ({ ...api, policy: policyGiven(value) }),
  "/apiKeySource": (api, value) => {
    if (value !== "HEADER" && value !== "AUTHORIZER") {
      // Unverified: the text; the allowed values are the model's.
      throw badRequest("Invalid API key source type. Valid options are HEADER,AUTHORIZER");
    }
    return { ...api, apiKeySource: value };
  },
  "/disableExecuteApiEndpoint": (api, value) => ({
    ...api,
    disableExecuteApiEndpoint: isTrue(value),
  }),
  "/minimumCompressionSize": (api, value) => ({
    ...api,
    minimumCompressionSize: compressionSize(value),
  }),
};

/** Nothing, or the text "null", turns compression off. */
function compressionSize(value: string | undefined): number | undefined {
  if (value === undefined || value === "" || value === "null") return undefined;
  const size = Number(value);
  if (!Number.isInteger(size) || size < 0 || size > COMPRESSION_SIZE_MAX) {
    throw badCompressionSize();
  }
  return size;
}

/** The list is patched like a map: `/binaryMediaTypes/image~1png`; "replace" puts the value there. */
function patchMediaTypes(api: ApiRow, patch: Patch, type: string): ApiRow {
  const types = api.binaryMediaTypes;
  switch (patch.op) {
    case "add":
      return { ...api, binaryMediaTypes: types.includes(type) ? types : [...types, type] };
    case "remove":
      return { ...api, binaryMediaTypes: types.filter((other) => other !== type) };
    case "replace":
      return {
        ...api,
        binaryMediaTypes: types.map((other) => (other === type ? (patch.value ?? "") : other)),
      };
    case "copy":
    case "move":
    case "test":
      throw invalidPatchPath(patch.path);
    default:
      return patch.op satisfies never;
  }
}

const ENDPOINT_TYPES = ["REGIONAL", "EDGE", "PRIVATE"] as const satisfies readonly EndpointType[];

function patchEndpoint(api: ApiRow, patch: Patch): ApiRow {
  const [, member] = patch.keys;
  if (patch.op !== "replace") throw onlyReplace();
  if (member === "types") {
    const type = ENDPOINT_TYPES.find((one) => one === patch.value);
    if (type === undefined) {
      throw badRequest("Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE");
    }
    const ipAddressType = type === "PRIVATE" ? "dualstack" : api.ipAddressType;
    return { ...api, endpointType: type, ipAddressType };
  }
  if (member !== "ipAddressType") throw invalidPatchPath(patch.path);
  if (patch.value !== "ipv4" && patch.value !== "dualstack") {
    throw badRequest("ipAddressType must be either ipv4 or dualstack.");
  }
  if (api.endpointType === "PRIVATE" && patch.value === "ipv4") {
    throw badRequest("Only dualstack ipAddressType is supported for Private APIs.");
  }
  return { ...api, ipAddressType: patch.value };
}
