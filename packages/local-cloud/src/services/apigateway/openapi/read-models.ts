import { isJsonObject, type JsonObject } from "../../../json-object.ts";
import type { ApiDocument } from "./document.ts";
import type { Findings } from "./findings.ts";

export interface ImportedModel {
  readonly name: string;
  readonly description: string | undefined;
  readonly schema: string;
}

/** The named schemas of a document, and those that methods bring along without a name. */
export class ImportedModels {
  readonly byName = new Map<string, ImportedModel>();
  readonly #apiId: string;
  readonly #newName: () => string;

  constructor(
    document: ApiDocument,
    findings: Findings,
    { apiId, newName }: { readonly apiId: string; readonly newName: () => string },
  ) {
    this.#apiId = apiId;
    this.#newName = newName;
    const { root } = document;
    const schemas = document.isSwagger
      ? document.object(root, "definitions")
      : document.object(document.object(root, "components"), "schemas");
    for (const [name, schema] of Object.entries(schemas)) {
      if (/^[a-zA-Z0-9]+$/.test(name)) this.#add(name, schema);
      // Source: AWS answers quoted in amazon-archives/aws-apigateway-importer#194.
      else findings.warnings.push(`Model name must be alphanumeric: ${name}`);
    }
  }

  /** The name of the model that a schema is or refers to; undefined when it names nothing that is there. */
  nameOf(schema: unknown): string | undefined {
    if (!isJsonObject(schema)) return undefined;
    const reference = schema["$ref"];
    if (typeof reference === "string") {
      const name = reference.split("/").at(-1) ?? "";
      return this.byName.has(name) ? name : undefined;
    }
    const name = this.#newName();
    this.#add(name, schema);
    return name;
  }

  #add(name: string, schema: unknown): void {
    const description = isJsonObject(schema) ? schema["description"] : undefined;
    this.byName.set(name, {
      name,
      description: typeof description === "string" ? description : undefined,
      schema: this.#withAddresses(schema),
    });
  }

  /** References between models are addresses. Source: recorded AWS answer (test_import_swagger_api). */
  #withAddresses(schema: unknown): string {
    const base = `https://apigateway.amazonaws.com/restapis/${this.#apiId}/models/`;
    const replace = (key: string, value: unknown) =>
      key === "$ref" && typeof value === "string"
        ? value.replace(/^#\/(?:definitions|components\/schemas)\//, base)
        : value;
    return JSON.stringify(schema, replace) ?? "{}";
  }
}

/** Content type to the name of its model. */
export function modelsByType(
  pairs: Iterable<readonly [string, unknown]>,
  models: ImportedModels,
): Record<string, string> | undefined {
  const named: Record<string, string> = {};
  for (const [type, schema] of pairs) {
    const name = models.nameOf(schema);
    if (name !== undefined) named[type] = name;
  }
  return Object.keys(named).length === 0 ? undefined : named;
}

/** "application/json" to its schema, of an OpenAPI 3 `content`. */
export function schemasOfContent(content: JsonObject): (readonly [string, unknown])[] {
  return Object.entries(content).map(([type, one]) => [
    type,
    isJsonObject(one) ? one["schema"] : undefined,
  ]);
}
