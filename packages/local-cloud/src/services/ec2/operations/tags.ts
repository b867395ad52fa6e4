import { pageOf } from "../../paging.ts";
import { badToken, invalidValue, missing, notFound, unknownId } from "../errors.ts";
import { passes, requirePageSize } from "../filters.ts";
import type { Ec2Handlers } from "../sdk.ts";
import type { Ec2, PlaceState } from "../state.ts";
import { kindOf, readTags } from "../tagging.ts";

/** Source: AWS docs, "Tag your Amazon EC2 resources". */
const TAGS_PER_RESOURCE = 50;

export function tagOperations(ec2: Ec2) {
  const { cloud } = ec2;
  return {
    CreateTags(input, context) {
      const state = ec2.in(context);
      const ids = input.Resources ?? [];
      if (ids.length === 0) throw missing("resourceIdSet");
      const tags = readTags(input.Tags);
      for (const id of ids) {
        requireKnown(state, id);
        const all = { ...state.tags.get(id), ...tags };
        if (Object.keys(all).length > TAGS_PER_RESOURCE) {
          throw invalidValue(`${id} would have more than ${TAGS_PER_RESOURCE} tags`);
        }
      }
      cloud.store.transaction(() => {
        for (const id of ids) state.tags.set(id, { ...state.tags.get(id), ...tags });
      });
      return {};
    },

    /** A tag named with a value goes only if it has that value; without any tag named, all go. */
    DeleteTags(input, context) {
      const state = ec2.in(context);
      const ids = input.Resources ?? [];
      if (ids.length === 0) throw missing("resourceIdSet");
      for (const id of ids) requireKnown(state, id);
      const wanted = input.Tags;
      const goes = (key: string, value: string) =>
        wanted === undefined ||
        wanted.some(({ Key, Value }) => Key === key && (Value === undefined || Value === value));
      cloud.store.transaction(() => {
        for (const id of ids) {
          const kept = Object.entries(state.tags.get(id) ?? {}).filter((tag) => !goes(...tag));
          if (kept.length === 0) state.tags.delete(id);
          else state.tags.set(id, Object.fromEntries(kept));
        }
      });
      return {};
    },

    DescribeTags(input, context) {
      const state = ec2.in(context);
      requirePageSize(input.MaxResults);
      const all = [...state.tags.entries()].flatMap(([id, tags]) =>
        Object.entries(tags).map(([Key, Value]) => ({
          Key,
          Value,
          ResourceId: id,
          ResourceType: kindOf(id),
        })),
      );
      const wanted = all.filter((tag) =>
        passes(
          input.Filters ?? [],
          {
            key: tag.Key,
            "resource-id": tag.ResourceId,
            "resource-type": tag.ResourceType,
            value: tag.Value,
          },
          { [tag.Key]: tag.Value },
        ),
      );
      const page = pageOf(wanted, {
        keyOf: ({ Key, ResourceId }) => `${ResourceId}/${Key}`,
        token: input.NextToken,
        limit: input.MaxResults ?? 1000,
        badToken,
      });
      return { Tags: page.items, NextToken: page.nextToken };
    },
  } satisfies Ec2Handlers;
}

function requireKnown(state: PlaceState, id: string): void {
  const kind = kindOf(id);
  switch (kind) {
    case "vpc":
      if (state.vpcs.has(id)) return;
      throw notFound("vpc", id);
    case "subnet":
      if (state.subnets.has(id)) return;
      throw notFound("subnet", id);
    case "security-group":
      if (state.groups.has(id)) return;
      throw notFound("group", id);
    case "security-group-rule":
      if (state.rules.has(id)) return;
      throw notFound("rule", id);
    case "network-interface":
      if (state.interfaces.has(id)) return;
      throw notFound("interface", id);
    case "internet-gateway":
      if (state.gateways.has(id)) return;
      throw notFound("gateway", id);
    case "route-table":
      if (state.routeTables.has(id)) return;
      throw notFound("routeTable", id);
    case undefined:
      throw unknownId(id);
    default:
      kind satisfies never;
  }
}
