import { parse } from "yaml";
import { isJsonObject, type JsonObject, parseJsonObject } from "../../../json-object.ts";
import { badRequest } from "../errors.ts";

/** A Swagger 2.0 or OpenAPI 3.0 document. */
export interface ApiDocument {
  readonly root: JsonObject;
  readonly isSwagger: boolean;
  /** The member of `holder`, followed through a "$ref" into the same document. An empty object when absent. */
  object(holder: JsonObject, name: string): JsonObject;
  /** A value that may be a reference. */
  resolve(value: unknown): unknown;
}

/** Source: recorded AWS answer (LocalStack snapshot test_import_api_bad_file). */
const invalid = () => badRequest("Invalid OpenAPI input.");

/** AWS's limit. Source: AWS docs, API Gateway quotas ("Maximum size of API definition"). */
const DOCUMENT_BYTES_MAX = 6 * 1024 * 1024;

/** Longest chain of references; a longer one turns in a circle. */
const REFERENCES_MAX = 32;

/** @throws BadRequestException for what is neither JSON nor YAML, or no API document. */
export function readDocument(body: unknown): ApiDocument {
  // The wire layer decodes blobs to bytes; the SDK's own type allows more.
  const bytes = body instanceof Uint8Array ? body : new Uint8Array();
  if (bytes.byteLength > DOCUMENT_BYTES_MAX) {
    // Unverified: the text.
    throw badRequest(`The API definition must have at most ${DOCUMENT_BYTES_MAX} bytes`);
  }
  const root = parsed(Buffer.from(bytes).toString("utf8"));
  const isSwagger = text(root["swagger"])?.startsWith("2") === true;
  const isOpenApi = text(root["openapi"])?.startsWith("3") === true;
  if (!isSwagger && !isOpenApi) throw invalid();
  const resolve = (value: unknown): unknown => {
    let found = value;
    for (let step = 0; step < REFERENCES_MAX; step++) {
      const pointer = isJsonObject(found) ? found["$ref"] : undefined;
      if (typeof pointer !== "string") return found;
      found = lookUp(root, pointer);
    }
    throw invalid();
  };
  return {
    root,
    isSwagger,
    resolve,
    object(holder, name) {
      const value = resolve(holder[name]);
      return isJsonObject(value) ? value : {};
    },
  };
}

function parsed(source: string): JsonObject {
  // All JSON is YAML, but its own parser is much faster.
  const json = parseJsonObject(source);
  if (json !== undefined) return json;
  let value: unknown;
  try {
    value = parse(source);
  } catch {
    throw invalid();
  }
  if (!isJsonObject(value)) throw invalid();
  return value;
}

/** "#/components/schemas/Pet" */
function lookUp(root: JsonObject, pointer: string): unknown {
  if (!pointer.startsWith("#/")) return undefined;
  let value: unknown = root;
  for (const part of pointer.slice(2).split("/")) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    value = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}

/** Scalars as text: YAML reads a status or a version as a number. */
export function text(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.flatMap((one: unknown) => text(one) ?? []) : [];
}

/** The members that are texts; undefined when there are none. */
export function textMap(value: unknown): Record<string, string> | undefined {
  if (!isJsonObject(value)) return undefined;
  const pairs = Object.entries(value).flatMap(([key, one]) => {
    const found = text(one);
    return found === undefined ? [] : [[key, found] as const];
  });
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
}
