import { pageOf } from "../../paging.ts";
import { invalidParameter } from "../errors.ts";
import { listsWith, putImage, removeImage } from "../images.ts";
import { PAGE_ITEMS } from "../limits.ts";
import { sizeOf } from "../manifest.ts";
import { type EcrParts, placeOf } from "../parts.ts";
import type { EcrHandlers } from "../sdk.ts";
import {
  findImage,
  type ImageRef,
  type ImageRow,
  type PlaceState,
  requireImage,
  requireRepository,
  tagsByDigest,
} from "../state.ts";

export function imageOperations(parts: EcrParts) {
  return {
    PutImage(input, context) {
      const state = placeOf(parts, context, input);
      const row = requireRepository(state, input.repositoryName);
      const { text, manifest, digest } = putImage(parts, state, row, {
        text: input.imageManifest ?? "",
        mediaType: input.imageManifestMediaType,
        tag: requireTagForm(input.imageTag),
        digest: input.imageDigest,
      });
      return {
        image: {
          registryId: row.registryId,
          repositoryName: row.name,
          imageId: { imageDigest: digest, imageTag: input.imageTag },
          imageManifest: text,
          imageManifestMediaType: manifest.mediaType,
        },
      };
    },

    BatchGetImage(input, context) {
      const state = placeOf(parts, context, input);
      const row = requireRepository(state, input.repositoryName);
      const { found, failures } = sortOut(state, row.name, input.imageIds ?? []);
      return {
        images: found.map(({ ref, image }) => ({
          registryId: row.registryId,
          repositoryName: row.name,
          imageId: { imageDigest: image.digest, imageTag: ref.imageTag },
          imageManifest: image.text,
          imageManifestMediaType: image.manifest.mediaType,
        })),
        failures,
      };
    },

    BatchDeleteImage(input, context) {
      const state = placeOf(parts, context, input);
      const { name } = requireRepository(state, input.repositoryName);
      const { found, failures } = sortOut(state, name, input.imageIds ?? []);
      const imageIds: { imageDigest: string; imageTag: string | undefined }[] = [];
      for (const { ref, image } of found) {
        const lists = listsWith(state, name, image.digest);
        const tags = tagsByDigest(state, name).get(image.digest) ?? [];
        const isLastName = ref.imageTag === undefined || tags.length <= 1;
        if (!isLastName) {
          state.tags(name).delete(ref.imageTag ?? "");
          imageIds.push({ imageDigest: image.digest, imageTag: ref.imageTag });
        } else if (lists.length > 0) {
          failures.push(referenced(ref, lists));
        } else {
          removeImage(parts, state, name, image);
          const gone = tags.length === 0 ? [undefined] : tags;
          imageIds.push(...gone.map((imageTag) => ({ imageDigest: image.digest, imageTag })));
        }
      }
      return { imageIds, failures };
    },

    ListImages(input, context) {
      const state = placeOf(parts, context, input);
      const { name } = requireRepository(state, input.repositoryName);
      const tags = tagsByDigest(state, name);
      const ids = [...state.images(name).values()].flatMap(({ digest: imageDigest }) =>
        (tags.get(imageDigest) ?? [undefined]).map((imageTag) => ({ imageDigest, imageTag })),
      );
      const page = pageOf(
        ids.filter(({ imageTag }) => isWanted(imageTag !== undefined, input.filter?.tagStatus)),
        {
          keyOf: ({ imageDigest, imageTag }) => `${imageDigest} ${imageTag ?? ""}`,
          token: input.nextToken,
          limit: input.maxResults ?? PAGE_ITEMS,
          badToken,
        },
      );
      return { imageIds: page.items, nextToken: page.nextToken };
    },

    DescribeImages(input, context) {
      const state = placeOf(parts, context, input);
      const row = requireRepository(state, input.repositoryName);
      const tags = tagsByDigest(state, row.name);
      const named = input.imageIds?.map((ref) => requireImage(state, row, ref));
      const images = named ?? [...state.images(row.name).values()];
      const page = pageOf(
        [...new Set(images)].filter(({ digest }) =>
          isWanted(tags.has(digest), input.filter?.tagStatus),
        ),
        {
          keyOf: ({ digest }) => digest,
          token: input.nextToken,
          limit: input.maxResults ?? PAGE_ITEMS,
          badToken,
        },
      );
      const imageDetails = page.items.map((image) => ({
        registryId: row.registryId,
        repositoryName: row.name,
        imageTags: tags.get(image.digest),
        ...imageDetail(image),
      }));
      return { imageDetails, nextToken: page.nextToken };
    },
  } satisfies EcrHandlers;
}

const badToken = () => invalidParameter("nextToken", "must be from an earlier answer");

function imageDetail({ digest, manifest, pushedAtMs, pulledAtMs }: ImageRow) {
  return {
    imageDigest: digest,
    imageSizeInBytes: sizeOf(manifest),
    imagePushedAt: new Date(pushedAtMs),
    imageManifestMediaType: manifest.mediaType,
    artifactMediaType: manifest.artifactType,
    lastRecordedPullTime: pulledAtMs === undefined ? undefined : new Date(pulledAtMs),
    subjectManifestDigest: manifest.subject,
  };
}

function isWanted(isTagged: boolean, status: "ANY" | "TAGGED" | "UNTAGGED" | undefined): boolean {
  if (status === undefined || status === "ANY") return true;
  return isTagged === (status === "TAGGED");
}

/** Source: the OCI distribution spec; botocore's model says only how long it is. Unverified: the text. */
function requireTagForm(tag: string | undefined): string | undefined {
  if (tag === undefined || /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/.test(tag)) return tag;
  throw invalidParameter(
    "imageTag",
    "must satisfy regular expression '[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}'",
  );
}

interface Failure {
  readonly imageId: ImageRef;
  readonly failureCode:
    | "ImageNotFound"
    | "MissingDigestAndTag"
    | "InvalidImageDigest"
    | "ImageTagDoesNotMatchDigest"
    | "ImageReferencedByManifestList";
  readonly failureReason: string;
}

/** Source of codes: botocore ecr model. The texts are those of moto, which has them from AWS. */
function sortOut(state: PlaceState, repository: string, refs: readonly ImageRef[]) {
  const found: { readonly ref: ImageRef; readonly image: ImageRow }[] = [];
  const failures: Failure[] = [];
  for (const ref of refs) {
    const image = findImage(state, repository, ref);
    if (image === undefined) failures.push(missing(state, repository, ref));
    else if (!found.some((other) => isSame(other.ref, ref))) found.push({ ref, image });
  }
  return { found, failures };
}

function missing(state: PlaceState, repository: string, ref: ImageRef): Failure {
  const { imageDigest, imageTag } = ref;
  if (imageDigest === undefined && imageTag === undefined) {
    return {
      imageId: {},
      failureCode: "MissingDigestAndTag",
      failureReason: "Invalid request parameters: both tag and digest cannot be null",
    };
  }
  const tagged = imageTag === undefined ? undefined : findImage(state, repository, { imageTag });
  if (tagged !== undefined) {
    return {
      imageId: { ...ref },
      failureCode: "ImageTagDoesNotMatchDigest",
      failureReason: "Requested image tag does not match the requested digest",
    };
  }
  if (imageDigest !== undefined && !/^[\w+.-]+:[0-9a-fA-F]+$/.test(imageDigest)) {
    return {
      imageId: { ...ref },
      failureCode: "InvalidImageDigest",
      failureReason:
        "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
    };
  }
  return {
    imageId: { ...ref },
    failureCode: "ImageNotFound",
    failureReason: "Requested image not found",
  };
}

function referenced(ref: ImageRef, lists: readonly string[]): Failure {
  return {
    imageId: { ...ref },
    failureCode: "ImageReferencedByManifestList",
    failureReason: `Requested image referenced by manifest list: [${lists.join(",")}]`,
  };
}

function isSame(one: ImageRef, other: ImageRef): boolean {
  return one.imageDigest === other.imageDigest && one.imageTag === other.imageTag;
}
