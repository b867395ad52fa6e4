import type { Place } from "../../../telemetry/metric-sink.ts";
import { type Tags, withoutTags } from "../../tags.ts";
import { functionNotFound, invalidParameter } from "../errors.ts";
import { functionArn, parseReference } from "../function-name.ts";
import { TAGS_MAX } from "../limits.ts";
import type { LambdaParts } from "../parts.ts";
import type { LambdaHandlers } from "../sdk.ts";
import type { FunctionRow, PlaceState } from "../state.ts";

export function tagOperations({ lambda }: LambdaParts) {
  const change = (place: Place, arn: string | undefined, changed: (tags: Tags) => Tags) => {
    const state = lambda.in(place);
    const row = findTaggable(state, arn ?? "");
    const tags = changed(row.tags);
    requireTags(tags);
    state.functions.set(row.name, { ...row, tags });
    return {};
  };
  return {
    TagResource(input, context) {
      const added = input.Tags ?? {};
      if (Object.keys(added).length === 0) {
        throw invalidParameter("An error occurred and the request cannot be processed.");
      }
      return change(context, input.Resource, (tags) => ({ ...tags, ...added }));
    },

    UntagResource(input, context) {
      return change(context, input.Resource, (tags) => withoutTags(tags, input.TagKeys));
    },

    ListTags(input, context) {
      return { Tags: { ...findTaggable(lambda.in(context), input.Resource ?? "").tags } };
    },
  } satisfies LambdaHandlers;
}

/** @throws InvalidParameterValueException for more tags than a function can have. */
export function requireTags(tags: Tags): void {
  if (Object.keys(tags).length > TAGS_MAX) {
    throw invalidParameter("Number of tags exceeds resource tag limit.");
  }
}

function findTaggable(state: PlaceState, arn: string): FunctionRow {
  const { name, qualifier } = parseReference(state.place, arn);
  if (qualifier !== undefined) {
    throw invalidParameter(
      "Tags on function aliases and versions are not supported. Please specify a function ARN.",
    );
  }
  const row = state.functions.get(name);
  if (row === undefined) throw functionNotFound(functionArn(state.place, name));
  return row;
}
