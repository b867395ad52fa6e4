import { createHash } from "node:crypto";
import {
  digestMismatch,
  imageExists,
  invalidParameter,
  layersNotFound,
  limitExceeded,
  referencedImagesNotFound,
  tagExists,
} from "./errors.ts";
import { TAGS_PER_IMAGE } from "./limits.ts";
import { ManifestProblem, parseManifest, type Manifest } from "./manifest.ts";
import type { EcrParts } from "./parts.ts";
import type { EcrState, ImageRow, LayerRow, PlaceState, RepositoryRow } from "./state.ts";
import { isImmutable } from "./tag-mutability.ts";

export interface NewImage {
  readonly text: string;
  readonly mediaType: string | undefined;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/**
 * Keeps a manifest and sets its tag. What is there already stays as it is.
 *
 * @throws AWS's errors: not a manifest, another digest than said, without its layers or its images, a
 * tag that may not move.
 */
export function keepImage(
  { cloud }: EcrParts,
  state: PlaceState,
  repository: RepositoryRow,
  { text, mediaType, tag, digest: wanted }: NewImage,
): { readonly image: ImageRow; readonly isNew: boolean } {
  const manifest = readManifest(text, mediaType);
  const digest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
  if (wanted !== undefined && wanted !== digest) throw digestMismatch(wanted, digest);
  requireParts(state, repository, manifest);
  const images = state.images(repository.name);
  const tags = state.tags(repository.name);
  const tagged = tag === undefined ? undefined : tags.get(tag);
  if (tag !== undefined && tagged !== digest) {
    if (tagged !== undefined && isImmutable(repository.tagMutability, tag)) {
      throw tagExists(repository, tag);
    }
    const others = [...tags.entries()].filter(([, at]) => at === digest).length;
    if (others >= TAGS_PER_IMAGE) throw limitExceeded("tags per image", TAGS_PER_IMAGE);
  }
  const before = images.get(digest);
  const pushedAtMs = cloud.clock.nowMs();
  const image = before ?? { digest, text, manifest, pushedAtMs, pulledAtMs: undefined };
  cloud.store.transaction(() => {
    if (before === undefined) images.set(digest, image);
    if (tag !== undefined && tagged !== digest) tags.set(tag, digest);
  });
  return { image, isNew: before === undefined || (tag !== undefined && tagged !== digest) };
}

/** As PutImage has it: unlike a push, the same image with the same tag is refused. */
export function putImage(
  parts: EcrParts,
  state: PlaceState,
  repository: RepositoryRow,
  image: NewImage,
): ImageRow {
  const kept = keepImage(parts, state, repository, image);
  if (!kept.isNew) throw imageExists(repository, kept.image.digest, image.tag);
  return kept.image;
}

/** The images of the repository that have this one as a part, and so keep it. */
export function listsWith(state: PlaceState, repository: string, digest: string): string[] {
  return [...state.images(repository).values()]
    .filter(({ manifest }) => manifest.children.includes(digest))
    .map((image) => image.digest);
}

/** Removes an image, its tags, and the layers that nothing else has. */
export function removeImage(
  { cloud, ecr, layers }: EcrParts,
  state: PlaceState,
  repository: string,
  { digest, manifest }: ImageRow,
): void {
  const own = state.layers(repository);
  const gone = cloud.store.transaction(() => {
    const tags = state.tags(repository);
    for (const [tag, at] of tags.entries()) if (at === digest) tags.delete(tag);
    state.images(repository).delete(digest);
    const used = new Set(
      [...state.images(repository).values()].flatMap((image) =>
        image.manifest.blobs.map((blob) => blob.digest),
      ),
    );
    const unused = manifest.blobs.map((blob) => blob.digest).filter((blob) => !used.has(blob));
    for (const layer of unused) own.delete(layer);
    return unused;
  });
  for (const layer of new Set(gone)) if (!isLayerUsed(ecr, layer)) layers.remove(layer);
}

/** Removes everything of a repository. */
export function removeRepository(
  { cloud, ecr, layers }: EcrParts,
  state: PlaceState,
  { name }: RepositoryRow,
): void {
  const held = [...state.layers(name).values()].map(({ digest }) => digest);
  cloud.store.transaction(() => {
    for (const table of [state.images(name), state.tags(name), state.layers(name)]) {
      for (const [key] of table.entries()) table.delete(key);
    }
    state.previews.delete(name);
    state.repositories.delete(name);
  });
  for (const layer of held) if (!isLayerUsed(ecr, layer)) layers.remove(layer);
}

/** Whether a repository anywhere has the layer: its bytes are shared. */
export function isLayerUsed(ecr: EcrState, digest: string): boolean {
  return findLayer(ecr, digest) !== undefined;
}

/** The layer, in whichever repository has it. */
export function findLayer(ecr: EcrState, digest: string): LayerRow | undefined {
  for (const state of ecr.places()) {
    for (const { name } of state.repositories.values()) {
      const layer = state.layers(name).get(digest);
      if (layer !== undefined) return layer;
    }
  }
  return undefined;
}

function readManifest(text: string, mediaType: string | undefined): Manifest {
  try {
    return parseManifest(text, mediaType);
  } catch (error) {
    // Unverified: AWS's text.
    if (error instanceof ManifestProblem) throw invalidParameter("imageManifest", error.message);
    throw error;
  }
}

function requireParts(state: PlaceState, repository: RepositoryRow, manifest: Manifest): void {
  const layers = state.layers(repository.name);
  const missing = manifest.blobs
    .map(({ digest }) => digest)
    .filter((digest) => !layers.has(digest));
  if (missing.length > 0) throw layersNotFound(repository, missing);
  const images = state.images(repository.name);
  const absent = manifest.children.filter((digest) => !images.has(digest));
  if (absent.length > 0) throw referencedImagesNotFound(repository, absent);
}
