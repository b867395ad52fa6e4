import { isJsonObject, type JsonObject } from "../../json-object.ts";
import { structure, structures, text } from "./call.ts";

/** Tags as a request gives them, in any of the forms that the services have. */
export function tagsGiven(input: JsonObject): Readonly<Record<string, string>> {
  const tags: Record<string, string> = {};
  for (const member of ["Tags", "tags"]) {
    for (const tag of structures(input, member)) {
      const key = text(tag, "Key") ?? text(tag, "key") ?? text(tag, "TagKey");
      const value = text(tag, "Value") ?? text(tag, "value") ?? text(tag, "TagValue") ?? "";
      if (key !== undefined) tags[key] = value;
    }
    for (const [key, value] of Object.entries(structure(input, member))) {
      if (typeof value === "string") tags[key] = value;
    }
  }
  return tags;
}

/** Also what only names keys: UntagResource. */
export function tagKeysGiven(input: JsonObject): readonly string[] {
  const keys = ["TagKeys", "tagKeys"].flatMap((member) => {
    const value = input[member];
    return Array.isArray(value) ? value.filter((key) => typeof key === "string") : [];
  });
  return [...Object.keys(tagsGiven(input)), ...keys];
}

export function hasTags(input: unknown): boolean {
  return isJsonObject(input) && Object.keys(tagsGiven(input)).length > 0;
}
