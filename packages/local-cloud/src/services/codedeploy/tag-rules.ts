import type { Tag } from "@aws-sdk/client-codedeploy";
import type { Tags } from "../tags.ts";
import { refused } from "./errors.ts";
import { TAGS_MAX } from "./limits.ts";

/** Source of the lengths: AWS docs, "Tagging". Unverified: the texts. @throws {AwsError} InvalidTagsToAddException */
export function readTags(tags: readonly Tag[] = []): Tags {
  const read = new Map<string, string>();
  for (const { Key = "", Value = "" } of tags) {
    if (Key === "" || Key.length > 128 || Key.toLowerCase().startsWith("aws:")) {
      throw invalid(`The tag key "${Key}" must have 1 to 128 characters and not begin with aws:`);
    }
    if (Value.length > 256) {
      throw invalid(
        `The value of tag ${Key} has ${Value.length} characters; at most 256 are allowed`,
      );
    }
    if (read.has(Key)) throw invalid(`The tag key ${Key} is given twice`);
    read.set(Key, Value);
  }
  return checkedCount(Object.fromEntries(read));
}

/** @throws {AwsError} when there would be too many. */
export function addTags(before: Tags | undefined, added: Tags): Tags {
  return checkedCount({ ...before, ...added });
}

function checkedCount(tags: Tags): Tags {
  const count = Object.keys(tags).length;
  if (count > TAGS_MAX) throw invalid(`A resource can have at most ${TAGS_MAX} tags, got ${count}`);
  return tags;
}

export function tagList(tags: Tags = {}): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

function invalid(message: string) {
  return refused("InvalidTagsToAddException", message);
}
