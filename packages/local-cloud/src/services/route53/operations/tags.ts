import type { ResourceTagSet, TagResourceType } from "@aws-sdk/client-route-53";
import { withoutTags } from "../../tags.ts";
import { invalidInput, noSuchHealthCheck, noSuchHostedZone } from "../errors.ts";
import { TAGS_MAX } from "../limits.ts";
import type { Route53Handlers } from "../sdk.ts";
import type { AccountState, Route53 } from "../state.ts";
import { bareId } from "../zone-shapes.ts";

export function tagOperations(route53: Route53) {
  return {
    ChangeTagsForResource(input, { account }) {
      const state = route53.in(account);
      const key = tagKey(state, input.ResourceType, input.ResourceId);
      const { AddTags: added = [], RemoveTagKeys: removed = [] } = input;
      if (input.AddTags === undefined && input.RemoveTagKeys === undefined) {
        // Source: the model's documentation. Unverified: the text.
        throw invalidInput("AddTags or RemoveTagKeys must be given.");
      }
      const tags = {
        ...withoutTags(state.tags.get(key) ?? {}, removed),
        ...Object.fromEntries(added.map(({ Key = "", Value = "" }) => [Key, Value])),
      };
      if (Object.keys(tags).length > TAGS_MAX) {
        // Unverified: the text.
        throw invalidInput(`A resource can have at most ${TAGS_MAX} tags.`);
      }
      state.tags.set(key, tags);
      return {};
    },

    ListTagsForResource: (input, { account }) => ({
      ResourceTagSet: tagSet(route53.in(account), input.ResourceType, input.ResourceId),
    }),

    ListTagsForResources: (input, { account }) => ({
      ResourceTagSets: (input.ResourceIds ?? []).map((id) =>
        tagSet(route53.in(account), input.ResourceType, id),
      ),
    }),
  } satisfies Route53Handlers;
}

/** @throws {AwsError} NoSuchHostedZone, NoSuchHealthCheck */
function tagKey(
  { zones, healthChecks }: AccountState,
  type: TagResourceType | undefined,
  given: string | undefined,
): string {
  const id = bareId(given);
  if (type === "healthcheck" && !healthChecks.has(id)) throw noSuchHealthCheck(id);
  if (type !== "healthcheck" && !zones.has(id)) throw noSuchHostedZone(id);
  return `${type}/${id}`;
}

function tagSet(
  state: AccountState,
  type: TagResourceType | undefined,
  given: string | undefined,
): ResourceTagSet {
  const tags = state.tags.get(tagKey(state, type, given)) ?? {};
  return {
    ResourceType: type,
    ResourceId: bareId(given),
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  };
}
