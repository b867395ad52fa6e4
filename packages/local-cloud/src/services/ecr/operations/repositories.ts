import type { Tag } from "@aws-sdk/client-ecr";
import { pageOf } from "../../paging.ts";
import type { Tags } from "../../tags.ts";
import {
  invalidParameter,
  limitExceeded,
  repositoryExists,
  repositoryNotEmpty,
  tooManyTags,
} from "../errors.ts";
import { removeRepository } from "../images.ts";
import { PAGE_ITEMS, REPOSITORIES_MAX, RESOURCE_TAGS_MAX } from "../limits.ts";
import { type EcrParts, placeOf } from "../parts.ts";
import { repositoryArn, repositoryOutput } from "../repository-output.ts";
import type { EcrHandlers, EcrInput } from "../sdk.ts";
import { type RepositoryRow, requireRepository } from "../state.ts";
import { mutabilityOf, mutabilityOutput } from "../tag-mutability.ts";

export function repositoryOperations(parts: EcrParts) {
  const { cloud } = parts;
  return {
    CreateRepository(input, context) {
      const state = placeOf(parts, context, input);
      const row: RepositoryRow = {
        name: input.repositoryName ?? "",
        registryId: state.place.account,
        createdAtMs: cloud.clock.nowMs(),
        tagMutability: mutabilityOf(input),
        scanOnPush: input.imageScanningConfiguration?.scanOnPush ?? false,
        encryption: encryptionOf(input, state.place),
        tags: tagsOf(input.tags),
        policyText: undefined,
        lifecycle: undefined,
      };
      if (state.repositories.has(row.name)) throw repositoryExists(row);
      if (state.repositories.size >= REPOSITORIES_MAX) {
        throw limitExceeded("repositories", REPOSITORIES_MAX);
      }
      state.repositories.set(row.name, row);
      return { repository: repositoryOutput(cloud, state.place, row) };
    },

    DescribeRepositories(input, context) {
      const state = placeOf(parts, context, input);
      const show = (row: RepositoryRow) => repositoryOutput(cloud, state.place, row);
      if (input.repositoryNames !== undefined) {
        const named = input.repositoryNames.map((name) => requireRepository(state, name));
        return { repositories: named.map(show) };
      }
      const page = pageOf(sorted(state.repositories.values()), {
        keyOf: ({ name }) => name,
        token: input.nextToken,
        limit: input.maxResults ?? PAGE_ITEMS,
        badToken: () => invalidParameter("nextToken", "must be from an earlier answer"),
      });
      return { repositories: page.items.map(show), nextToken: page.nextToken };
    },

    DeleteRepository(input, context) {
      const state = placeOf(parts, context, input);
      const row = requireRepository(state, input.repositoryName);
      if (state.images(row.name).size > 0 && input.force !== true) throw repositoryNotEmpty(row);
      removeRepository(parts, state, row);
      return { repository: repositoryOutput(cloud, state.place, row) };
    },

    PutImageTagMutability(input, context) {
      const state = placeOf(parts, context, input);
      const row = requireRepository(state, input.repositoryName);
      const tagMutability = mutabilityOf(input);
      state.repositories.set(row.name, { ...row, tagMutability });
      const { registryId, name: repositoryName } = row;
      return { registryId, repositoryName, ...mutabilityOutput(tagMutability) };
    },

    PutImageScanningConfiguration(input, context) {
      const state = placeOf(parts, context, input);
      const row = requireRepository(state, input.repositoryName);
      const scanOnPush = input.imageScanningConfiguration?.scanOnPush ?? false;
      state.repositories.set(row.name, { ...row, scanOnPush });
      return {
        registryId: row.registryId,
        repositoryName: row.name,
        imageScanningConfiguration: { scanOnPush },
      };
    },
  } satisfies EcrHandlers;
}

/** @throws TooManyTagsException, InvalidParameterException. The texts are Unverified. */
export function tagsOf(tags: readonly Tag[] | undefined, before: Tags = {}): Tags {
  const added = (tags ?? []).map(({ Key, Value }) => {
    if (Key === undefined || Key.length === 0 || Key.length > 128) {
      throw invalidParameter("tags", "keys must have 1 to 128 characters");
    }
    if (Key.toLowerCase().startsWith("aws:")) {
      throw invalidParameter("tags", "keys must not start with aws:");
    }
    if (Value !== undefined && Value.length > 256) {
      throw invalidParameter("tags", "values must have at most 256 characters");
    }
    return [Key, Value ?? ""] as const;
  });
  const all = { ...before, ...Object.fromEntries(added) };
  if (Object.keys(all).length > RESOURCE_TAGS_MAX) throw tooManyTags(RESOURCE_TAGS_MAX);
  return all;
}

/** Stored and shown; files here are not encrypted. */
function encryptionOf(
  { encryptionConfiguration }: EcrInput<"CreateRepository">,
  { account, region }: { readonly account: string; readonly region: string },
): RepositoryRow["encryption"] {
  const { encryptionType = "AES256", kmsKey } = encryptionConfiguration ?? {};
  if (encryptionType === "AES256") {
    if (kmsKey !== undefined) {
      // Unverified: the text.
      throw invalidParameter("encryptionConfiguration", "kmsKey must not be given with AES256");
    }
    return { encryptionType };
  }
  return { encryptionType, kmsKey: kmsKey ?? `arn:aws:kms:${region}:${account}:alias/aws/ecr` };
}

function sorted(rows: Iterable<RepositoryRow>): RepositoryRow[] {
  return [...rows].sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** The repository that an ARN names. */
export function repositoryByArn(parts: EcrParts, arn: string | undefined) {
  const [, , , region = "", account = "", resource = ""] = (arn ?? "").split(":");
  const state = parts.ecr.in({ account, region });
  const name = resource.replace(/^repository\//, "");
  // Unverified: the text.
  if (repositoryArn(state.place, name) !== arn) {
    throw invalidParameter("resourceArn", "must be the ARN of a repository");
  }
  return { state, row: requireRepository(state, name) };
}
