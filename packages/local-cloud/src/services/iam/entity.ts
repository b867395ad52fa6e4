import type { RequestContext } from "../../service.ts";
import { type Page, pageOf } from "../paging.ts";
import { badMarker, validationError } from "./errors.ts";
import { PAGE_ITEMS, TAGS_MAX } from "./limits.ts";
import type { Tag } from "./state.ts";

/** @throws {AwsError} ValidationError, when a path does not begin and end with a slash. */
export function pathOf(path: string | undefined): string {
  if (path === undefined) return "/";
  if (path.startsWith("/") && path.endsWith("/")) return path;
  throw validationError(
    "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.",
  );
}

export function entityArn(
  { account }: RequestContext,
  kind: "group" | "instance-profile" | "policy" | "role" | "user",
  path: string,
  name: string,
): string {
  return `arn:aws:iam::${account}:${kind}${path}${name}`;
}

interface GivenTag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** Later tags replace earlier ones of the same key, whatever its case. */
export function mergeTags(
  before: readonly Tag[],
  given: readonly GivenTag[] | undefined,
): readonly Tag[] {
  const byKey = new Map(before.map((tag) => [tag.Key.toLowerCase(), tag]));
  for (const { Key = "", Value = "" } of given ?? []) byKey.set(Key.toLowerCase(), { Key, Value });
  if (byKey.size > TAGS_MAX) {
    throw validationError(
      `1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to ${TAGS_MAX}.`,
    );
  }
  return [...byKey.values()];
}

export function withoutTags(
  before: readonly Tag[],
  keys: readonly string[] | undefined,
): readonly Tag[] {
  const gone = new Set((keys ?? []).map((key) => key.toLowerCase()));
  return before.filter(({ Key }) => !gone.has(Key.toLowerCase()));
}

interface PageRequest {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

/** One page as IAM shows it; `items` in any order, given out by name. */
export function iamPage<Item>(
  items: Iterable<Item>,
  keyOf: (item: Item) => string,
  { Marker, MaxItems }: PageRequest,
): { items: Page<Item>["items"]; IsTruncated: boolean; Marker?: string } {
  const sorted = [...items].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const page = pageOf(sorted, {
    keyOf,
    token: Marker,
    limit: MaxItems ?? PAGE_ITEMS,
    badToken: badMarker,
  });
  const { items: taken, nextToken } = page;
  if (nextToken === undefined) return { items: taken, IsTruncated: false };
  return { items: taken, IsTruncated: true, Marker: nextToken };
}

/** One page of attached policies, which are kept by their ARNs. */
export function attachedPolicyPage(arns: readonly string[], request: PageRequest) {
  const { items, ...page } = iamPage(arns, (arn) => arn, request);
  const AttachedPolicies = items.map((arn) => ({
    PolicyName: arn.slice(arn.lastIndexOf("/") + 1),
    PolicyArn: arn,
  }));
  return { AttachedPolicies, ...page };
}

/** Tags in the form the SDK's outputs want: lists of their own. */
export function tagList(tags: readonly Tag[]): Tag[] {
  return tags.map((tag) => ({ ...tag }));
}
