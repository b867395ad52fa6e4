import type { Tag, TagSpecification } from "@aws-sdk/client-ec2";
import type { Tags } from "../tags.ts";
import { invalidValue } from "./errors.ts";
import type { PlaceState } from "./state.ts";

/** Kinds of resources by the first part of their ids, as tags name them. */
const KINDS = {
  vpc: "vpc",
  subnet: "subnet",
  sg: "security-group",
  sgr: "security-group-rule",
  eni: "network-interface",
  igw: "internet-gateway",
  rtb: "route-table",
} as const;

type Kind = (typeof KINDS)[keyof typeof KINDS];

export function kindOf(id: string): Kind | undefined {
  const prefix = id.slice(0, id.indexOf("-"));
  return Object.entries(KINDS).find(([known]) => known === prefix)?.[1];
}

/** Source: AWS docs, "Tag your Amazon EC2 resources": 50 tags, keys of 127 and values of 256 characters. */
export function readTags(given: readonly Tag[] = []): Tags {
  for (const { Key = "", Value = "" } of given) {
    if (Key.length === 0) throw invalidValue("Tag key cannot be null or empty");
    if (Key.toLowerCase().startsWith("aws:")) {
      throw invalidValue(
        `Value ( ${Key} ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use`,
      );
    }
    // Unverified: the text.
    if (Key.length > 127 || Value.length > 255) {
      throw invalidValue(`The tag ${Key} is too long: 127 characters in a key, 255 in a value`);
    }
  }
  return Object.fromEntries(given.map(({ Key = "", Value = "" }) => [Key, Value]));
}

/** The tags that a Create call gives to its own kind. */
export function specifiedTags(specifications: readonly TagSpecification[] = [], kind: Kind): Tags {
  for (const { ResourceType } of specifications) {
    if (ResourceType === kind) continue;
    throw invalidValue(
      `'${ResourceType ?? ""}' is not a valid taggable resource type for this operation.`,
    );
  }
  return readTags(specifications.flatMap(({ Tags: tags }) => tags ?? []));
}

export function tagShapes(state: PlaceState, id: string): Tag[] {
  return Object.entries(state.tags.get(id) ?? {}).map(([Key, Value]) => ({ Key, Value }));
}

export function putTags(state: PlaceState, id: string, tags: Tags): void {
  if (Object.keys(tags).length > 0) state.tags.set(id, { ...state.tags.get(id), ...tags });
}
