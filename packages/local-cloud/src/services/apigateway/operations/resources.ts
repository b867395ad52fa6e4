import type { Resource } from "@aws-sdk/client-api-gateway";
import {
  badPatchOperation,
  badPatchPath,
  badRequest,
  conflict,
  limitExceeded,
  resourceNotFound,
} from "../errors.ts";
import { RESOURCES_PER_API_MAX } from "../limits.ts";
import { apiOf, pageByPosition, resourceOf } from "../lookups.ts";
import { type Patch, readPatches } from "../patch.ts";
import type { ApiGatewayHandlers } from "../sdk.ts";
import { type ApiGateway, newId, type ResourceRow } from "../state.ts";
import { methodShape } from "./methods.ts";

export function resourceOperations(gateway: ApiGateway) {
  const { cloud, tables } = gateway;
  return {
    CreateResource(input, context) {
      const api = apiOf(tables, context, input.restApiId);
      const rows = tables.resources(context, api.id);
      const parent = rows.get(input.parentId ?? "");
      if (parent === undefined) throw resourceNotFound();
      const pathPart = input.pathPart ?? "";
      checkPathPart(pathPart);
      checkPlace([...rows.values()], parent, pathPart, undefined);
      if (rows.size >= RESOURCES_PER_API_MAX) {
        throw limitExceeded("Maximum number of Resources for this API has been reached.");
      }
      const row: ResourceRow = {
        id: newId(gateway, 6),
        parentId: parent.id,
        pathPart,
        path: join(parent.path, pathPart),
        methods: {},
      };
      rows.set(row.id, row);
      return resourceShape(row, true);
    },

    GetResource: (input, context) =>
      resourceShape(resourceOf(tables, context, input), embedsMethods(input.embed)),

    GetResources(input, context) {
      const api = apiOf(tables, context, input.restApiId);
      // AWS lists an API's resources by path.
      const rows = [...tables.resources(context, api.id).values()].sort((a, b) =>
        a.path < b.path ? -1 : 1,
      );
      const page = pageByPosition(rows, input, (row) => row.id);
      const embed = embedsMethods(input.embed);
      return {
        items: page.items.map((row) => resourceShape(row, embed)),
        position: page.nextToken,
      };
    },

    UpdateResource(input, context) {
      const row = resourceOf(tables, context, input);
      const rows = tables.resources(context, input.restApiId ?? "");
      const all = [...rows.values()];
      const next = readPatches(input.patchOperations).reduce(
        (resource, patch) => patchResource(all, resource, patch),
        row,
      );
      const moved = [...withMovedDescendants(all, next)];
      cloud.store.transaction(() => {
        for (const resource of moved) rows.set(resource.id, resource);
      });
      return resourceShape(next, true);
    },

    DeleteResource(input, context) {
      const row = resourceOf(tables, context, input);
      if (row.parentId === undefined) {
        // Unverified: the text.
        throw badRequest("Root resource cannot be deleted.");
      }
      const rows = tables.resources(context, input.restApiId ?? "");
      const gone = [row, ...descendantsOf([...rows.values()], row.id)];
      cloud.store.transaction(() => {
        for (const { id } of gone) rows.delete(id);
      });
      return {};
    },
  } satisfies ApiGatewayHandlers;
}

const IS_VARIABLE = /^\{[^{}]+\}$/;
const IS_GREEDY = /^\{[^{}]+\+\}$/;

/** Source: an older form of the text in claudiajs/claudia#11; the colon and "greedy" are Unverified. */
export function checkPathPart(pathPart: string): void {
  if (!/^(?:[a-zA-Z0-9._:$,-]+|\{[a-zA-Z0-9._:-]+\+?\})$/.test(pathPart)) {
    throw badRequest(
      "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly " +
        "braces at the beginning and the end.",
    );
  }
}

/** Whether `pathPart` may stand under `parent`. `self` is the resource being moved, if any. */
export function checkPlace(
  all: readonly ResourceRow[],
  parent: ResourceRow,
  pathPart: string,
  self: string | undefined,
): void {
  if (IS_GREEDY.test(parent.pathPart ?? "")) {
    throw badRequest(
      `Cannot create a child of a resource with a greedy path variable: ${parent.pathPart}`,
    );
  }
  for (const sibling of all) {
    if (sibling.parentId !== parent.id || sibling.id === self) continue;
    if (sibling.pathPart === pathPart) {
      throw conflict(`Another resource with the same parent already has this name: ${pathPart}`);
    }
    if (IS_VARIABLE.test(pathPart) && IS_VARIABLE.test(sibling.pathPart ?? "")) {
      throw badRequest(
        `A sibling (${sibling.pathPart}) of this resource already has a variable path part -- only one is allowed`,
      );
    }
  }
}

const PATCHABLE = ["/parentId", "/pathPart"] as const;

function patchResource(all: readonly ResourceRow[], row: ResourceRow, patch: Patch): ResourceRow {
  const path = patch.path ?? "";
  if (patch.op !== "replace") throw badPatchOperation(path, patch.op);
  if (path === "/pathPart") {
    const parent = all.find(({ id }) => id === row.parentId);
    if (parent === undefined) throw badRequest("Root resource cannot update its pathPart.");
    const pathPart = patch.value ?? "";
    checkPathPart(pathPart);
    checkPlace(all, parent, pathPart, row.id);
    return { ...row, pathPart, path: join(parent.path, pathPart) };
  }
  if (path === "/parentId") {
    if (row.parentId === undefined) throw badRequest("Root resource cannot update its parentId.");
    const parent = all.find(({ id }) => id === patch.value);
    if (parent === undefined) throw resourceNotFound();
    if (parent.id === row.id || descendantsOf(all, row.id).includes(parent)) {
      throw badRequest("Resources cannot be cyclical.");
    }
    checkPlace(all, parent, row.pathPart ?? "", row.id);
    return { ...row, parentId: parent.id, path: join(parent.path, row.pathPart ?? "") };
  }
  throw badPatchPath(path, patch.op, PATCHABLE);
}

/** The resource and everything below it, with paths that follow it to its new place. */
function* withMovedDescendants(
  all: readonly ResourceRow[],
  resource: ResourceRow,
): Iterable<ResourceRow> {
  yield resource;
  for (const child of all) {
    if (child.parentId !== resource.id) continue;
    yield* withMovedDescendants(all, {
      ...child,
      path: join(resource.path, child.pathPart ?? ""),
    });
  }
}

function descendantsOf(all: readonly ResourceRow[], id: string): ResourceRow[] {
  const children = all.filter(({ parentId }) => parentId === id);
  return children.concat(children.flatMap((child) => descendantsOf(all, child.id)));
}

export function join(parentPath: string, pathPart: string): string {
  return parentPath === "/" ? `/${pathPart}` : `${parentPath}/${pathPart}`;
}

function embedsMethods(embed: readonly string[] | undefined): boolean {
  return embed?.includes("methods") ?? false;
}

/** Without `embed=methods` a method shows as an empty object. Source: AWS docs, API_GetResources. */
function resourceShape(row: ResourceRow, embed: boolean): Resource {
  const methods = Object.entries(row.methods).map(
    ([name, method]) => [name, embed ? methodShape(method) : {}] as const,
  );
  return {
    id: row.id,
    parentId: row.parentId,
    pathPart: row.pathPart,
    path: row.path,
    resourceMethods: methods.length === 0 ? undefined : Object.fromEntries(methods),
  };
}
