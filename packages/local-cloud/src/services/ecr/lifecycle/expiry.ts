import { matchesWildcard } from "../../../wildcard.ts";
import type { Rule } from "./policy.ts";

/** An image, as far as rules look at it. */
export interface Candidate {
  readonly digest: string;
  readonly tags: readonly string[];
  readonly pushedAtMs: number;
}

interface Expired<Image extends Candidate> {
  readonly image: Image;
  readonly rulePriority: number;
}

const DAY_MS = 24 * 3_600_000;

/**
 * The images that a policy expires now, oldest first.
 *
 * Every rule counts all images that it selects, those that another rule expires too; but an image that
 * a rule of higher priority (a lower number) selects by its tags is never expired by a later one.
 * Source: AWS docs, "Lifecycle policy evaluation rules".
 *
 * @param rules sorted by priority.
 */
export function expiredImages<Image extends Candidate>(
  rules: readonly Rule[],
  images: readonly Image[],
  nowMs: number,
): Expired<Image>[] {
  const newestFirst = images.toSorted((one, other) => other.pushedAtMs - one.pushedAtMs);
  const taken = new Set<string>();
  const expired: Expired<Image>[] = [];
  for (const rule of rules) {
    const selected = newestFirst.filter((image) => isSelected(rule, image));
    for (const image of beyond(rule, selected, nowMs)) {
      if (!taken.has(image.digest)) expired.push({ image, rulePriority: rule.priority });
    }
    for (const { digest } of selected) taken.add(digest);
  }
  return expired.toSorted((one, other) => one.image.pushedAtMs - other.image.pushedAtMs);
}

function isSelected({ tagStatus, patterns }: Rule, { tags }: Candidate): boolean {
  switch (tagStatus) {
    case "any":
      return true;
    case "untagged":
      return tags.length === 0;
    case "tagged":
      return patterns.every((pattern) => tags.some((tag) => matchesWildcard(pattern, tag)));
    default:
      throw new Error(`no such tag status: ${String(tagStatus satisfies never)}`);
  }
}

function beyond<Image extends Candidate>(
  { keep }: Rule,
  newestFirst: readonly Image[],
  nowMs: number,
): readonly Image[] {
  if (keep.kind === "newest") return newestFirst.slice(keep.count);
  return newestFirst.filter(({ pushedAtMs }) => pushedAtMs < nowMs - keep.days * DAY_MS);
}
