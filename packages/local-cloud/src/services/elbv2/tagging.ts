import type { Tag } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Tags } from "../tags.ts";
import { AwsError } from "../../aws-error.ts";
import { invalid, tooMany } from "./errors.ts";
import { TAGS_PER_RESOURCE } from "./limits.ts";

/** Unverified: the texts. */
export function readTags(given: readonly Tag[] = [], before: Tags = {}): Tags {
  const tags = Object.fromEntries(given.map(({ Key = "", Value = "" }) => [Key, Value]));
  if (Object.keys(tags).length < given.length) {
    throw new AwsError("DuplicateTagKeysException", "Tag keys must be unique");
  }
  for (const key of Object.keys(tags)) {
    if (key.toLowerCase().startsWith("aws:")) {
      throw invalid(`The tag key '${key}' is not valid: keys with the prefix aws: are reserved`);
    }
  }
  const all = { ...before, ...tags };
  if (Object.keys(all).length > TAGS_PER_RESOURCE) throw tooMany("Tags", TAGS_PER_RESOURCE);
  return all;
}

export function tagShapes(tags: Tags = {}): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
