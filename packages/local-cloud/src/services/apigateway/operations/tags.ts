import type { Table } from "../../../storage/store.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { type Tags, withoutTags } from "../../tags.ts";
import { badRequest, notFound } from "../errors.ts";
import type { ApiGatewayHandlers } from "../sdk.ts";
import type { ApiGateway } from "../state.ts";

export function tagOperations(gateway: ApiGateway) {
  return {
    TagResource(input, context) {
      const tagged = taggedBy(gateway, context, input.resourceArn ?? "");
      tagged.set({ ...tagged.tags, ...input.tags });
      return {};
    },

    UntagResource(input, context) {
      const tagged = taggedBy(gateway, context, input.resourceArn ?? "");
      tagged.set(withoutTags(tagged.tags, input.tagKeys));
      return {};
    },

    GetTags: (input, context) => ({
      tags: { ...taggedBy(gateway, context, input.resourceArn ?? "").tags },
    }),
  } satisfies ApiGatewayHandlers;
}

interface Tagged {
  readonly tags: Tags;
  set(tags: Tags): void;
}

/** Finds what "arn:aws:apigateway:us-east-1::/restapis/abc/stages/prod" names. */
function taggedBy({ tables }: ApiGateway, place: Place, arn: string): Tagged {
  const path = /^arn:aws:apigateway:[a-z0-9-]+:\d*:\/(.+)$/.exec(arn)?.[1];
  if (path === undefined) throw badRequest("Invalid ARN specified in the request");
  const [noun, id = "", part, name = ""] = path.split("/");
  if (noun === "restapis" && part === "stages") return rowOf(tables.stages(place, id), name);
  if (noun === "restapis" && part === undefined) return rowOf(tables.apis(place), id);
  if (noun === "apikeys") return rowOf(tables.apiKeys(place), id);
  if (noun === "usageplans") return rowOf(tables.usagePlans(place), id);
  if (noun === "domainnames") return rowOf(tables.domains(place), id);
  throw noSuchResource();
}

function rowOf<Row extends { readonly tags: Tags }>(table: Table<Row>, key: string): Tagged {
  const row = table.get(key);
  if (row === undefined) throw noSuchResource();
  return { tags: row.tags, set: (tags) => table.set(key, { ...row, tags }) };
}

/** Unverified: the text. */
function noSuchResource() {
  return notFound("Invalid resource identifier specified");
}
