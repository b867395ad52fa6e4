import { perPlace } from "../../storage/per-place.ts";
import type { Store, Table } from "../../storage/store.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import type { Tags } from "../tags.ts";
import { imageNotFound, repositoryNotFound } from "./errors.ts";
import type { Manifest } from "./manifest.ts";

export type TagMutability =
  | "MUTABLE"
  | "IMMUTABLE"
  | "MUTABLE_WITH_EXCLUSION"
  | "IMMUTABLE_WITH_EXCLUSION";

/** How tags of a repository may move. The filters are wildcards of tags that are the other way. */
export interface MutabilityRow {
  readonly mutability: TagMutability;
  readonly exclusions: readonly string[];
}

export interface RepositoryRow {
  readonly name: string;
  /** The account. */
  readonly registryId: string;
  readonly createdAtMs: number;
  readonly tagMutability: MutabilityRow;
  readonly scanOnPush: boolean;
  readonly encryption: {
    readonly encryptionType: "AES256" | "KMS" | "KMS_DSSE";
    readonly kmsKey?: string | undefined;
  };
  readonly tags: Tags;
  readonly policyText: string | undefined;
  readonly lifecycle: LifecycleRow | undefined;
}

export interface LifecycleRow {
  readonly text: string;
  readonly lastEvaluatedAtMs: number | undefined;
}

/** One manifest. Its bytes are kept as they came: they are what the digest is of. */
export interface ImageRow {
  readonly digest: string;
  readonly text: string;
  readonly manifest: Manifest;
  readonly pushedAtMs: number;
  readonly pulledAtMs: number | undefined;
}

/** A layer or configuration that a repository can use. The bytes are shared by all repositories. */
export interface LayerRow {
  readonly digest: string;
  readonly sizeBytes: number;
}

/** What StartLifecyclePolicyPreview found. */
export interface PreviewRow {
  readonly text: string;
  readonly results: readonly {
    readonly digest: string;
    readonly tags: readonly string[];
    readonly pushedAtMs: number;
    readonly rulePriority: number;
  }[];
}

/** The tables of one account in one region. */
export interface PlaceState {
  readonly place: Place;
  /** By name. */
  readonly repositories: Table<RepositoryRow>;
  /** By digest. */
  images(repository: string): Table<ImageRow>;
  /** Digests by tag. */
  tags(repository: string): Table<string>;
  /** By digest. */
  layers(repository: string): Table<LayerRow>;
  /** By repository. */
  readonly previews: Table<PreviewRow>;
}

export const SERVICE = "ecr";

export interface EcrState {
  in(place: Place): PlaceState;
  /** Every account and region that has ever had a row. */
  places(): PlaceState[];
}

export function openEcrState(store: Store): EcrState {
  const open = perPlace((place) => openPlace(store, place));
  return { in: open, places: () => store.scopes(SERVICE).map(open) };
}

function openPlace(store: Store, { account, region }: Place): PlaceState {
  const table = <Value>(name: string) =>
    store.table<Value>({ account, region, service: SERVICE }, name);
  return {
    place: { account, region },
    repositories: table("repositories"),
    images: (repository) => table(`images/${repository}`),
    tags: (repository) => table(`tags/${repository}`),
    layers: (repository) => table(`layers/${repository}`),
    previews: table("lifecycle-previews"),
  };
}

/** How a call names an image: by either, or by both. */
export interface ImageRef {
  readonly imageDigest?: string | undefined;
  readonly imageTag?: string | undefined;
}

/** @throws RepositoryNotFoundException */
export function requireRepository(state: PlaceState, name: string | undefined): RepositoryRow {
  const row = state.repositories.get(name ?? "");
  if (row === undefined) {
    throw repositoryNotFound({ name: name ?? "", registryId: state.place.account });
  }
  return row;
}

/** Undefined when there is none, or the tag is not at that digest. */
export function findImage(state: PlaceState, repository: string, ref: ImageRef) {
  const tagged = ref.imageTag === undefined ? undefined : state.tags(repository).get(ref.imageTag);
  if (ref.imageTag !== undefined && tagged === undefined) return undefined;
  if (tagged !== undefined && ref.imageDigest !== undefined && tagged !== ref.imageDigest) {
    return undefined;
  }
  return state.images(repository).get(tagged ?? ref.imageDigest ?? "");
}

/** @throws ImageNotFoundException */
export function requireImage(state: PlaceState, repository: RepositoryRow, ref: ImageRef) {
  const image = findImage(state, repository.name, ref);
  if (image === undefined) throw imageNotFound(repository, ref);
  return image;
}

/** The tags of every image of a repository, sorted. */
export function tagsByDigest(state: PlaceState, repository: string): Map<string, string[]> {
  const byDigest = new Map<string, string[]>();
  for (const [tag, digest] of state.tags(repository).entries()) {
    const tags = byDigest.get(digest) ?? [];
    tags.push(tag);
    byDigest.set(digest, tags);
  }
  for (const tags of byDigest.values()) tags.sort();
  return byDigest;
}
