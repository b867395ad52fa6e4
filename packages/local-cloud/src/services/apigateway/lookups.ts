import type { MethodDefinition } from "../../data-plane/execute-api/api-definition.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import { type Page, pageOf } from "../paging.ts";
import { apiNotFound, badPosition, methodNotFound, resourceNotFound } from "./errors.ts";
import { PAGE_DEFAULT, PAGE_MAX } from "./limits.ts";
import type { ApiRow, ResourceRow, Tables } from "./state.ts";

/** @throws NotFoundException, as AWS words it for the API itself. */
export function apiOf(tables: Tables, place: Place, apiId: string | undefined): ApiRow {
  const api = tables.apis(place).get(apiId ?? "");
  if (api === undefined) throw apiNotFound(place, apiId);
  return api;
}

/** @throws NotFoundException; a wrong API id, too, is called a wrong resource by AWS. */
export function resourceOf(
  tables: Tables,
  place: Place,
  input: { readonly restApiId: string | undefined; readonly resourceId: string | undefined },
): ResourceRow {
  const resource = tables.resources(place, input.restApiId ?? "").get(input.resourceId ?? "");
  if (resource === undefined) throw resourceNotFound();
  return resource;
}

export interface MethodPath {
  readonly restApiId: string | undefined;
  readonly resourceId: string | undefined;
  readonly httpMethod: string | undefined;
}

/** @throws NotFoundException naming the resource or the method. */
export function methodOf(
  tables: Tables,
  place: Place,
  input: MethodPath,
): { readonly resource: ResourceRow; readonly method: MethodDefinition } {
  const resource = resourceOf(tables, place, input);
  const method = resource.methods[input.httpMethod ?? ""];
  if (method === undefined) throw methodNotFound();
  return { resource, method };
}

/** Writes one method of a resource; undefined removes it. */
export function putMethodRow(
  tables: Tables,
  place: Place,
  where: { readonly restApiId: string | undefined; readonly resource: ResourceRow },
  httpMethod: string,
  method: MethodDefinition | undefined,
): void {
  const { [httpMethod]: _old, ...others } = where.resource.methods;
  const methods = method === undefined ? others : { ...others, [httpMethod]: method };
  const { id } = where.resource;
  tables.resources(place, where.restApiId ?? "").set(id, { ...where.resource, methods });
}

/** A page of rows in the order given. API Gateway's `position` is the token. */
export function pageByPosition<Row>(
  rows: Iterable<Row>,
  input: { readonly position?: string | undefined; readonly limit?: number | undefined },
  keyOf: (row: Row) => string,
): Page<Row> {
  const limit = Math.min(Math.max(input.limit ?? PAGE_DEFAULT, 1), PAGE_MAX);
  return pageOf([...rows], { keyOf, token: input.position, limit, badToken: badPosition });
}
