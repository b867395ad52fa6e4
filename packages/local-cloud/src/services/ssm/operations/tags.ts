import type { Table } from "../../../storage/store.ts";
import type { Cloud } from "../../../service.ts";
import { withoutTags } from "../../tags.ts";
import { noResource, notHere, tooManyTags } from "../errors.ts";
import { TAGS_MAX } from "../limits.ts";
import type { SsmHandlers } from "../sdk.ts";
import { keyOf, type Parameter, parameterTable } from "../state.ts";

/** Tags of parameters. */
export function tagOperations({ store }: Cloud) {
  return {
    AddTagsToResource(input, context) {
      const parameters = parameterTable(store, context);
      const parameter = tagged(parameters, input);
      const given = Object.fromEntries(
        (input.Tags ?? []).map(({ Key, Value }) => [Key, Value ?? ""]),
      );
      const tags = { ...parameter.tags, ...given };
      if (Object.keys(tags).length > TAGS_MAX) throw tooManyTags();
      parameters.set(keyOf(parameter.name), { ...parameter, tags });
      return {};
    },

    RemoveTagsFromResource(input, context) {
      const parameters = parameterTable(store, context);
      const parameter = tagged(parameters, input);
      const tags = withoutTags(parameter.tags, input.TagKeys);
      parameters.set(keyOf(parameter.name), { ...parameter, tags });
      return {};
    },

    ListTagsForResource(input, context) {
      const { tags } = tagged(parameterTable(store, context), input);
      return { TagList: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
    },
  } satisfies SsmHandlers;
}

/** @throws {AwsError} InvalidResourceType, InvalidResourceId */
function tagged(
  parameters: Table<Parameter>,
  input: { readonly ResourceType?: string | undefined; readonly ResourceId?: string | undefined },
): Parameter {
  if (input.ResourceType !== "Parameter") throw notHere(input.ResourceType ?? "");
  const parameter = parameters.get(keyOf(input.ResourceId ?? ""));
  if (parameter === undefined) throw noResource(input.ResourceId ?? "");
  return parameter;
}
