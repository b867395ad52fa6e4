import { withoutTags } from "../../tags.ts";
import {
  clusterNotFound,
  invalid,
  serviceNotFound,
  taskNotFound,
  taskSetNotFound,
} from "../errors.ts";
import { lastPart } from "../arns.ts";
import type { Ecs } from "../parts.ts";
import type { EcsHandlers } from "../sdk.ts";
import type { PlaceState } from "../state.ts";
import { keepTags, tagList, tagsOf } from "../tagging.ts";

export function tagOperations(ecs: Ecs) {
  const tagged = (arn: string | undefined) => {
    const [, , service, region = "", account = ""] = (arn ?? "").split(":");
    // Unverified: the text.
    if (arn === undefined || service !== "ecs") {
      throw invalid("Invalid identifier: resourceArn must be the ARN of a resource of Amazon ECS");
    }
    const state = ecs.in({ account, region });
    requireResource(state, arn);
    return { state, arn, before: state.tags.get(arn) ?? {} };
  };
  return {
    TagResource(input) {
      const { state, arn, before } = tagged(input.resourceArn);
      keepTags(state, arn, tagsOf(input.tags, before));
      return {};
    },

    UntagResource(input) {
      const { state, arn, before } = tagged(input.resourceArn);
      keepTags(state, arn, withoutTags(before, input.tagKeys));
      return {};
    },

    ListTagsForResource(input) {
      return { tags: tagList(tagged(input.resourceArn).before) };
    },
  } satisfies EcsHandlers;
}

function requireResource(state: PlaceState, arn: string): void {
  const [kind = "", cluster = "", name = ""] = (arn.split(":")[5] ?? "").split("/");
  switch (kind) {
    case "cluster":
      if (state.clusters.get(cluster)?.status !== "ACTIVE") throw clusterNotFound();
      return;
    case "service":
      if (!state.services(cluster).has(name)) throw serviceNotFound();
      return;
    case "task":
      if (!state.tasks(cluster).has(name)) throw taskNotFound();
      return;
    case "task-set":
      if (![...state.taskSets(cluster, name).values()].some((row) => row.arn === arn)) {
        throw taskSetNotFound();
      }
      return;
    case "task-definition":
      if (!state.taskDefinitions.has(lastPart(arn))) {
        throw invalid("The specified task definition does not exist.");
      }
      return;
    default:
      // Unverified: the text.
      throw invalid(`Tags are not supported for resource type ${kind}.`);
  }
}
