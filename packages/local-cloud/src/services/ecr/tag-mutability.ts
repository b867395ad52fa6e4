import { matchesWildcard } from "../../wildcard.ts";
import { invalidParameter } from "./errors.ts";
import type { MutabilityRow, TagMutability } from "./state.ts";

/** Source: AWS docs, preventing image tags from being overwritten. */
const EXCLUSIONS_MAX = 5;

interface MutabilityInput {
  readonly imageTagMutability?: TagMutability | undefined;
  readonly imageTagMutabilityExclusionFilters?:
    | readonly { readonly filter: string | undefined }[]
    | undefined;
}

/** @throws InvalidParameterException when filters and setting do not go together. The texts are Unverified. */
export function mutabilityOf(input: MutabilityInput): MutabilityRow {
  const mutability = input.imageTagMutability ?? "MUTABLE";
  const exclusions = (input.imageTagMutabilityExclusionFilters ?? []).map(
    ({ filter }) => filter ?? "",
  );
  const field = "imageTagMutabilityExclusionFilters";
  const takesFilters = mutability.endsWith("_WITH_EXCLUSION");
  if (takesFilters && exclusions.length === 0) {
    throw invalidParameter(field, `must be given with ${mutability}`);
  }
  if (!takesFilters && exclusions.length > 0) {
    throw invalidParameter(field, `must not be given with ${mutability}`);
  }
  if (exclusions.length > EXCLUSIONS_MAX) {
    throw invalidParameter(field, `must have at most ${EXCLUSIONS_MAX} filters`);
  }
  return { mutability, exclusions };
}

/** Whether a tag that exists stays where it is. */
export function isImmutable({ mutability, exclusions }: MutabilityRow, tag: string): boolean {
  const isExcluded = exclusions.some((filter) => matchesWildcard(filter, tag));
  switch (mutability) {
    case "MUTABLE":
      return false;
    case "IMMUTABLE":
      return true;
    case "MUTABLE_WITH_EXCLUSION":
      return isExcluded;
    case "IMMUTABLE_WITH_EXCLUSION":
      return !isExcluded;
    default:
      throw new Error(`no such mutability: ${String(mutability satisfies never)}`);
  }
}

/** As the API shows it. */
export function mutabilityOutput({ mutability, exclusions }: MutabilityRow) {
  return {
    imageTagMutability: mutability,
    ...(exclusions.length > 0 && {
      imageTagMutabilityExclusionFilters: exclusions.map((filter) => ({
        filterType: "WILDCARD" as const,
        filter,
      })),
    }),
  };
}
