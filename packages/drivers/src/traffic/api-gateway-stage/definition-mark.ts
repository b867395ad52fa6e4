import type { ApiDefinition } from "./stage-api.ts";

/** What a REST API's deployment was made from, in few characters: "api-3f2a9c04d1b7" or "openapi-...". */
export type DefinitionMark = `${"api" | "openapi"}-${string}`;

/**
 * Stands in the description of a deployment that Headgate made, because API Gateway tells nobody what a
 * deployment holds: with it a preparation that was interrupted finds its own deployment again.
 */
export function markedDescription(description: string | undefined, mark: DefinitionMark): string {
  return [description ?? "released with headgate", `(${mark})`].join(" ");
}

export function markIn(description: string | undefined): string | undefined {
  return /\(((?:api|openapi)-[0-9a-f]{12})\)$/.exec(description ?? "")?.[1];
}

export async function markOfDocument(document: Uint8Array): Promise<DefinitionMark> {
  return `openapi-${await digestOf(document)}`;
}

/** Of the API as it is now. The ids of its parts are left out: importing the same document makes new ones. */
export async function markOfApi(definition: ApiDefinition): Promise<DefinitionMark> {
  const { api, resources, models, validators, gatewayResponses } = definition;
  const { binaryMediaTypes, minimumCompressionSize, apiKeySource, policy } = api;
  const parts = {
    api: { binaryMediaTypes, minimumCompressionSize, apiKeySource, policy },
    resources: byKey(resources, ({ path = "" }) => path),
    models: byKey(models, ({ name = "" }) => name),
    validators: byKey(validators, ({ name = "" }) => name),
    gatewayResponses: byKey(gatewayResponses, ({ responseType = "" }) => responseType),
  };
  const names = new Map(validators.map(({ id = "", name }) => [id, name]));
  return `api-${await digestOf(new TextEncoder().encode(canonical(parts, names)))}`;
}

function byKey<Item>(items: readonly Item[], keyOf: (item: Item) => string): readonly Item[] {
  return items.toSorted((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
}

/** What API Gateway gives out by itself; a cache's name space is by default the id of its resource. */
const IDS = new Set(["id", "parentId", "cacheNamespace"]);

/** JSON with the names of every object in order, and validators by their names. */
function canonical(value: unknown, validators: ReadonlyMap<string, string | undefined>): string {
  return JSON.stringify(value, (key, part: unknown) => {
    if (key === "requestValidatorId" && typeof part === "string") return validators.get(part);
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    const members = Object.entries(part).filter(([name]) => !IDS.has(name));
    return Object.fromEntries(members.toSorted(([left], [right]) => (left < right ? -1 : 1)));
  });
}

async function digestOf(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(bytes));
  return Buffer.from(digest).toString("hex").slice(0, 12);
}
