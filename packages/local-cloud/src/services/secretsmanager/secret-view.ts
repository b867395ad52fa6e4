import type { SecretsManagerInput } from "./sdk.ts";
import type { Secret } from "./state.ts";
import { stagesById } from "./versions.ts";

/** As DescribeSecret shows it. */
export function describeSecret(secret: Secret) {
  return { ...shownEverywhere(secret), VersionIdsToStages: stagesById(secret) };
}

/** As ListSecrets shows it. */
export function listedSecret(secret: Secret) {
  return { ...shownEverywhere(secret), SecretVersionsToStages: stagesById(secret) };
}

function shownEverywhere(secret: Secret) {
  return {
    ARN: secret.arn,
    Name: secret.name,
    Description: secret.description,
    KmsKeyId: secret.kmsKeyId,
    LastChangedDate: new Date(secret.changedAtMs),
    LastAccessedDate: dateOf(secret.accessedAtMs),
    DeletedDate: dateOf(secret.goneAtMs),
    CreatedDate: new Date(secret.createdAtMs),
    Tags: secret.tags.map((tag) => ({ ...tag })),
  };
}

function dateOf(atMs: number | undefined): Date | undefined {
  return atMs === undefined ? undefined : new Date(atMs);
}

type Filter = NonNullable<SecretsManagerInput<"ListSecrets">["Filters"]>[number];

/** All filters must hold, each by one of its values. Source: model, Filter. */
export function matchesFilters(secret: Secret, filters: readonly Filter[]): boolean {
  return filters.every(({ Key: key, Values: values = [] }) => {
    const texts = textsOf(secret, key);
    return values.some((value) => {
      const negated = value.startsWith("!");
      const wanted = negated ? value.slice(1) : value;
      return texts.some((text) => startsWith(text, wanted, key)) !== negated;
    });
  });
}

function textsOf(secret: Secret, key: Filter["Key"]): readonly string[] {
  const tagKeys = secret.tags.map(({ Key }) => Key);
  const tagValues = secret.tags.map(({ Value }) => Value);
  switch (key) {
    case "name":
      return [secret.name];
    case "description":
      return [secret.description ?? ""];
    case "tag-key":
      return tagKeys;
    case "tag-value":
      return tagValues;
    case "all":
      return [secret.name, secret.description ?? "", ...tagKeys, ...tagValues];
    default:
      return [];
  }
}

/** Names and tags by case, descriptions without; for descriptions and `all` any word may begin. */
function startsWith(text: string, wanted: string, key: Filter["Key"]): boolean {
  if (key !== "description" && key !== "all") return text.startsWith(wanted);
  const lower = wanted.toLowerCase();
  return text
    .toLowerCase()
    .split(/[\s/_-]+/)
    .concat(text.toLowerCase())
    .some((word) => word.startsWith(lower));
}
