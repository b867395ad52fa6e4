import { pageOf } from "../../paging.ts";
import { invalidParameter, lifecyclePolicyNotFound, previewNotFound } from "../errors.ts";
import { expiredImages } from "../lifecycle/expiry.ts";
import { parsePolicy, PolicyProblem, type Rule } from "../lifecycle/policy.ts";
import { candidates, type ExpirySchedule } from "../lifecycle/schedule.ts";
import { PAGE_ITEMS } from "../limits.ts";
import { type EcrParts, placeOf } from "../parts.ts";
import type { EcrHandlers } from "../sdk.ts";
import { type LifecycleRow, type RepositoryRow, requireRepository } from "../state.ts";

export function lifecycleOperations(parts: EcrParts, schedule: ExpirySchedule) {
  const { clock } = parts.cloud;
  return {
    PutLifecyclePolicy(input, context) {
      const state = placeOf(parts, context, input);
      const row = requireRepository(state, input.repositoryName);
      const text = input.lifecyclePolicyText ?? "";
      requirePolicy(text);
      const lifecycle = { text, lastEvaluatedAtMs: undefined };
      state.repositories.set(row.name, { ...row, lifecycle });
      schedule.start();
      return { ...named(row), lifecyclePolicyText: text };
    },

    GetLifecyclePolicy(input, context) {
      const row = requireRepository(placeOf(parts, context, input), input.repositoryName);
      return lifecycleOutput(row, requireLifecycle(row));
    },

    DeleteLifecyclePolicy(input, context) {
      const state = placeOf(parts, context, input);
      const row = requireRepository(state, input.repositoryName);
      const lifecycle = requireLifecycle(row);
      state.repositories.set(row.name, { ...row, lifecycle: undefined });
      return lifecycleOutput(row, lifecycle);
    },

    StartLifecyclePolicyPreview(input, context) {
      const state = placeOf(parts, context, input);
      const row = requireRepository(state, input.repositoryName);
      const text = input.lifecyclePolicyText ?? requireLifecycle(row).text;
      const expired = expiredImages(
        requirePolicy(text),
        candidates(state, row.name),
        clock.nowMs(),
      );
      const results = expired.map(({ image: { digest, tags, pushedAtMs }, rulePriority }) => {
        return { digest, tags, pushedAtMs, rulePriority };
      });
      state.previews.set(row.name, { text, results });
      return { ...named(row), lifecyclePolicyText: text, status: "IN_PROGRESS" };
    },

    GetLifecyclePolicyPreview(input, context) {
      const state = placeOf(parts, context, input);
      const row = requireRepository(state, input.repositoryName);
      const preview = state.previews.get(row.name);
      if (preview === undefined) throw previewNotFound(row);
      const { imageIds, filter } = input;
      const wanted = preview.results.filter(
        ({ digest, tags }) =>
          (filter?.tagStatus !== "TAGGED" || tags.length > 0) &&
          (filter?.tagStatus !== "UNTAGGED" || tags.length === 0) &&
          (imageIds === undefined ||
            imageIds.some((id) => id.imageDigest === digest || tags.includes(id.imageTag ?? ""))),
      );
      const page = pageOf(wanted, {
        keyOf: ({ digest }) => digest,
        token: input.nextToken,
        limit: input.maxResults ?? PAGE_ITEMS,
        badToken: () => invalidParameter("nextToken", "must be from an earlier answer"),
      });
      return {
        ...named(row),
        lifecyclePolicyText: preview.text,
        status: "COMPLETE",
        nextToken: page.nextToken,
        previewResults: page.items.map(({ digest, tags, pushedAtMs, rulePriority }) => ({
          imageDigest: digest,
          imageTags: [...tags],
          imagePushedAt: new Date(pushedAtMs),
          action: { type: "EXPIRE" },
          appliedRulePriority: rulePriority,
        })),
        summary: { expiringImageTotalCount: preview.results.length },
      };
    },
  } satisfies EcrHandlers;
}

function requirePolicy(text: string): Rule[] {
  try {
    return parsePolicy(text);
  } catch (error) {
    if (!(error instanceof PolicyProblem)) throw error;
    throw invalidParameter(
      "LifecyclePolicyText",
      `Lifecycle policy validation failure: ${error.message}`,
    );
  }
}

function requireLifecycle(row: RepositoryRow): LifecycleRow {
  if (row.lifecycle === undefined) throw lifecyclePolicyNotFound(row);
  return row.lifecycle;
}

function named({ registryId, name }: RepositoryRow) {
  return { registryId, repositoryName: name };
}

function lifecycleOutput(row: RepositoryRow, { text, lastEvaluatedAtMs }: LifecycleRow) {
  return {
    ...named(row),
    lifecyclePolicyText: text,
    lastEvaluatedAt: lastEvaluatedAtMs === undefined ? undefined : new Date(lastEvaluatedAtMs),
  };
}
