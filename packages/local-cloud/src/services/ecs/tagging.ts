import type { Tag } from "@aws-sdk/client-ecs";
import type { Tags } from "../tags.ts";
import { invalid } from "./errors.ts";
import { RESOURCE_TAGS_MAX } from "./limits.ts";
import type { PlaceState } from "./state.ts";

/** @throws InvalidParameterException. The texts are Unverified. */
export function tagsOf(list: readonly Tag[] | undefined, before: Tags = {}): Tags {
  const added = (list ?? []).map(({ key, value }) => {
    if (key === undefined || key.length === 0 || key.length > 128) {
      throw invalid("Tag keys must have 1 to 128 characters.");
    }
    if (key.toLowerCase().startsWith("aws:")) {
      throw invalid("Tag keys must not start with aws:, which is reserved.");
    }
    if (value !== undefined && value.length > 256) {
      throw invalid("Tag values must have at most 256 characters.");
    }
    return [key, value ?? ""] as const;
  });
  const all = { ...before, ...Object.fromEntries(added) };
  if (Object.keys(all).length > RESOURCE_TAGS_MAX) {
    throw invalid(`Too many tags: at most ${RESOURCE_TAGS_MAX} are allowed.`);
  }
  return all;
}

export function tagList(tags: Tags | undefined): { key: string; value: string }[] {
  return Object.entries(tags ?? {}).map(([key, value]) => ({ key, value }));
}

/** Keeps a resource's tags; none leave no row. */
export function keepTags({ tags }: PlaceState, arn: string, wanted: Tags): void {
  if (Object.keys(wanted).length > 0) tags.set(arn, wanted);
  else tags.delete(arn);
}
