import type { Cloud, RequestContext } from "../../../service.ts";
import {
  invalidParameter,
  invalidRequest,
  markedForDeletion,
  noSecretValue,
  versionExists,
} from "../errors.ts";
import { randomPassword } from "../random-password.ts";
import type { SecretsManagerHandlers } from "../sdk.ts";
import { findSecret, type Secret, secretTable, type SecretVersion } from "../state.ts";
import { newVersion, sameValue } from "../version-value.ts";
import { addVersion, CURRENT, moveStage, versionAt } from "../versions.ts";

const DAY_MS = 24 * 3600 * 1000;

export function secretValueOperations({ store, clock, random }: Cloud) {
  const secretOf = (context: RequestContext, id = "") =>
    findSecret(secretTable(store, context), id, clock.nowMs());
  const save = (context: RequestContext, secret: Secret) =>
    secretTable(store, context).set(secret.name, secret);

  /** Adds the version, unless the same one is there already: then nothing changes. */
  const putVersion = (context: RequestContext, secret: Secret, version: SecretVersion): Secret => {
    const same = secret.versions.find(({ id }) => id === version.id);
    if (same !== undefined) {
      if (!sameValue(same, version)) throw versionExists(version.id);
      return secret;
    }
    const versions = addVersion(secret, version);
    const next = { ...secret, versions, changedAtMs: clock.nowMs() };
    save(context, next);
    return next;
  };

  return {
    GetRandomPassword: (input) => ({ RandomPassword: randomPassword(random, input) }),

    GetSecretValue(input, context) {
      const secret = secretOf(context, input.SecretId);
      if (secret.deletedAtMs !== undefined) {
        throw invalidRequest(
          "You can't perform this operation on the secret because it was marked for deletion.",
        );
      }
      const version = chosenVersion(secret, input.VersionId, input.VersionStage);
      const day = Math.floor(clock.nowMs() / DAY_MS) * DAY_MS;
      if (secret.accessedAtMs !== day) save(context, { ...secret, accessedAtMs: day });
      return {
        ARN: secret.arn,
        Name: secret.name,
        VersionId: version.id,
        SecretString: version.text,
        SecretBinary: version.binary,
        VersionStages: [...version.stages],
        CreatedDate: new Date(version.createdAtMs),
      };
    },

    PutSecretValue(input, context) {
      const secret = secretOf(context, input.SecretId);
      if (secret.deletedAtMs !== undefined) throw markedForDeletion("perform this operation on a");
      if (input.SecretString === undefined && input.SecretBinary === undefined) {
        throw invalidParameter("You must provide either SecretString or SecretBinary.");
      }
      const id = input.ClientRequestToken ?? random.uuid();
      const stages = input.VersionStages ?? [CURRENT];
      const next = putVersion(context, secret, newVersion(input, id, clock.nowMs(), stages));
      const version = next.versions.find((one) => one.id === id);
      return {
        ARN: secret.arn,
        Name: secret.name,
        VersionId: id,
        VersionStages: [...(version?.stages ?? stages)],
      };
    },

    UpdateSecret(input, context) {
      const secret = secretOf(context, input.SecretId);
      if (secret.deletedAtMs !== undefined) throw markedForDeletion("update a");
      const id = input.ClientRequestToken ?? random.uuid();
      const version = newVersion(input, id, clock.nowMs(), [CURRENT]);
      const hasValue = version.text !== undefined || version.binary !== undefined;
      const described = {
        ...secret,
        description: input.Description ?? secret.description,
        kmsKeyId: input.KmsKeyId ?? secret.kmsKeyId,
        changedAtMs: clock.nowMs(),
      };
      store.transaction(() => {
        save(context, described);
        if (hasValue) putVersion(context, described, version);
      });
      return { ARN: secret.arn, Name: secret.name, ...(hasValue ? { VersionId: id } : {}) };
    },

    UpdateSecretVersionStage(input, context) {
      const secret = secretOf(context, input.SecretId);
      const stage = input.VersionStage ?? "";
      const { RemoveFromVersionId: from, MoveToVersionId: to } = input;
      const holder = versionAt(secret, stage);
      if (holder !== undefined && holder.id !== from && to !== holder.id) {
        throw invalidParameter(
          `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
        );
      }
      if (to !== undefined && !secret.versions.some(({ id }) => id === to)) {
        throw noSecretValue("VersionId", to);
      }
      save(context, { ...secret, versions: moveStage(secret.versions, stage, to) });
      return { ARN: secret.arn, Name: secret.name };
    },
  } satisfies SecretsManagerHandlers;
}

/** @throws {AwsError} ResourceNotFoundException, InvalidParameterException */
function chosenVersion(
  secret: Secret,
  id: string | undefined,
  stage: string | undefined,
): SecretVersion {
  if (id === undefined) {
    const wanted = stage ?? CURRENT;
    const version = versionAt(secret, wanted);
    if (version === undefined) throw noSecretValue("staging label", wanted);
    return version;
  }
  const version = secret.versions.find((one) => one.id === id);
  if (version === undefined) throw noSecretValue("VersionId", id);
  if (stage !== undefined && !version.stages.includes(stage)) {
    throw invalidRequest(
      "You provided a VersionStage that is not associated to the provided VersionId.",
    );
  }
  return version;
}
