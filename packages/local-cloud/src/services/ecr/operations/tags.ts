import { withoutTags } from "../../tags.ts";
import type { EcrParts } from "../parts.ts";
import type { EcrHandlers } from "../sdk.ts";
import { repositoryByArn, tagsOf } from "./repositories.ts";

export function tagOperations(parts: EcrParts) {
  return {
    TagResource(input) {
      const { state, row } = repositoryByArn(parts, input.resourceArn);
      state.repositories.set(row.name, { ...row, tags: tagsOf(input.tags, row.tags) });
      return {};
    },

    UntagResource(input) {
      const { state, row } = repositoryByArn(parts, input.resourceArn);
      state.repositories.set(row.name, { ...row, tags: withoutTags(row.tags, input.tagKeys) });
      return {};
    },

    ListTagsForResource(input) {
      const { row } = repositoryByArn(parts, input.resourceArn);
      return { tags: Object.entries(row.tags).map(([Key, Value]) => ({ Key, Value })) };
    },
  } satisfies EcrHandlers;
}
