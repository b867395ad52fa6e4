import { AwsError } from "../../aws-error.ts";
import type { ImageRef, RepositoryRow } from "./state.ts";

/*
 * Codes and statuses: botocore ecr 2015-09-21 model. Texts that name a repository are those that AWS is
 * widely quoted with (moto's tests, terraform-provider-aws, issues of aws/containers-roadmap); what has
 * another source, or none, says so.
 */

type Repository = Pick<RepositoryRow, "name" | "registryId">;

const inRegistry = ({ name, registryId }: Repository) =>
  `repository with name '${name}' in the registry with id '${registryId}'`;

function failure(code: string, message: string, members?: Readonly<Record<string, unknown>>) {
  return new AwsError(code, message, { status: 400, ...(members && { members }) });
}

export const repositoryNotFound = ({ name, registryId }: Repository) =>
  failure(
    "RepositoryNotFoundException",
    `The repository with name '${name}' does not exist in the registry with id '${registryId}'`,
  );

export const repositoryExists = ({ name, registryId }: Repository) =>
  failure(
    "RepositoryAlreadyExistsException",
    `The repository with name '${name}' already exists in the registry with id '${registryId}'`,
  );

export const repositoryNotEmpty = ({ name, registryId }: Repository) =>
  failure(
    "RepositoryNotEmptyException",
    `The repository with name '${name}' in registry with id '${registryId}' cannot be deleted because it still contains images`,
  );

export const imageNotFound = (repository: Repository, { imageDigest, imageTag }: ImageRef) =>
  failure(
    "ImageNotFoundException",
    `The image with imageId {imageDigest:'${imageDigest ?? null}', imageTag:'${imageTag ?? null}'} does not ` +
      `exist within the ${inRegistry(repository)}`,
  );

export const imageExists = (repository: Repository, digest: string, tag: string | undefined) =>
  failure(
    "ImageAlreadyExistsException",
    `Image with digest '${digest}' and tag '${tag ?? null}' already exists in the ` +
      `repository with name '${repository.name}' in registry with id '${repository.registryId}'`,
  );

/** Source: the AWS answer quoted in osscontainertools/kaniko#204. */
export const tagExists = ({ name }: Repository, tag: string) =>
  failure(
    "ImageTagAlreadyExistsException",
    `The image tag '${tag}' already exists in the '${name}' repository and cannot be overwritten because the tag is immutable.`,
  );

/** Unverified: the text. */
export const digestMismatch = (wanted: string, found: string) =>
  failure(
    "ImageDigestDoesNotMatchException",
    `The provided digest '${wanted}' does not match the digest of the image manifest '${found}'`,
  );

/** Unverified: the text. */
export const layersNotFound = (repository: Repository, digests: readonly string[]) =>
  failure(
    "LayersNotFoundException",
    `Layers with digests '[${digests.join(", ")}]' required for pushing image into ` +
      `${inRegistry(repository)} do not exist`,
  );

/** Unverified: the text. */
export const referencedImagesNotFound = (repository: Repository, digests: readonly string[]) =>
  failure(
    "ReferencedImagesNotFoundException",
    `Images with digests '[${digests.join(", ")}]' required for pushing image into ` +
      `${inRegistry(repository)} do not exist`,
  );

/** @param field as the API writes it: "imageManifest". */
export const invalidParameter = (field: string, why: string) =>
  failure(
    "InvalidParameterException",
    `Invalid parameter at '${field}' failed to satisfy constraint: '${why}'`,
  );

export const lifecyclePolicyNotFound = (repository: Repository) =>
  failure(
    "LifecyclePolicyNotFoundException",
    `Lifecycle policy does not exist for the ${inRegistry(repository)}`,
  );

/** Unverified: the text follows its neighbours. */
export const previewNotFound = (repository: Repository) =>
  failure(
    "LifecyclePolicyPreviewNotFoundException",
    `Lifecycle policy preview does not exist for the ${inRegistry(repository)}`,
  );

export const repositoryPolicyNotFound = (repository: Repository) =>
  failure(
    "RepositoryPolicyNotFoundException",
    `Repository policy does not exist for the ${inRegistry(repository)}`,
  );

export const scanNotFound = (repository: Repository, digest: string, tag: string | undefined) =>
  failure(
    "ScanNotFoundException",
    `Image scan does not exist for the image with '{imageDigest:'${digest}', imageTag:'${tag ?? null}'}' in the ${inRegistry(repository)}`,
  );

/** Unverified: the text. */
export const uploadNotFound = (repository: Repository, uploadId: string) =>
  failure(
    "UploadNotFoundException",
    `Layer upload with id '${uploadId}' does not exist in the ${inRegistry(repository)}`,
  );

/** Unverified: the text. */
export const wrongPart = (repository: Repository, uploadId: string, receivedBytes: number) =>
  failure(
    "InvalidLayerPartException",
    `The layer part does not continue the upload with id '${uploadId}', which has ${receivedBytes} bytes`,
    {
      registryId: repository.registryId,
      repositoryName: repository.name,
      uploadId,
      lastValidByteReceived: Math.max(0, receivedBytes - 1),
    },
  );

/** Unverified: the text. */
export const emptyUpload = (uploadId: string) =>
  failure("EmptyUploadException", `The upload with id '${uploadId}' has no layer parts`);

/** Unverified: the text. */
export const partTooSmall = (minimumBytes: number) =>
  failure(
    "LayerPartTooSmallException",
    `Layer parts must be at least ${minimumBytes} bytes in size, except the last`,
  );

/** Unverified: the text. */
export const wrongLayer = (wanted: readonly string[], found: string) =>
  failure(
    "InvalidLayerException",
    `The layer's digest is '${found}', not one of '[${wanted.join(", ")}]'`,
  );

export const layerExists = (repository: Repository, digest: string) =>
  failure(
    "LayerAlreadyExistsException",
    `Layer with digest '${digest}' already exists in the ${inRegistry(repository)}`,
  );

/** Unverified: the text. */
export const layerInaccessible = (repository: Repository, digest: string) =>
  failure(
    "LayersNotFoundException",
    `The layer with digest '${digest}' does not exist in the ${inRegistry(repository)}`,
  );

/** Unverified: the text. */
export const limitExceeded = (what: string, most: number) =>
  failure("LimitExceededException", `The limit of ${most} ${what} has been exceeded`);

/** Source: the code is in botocore's model; the text is Unverified. */
export const tooManyTags = (most: number) =>
  failure("TooManyTagsException", `A resource can have at most ${most} tags`);
