import type { Cloud, RequestContext } from "../../../service.ts";
import { pageOf } from "../../paging.ts";
import {
  badToken,
  invalidParameter,
  invalidRequest,
  markedForDeletion,
  secretExists,
} from "../errors.ts";
import {
  PAGE_ITEMS,
  RECOVERY_DAYS_DEFAULT,
  RECOVERY_DAYS_MAX,
  RECOVERY_DAYS_MIN,
  TAGS_MAX,
} from "../limits.ts";
import type { SecretsManagerHandlers, SecretsManagerInput } from "../sdk.ts";
import { findSecret, findSecretIfAny, isGone, type Secret, secretTable } from "../state.ts";
import { newVersion, sameValue } from "../version-value.ts";
import { CURRENT, stagesById } from "../versions.ts";
import { describeSecret, listedSecret, matchesFilters } from "../secret-view.ts";

const DAY_MS = 24 * 3600 * 1000;
const SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

export function secretOperations({ store, clock, random }: Cloud) {
  const secretOf = (context: RequestContext, id = "") =>
    findSecret(secretTable(store, context), id, clock.nowMs());
  const save = (context: RequestContext, secret: Secret) =>
    secretTable(store, context).set(secret.name, secret);
  const secretArn = ({ region, account }: RequestContext, name: string) =>
    `arn:aws:secretsmanager:${region}:${account}:secret:${name}-${random.string(6, SUFFIX)}`;

  return {
    CreateSecret(input, context) {
      const name = input.Name ?? "";
      const nowMs = clock.nowMs();
      const version = newVersion(input, input.ClientRequestToken ?? random.uuid(), nowMs, [
        CURRENT,
      ]);
      const before = secretTable(store, context).get(name);
      if (before !== undefined && !isGone(before, nowMs)) {
        // The same call again is answered as the first one was.
        const same = before.versions.find(({ id }) => id === version.id);
        if (before.deletedAtMs !== undefined) throw pendingDeletion();
        if (same === undefined || !sameValue(same, version)) throw secretExists(name);
        return { ARN: before.arn, Name: name, VersionId: same.id };
      }
      const hasValue = version.text !== undefined || version.binary !== undefined;
      const secret: Secret = {
        name,
        arn: secretArn(context, name),
        description: input.Description,
        kmsKeyId: input.KmsKeyId,
        createdAtMs: nowMs,
        changedAtMs: nowMs,
        accessedAtMs: undefined,
        deletedAtMs: undefined,
        goneAtMs: undefined,
        tags: mergeTags([], input.Tags),
        versions: hasValue ? [version] : [],
      };
      save(context, secret);
      return { ARN: secret.arn, Name: name, ...(hasValue ? { VersionId: version.id } : {}) };
    },

    DescribeSecret: (input, context) => describeSecret(secretOf(context, input.SecretId)),

    ListSecrets(input, context) {
      const nowMs = clock.nowMs();
      const secrets = [...secretTable(store, context).values()].filter(
        (secret) =>
          !isGone(secret, nowMs) &&
          (secret.deletedAtMs === undefined || input.IncludePlannedDeletion === true) &&
          matchesFilters(secret, input.Filters ?? []),
      );
      if (input.SortOrder !== "asc") secrets.reverse();
      const page = pageOf(secrets, {
        keyOf: ({ name }) => name,
        token: input.NextToken,
        limit: input.MaxResults ?? PAGE_ITEMS,
        badToken,
      });
      return { SecretList: page.items.map(listedSecret), NextToken: page.nextToken };
    },

    ListSecretVersionIds(input, context) {
      const secret = secretOf(context, input.SecretId);
      const labelled = stagesById(secret);
      const versions = secret.versions.filter(
        ({ id }) => input.IncludeDeprecated === true || id in labelled,
      );
      const page = pageOf(versions, {
        keyOf: ({ id }) => id,
        token: input.NextToken,
        limit: input.MaxResults ?? PAGE_ITEMS,
        badToken,
      });
      const Versions = page.items.map(({ id, stages, createdAtMs }) => ({
        VersionId: id,
        VersionStages: [...stages],
        CreatedDate: new Date(createdAtMs),
      }));
      return { Versions, NextToken: page.nextToken, ARN: secret.arn, Name: secret.name };
    },

    DeleteSecret(input, context) {
      const nowMs = clock.nowMs();
      checkRecovery(input);
      const secrets = secretTable(store, context);
      const id = input.SecretId ?? "";
      if (input.ForceDeleteWithoutRecovery === true) {
        const secret = findSecretIfAny(secrets, id, nowMs);
        if (secret !== undefined) secrets.delete(secret.name);
        // A missing secret is no error here, so that a retry succeeds. Source: model, DeleteSecret.
        const { arn: ARN, name: Name } = secret ?? { arn: secretArn(context, id), name: id };
        return { ARN, Name, DeletionDate: new Date(nowMs) };
      }
      const secret = findSecret(secrets, id, nowMs);
      if (secret.deletedAtMs !== undefined) {
        throw invalidRequest(
          "You can't perform this operation on the secret because it was marked for deletion.",
        );
      }
      const goneAtMs = nowMs + (input.RecoveryWindowInDays ?? RECOVERY_DAYS_DEFAULT) * DAY_MS;
      save(context, { ...secret, deletedAtMs: nowMs, goneAtMs });
      return { ARN: secret.arn, Name: secret.name, DeletionDate: new Date(goneAtMs) };
    },

    RestoreSecret(input, context) {
      const secret = secretOf(context, input.SecretId);
      save(context, { ...secret, deletedAtMs: undefined, goneAtMs: undefined });
      return { ARN: secret.arn, Name: secret.name };
    },

    TagResource(input, context) {
      const secret = secretOf(context, input.SecretId);
      if (secret.deletedAtMs !== undefined) throw markedForDeletion("tag a");
      save(context, { ...secret, tags: mergeTags(secret.tags, input.Tags) });
      return {};
    },

    UntagResource(input, context) {
      const secret = secretOf(context, input.SecretId);
      const gone = new Set(input.TagKeys);
      save(context, { ...secret, tags: secret.tags.filter(({ Key }) => !gone.has(Key)) });
      return {};
    },
  } satisfies SecretsManagerHandlers;
}

function pendingDeletion() {
  return invalidRequest(
    "You can't create this secret because a secret with this name is already scheduled for deletion.",
  );
}

function checkRecovery(input: SecretsManagerInput<"DeleteSecret">): void {
  const { RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: force } = input;
  if (days !== undefined && force === true) {
    throw invalidParameter(
      "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
    );
  }
  if (days !== undefined && (days < RECOVERY_DAYS_MIN || days > RECOVERY_DAYS_MAX)) {
    throw invalidParameter(
      `The RecoveryWindowInDays value must be between ${RECOVERY_DAYS_MIN} and ${RECOVERY_DAYS_MAX} days (inclusive).`,
    );
  }
}

function mergeTags(
  before: Secret["tags"],
  given: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined,
): Secret["tags"] {
  const byKey = new Map(before.map((tag) => [tag.Key, tag]));
  for (const { Key = "", Value = "" } of given ?? []) byKey.set(Key, { Key, Value });
  // Unverified: the text.
  if (byKey.size > TAGS_MAX) throw invalidParameter(`A secret can have at most ${TAGS_MAX} tags.`);
  return [...byKey.values()];
}
