import { buffer } from "node:stream/consumers";
import type { ImagePort, StoredImage } from "../../data-plane/ports/images.ts";
import { isJsonObject, type JsonObject, parseJsonObject } from "../../json-object.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import { CONFIG_MAX_BYTES } from "./limits.ts";
import type { EcrParts } from "./parts.ts";
import { keepPullTime } from "./registry/manifests.ts";
import { repositoryArn } from "./repository-output.ts";
import { findImage, type ImageRef, type ImageRow, type PlaceState } from "./state.ts";

/** Images of the registry, for services that run them. */
export function createImagePort(parts: EcrParts): ImagePort {
  return {
    find(caller, reference) {
      const found = readReference(reference);
      const place = found === undefined ? undefined : placeOf(parts, caller, found.host);
      if (found === undefined || place === undefined) return { kind: "foreign" };
      const state = parts.ecr.in(place);
      const { repository, ref } = found;
      if (!state.repositories.has(repository)) return { kind: "repositoryMissing" };
      const named = findImage(state, repository, ref);
      const image = named && runnableOf(state, repository, named);
      if (named === undefined || image === undefined) return { kind: "imageMissing" };
      keepPullTime(parts, state, repository, named);
      return { kind: "found", image: storedImage(parts, image) };
    },

    repositoryArn(caller, reference) {
      const found = readReference(reference);
      const place = found === undefined ? undefined : placeOf(parts, caller, found.host);
      if (found === undefined || place === undefined) return undefined;
      return repositoryArn(place, found.repository);
    },
  };
}

interface Reference {
  readonly host: string;
  readonly repository: string;
  readonly ref: ImageRef;
}

/** Undefined without a host: "nginx" is an image of Docker Hub. */
function readReference(reference: string): Reference | undefined {
  const [, host, repository, tag, imageDigest] =
    /^([^/@]+)\/([^:@]+)(?::([^:@/]+))?(?:@(.+))?$/.exec(reference) ?? [];
  if (host === undefined || repository === undefined || !/[.:]|^localhost$/.test(host)) {
    return undefined;
  }
  // A digest alone names the image; what a tag beside it says is not looked at, as engines do it.
  const ref = imageDigest === undefined ? { imageTag: tag ?? "latest" } : { imageDigest };
  return { host: host.toLowerCase(), repository, ref };
}

const AWS_HOST =
  /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|localhost)(?::\d+)?$/;

/** Whose repositories a host has; undefined for another registry's. The cloud's own address has the caller's. */
function placeOf({ cloud }: EcrParts, caller: Place, host: string): Place | undefined {
  const [, account, region] = AWS_HOST.exec(host) ?? [];
  if (account !== undefined && region !== undefined) return { account, region };
  const own = new URL(cloud.endpointUrl());
  const port = own.port === "" ? "80" : own.port;
  const names = [own.hostname, "localhost", "127.0.0.1", "[::1]"].map((name) => `${name}:${port}`);
  return names.includes(host) || host === own.host ? caller : undefined;
}

/** Indexes inside indexes end here; nobody makes deeper ones. */
const INDEX_DEPTH = 4;

/** The image itself, or of an index the entry for this machine, or else the first that is an image. */
function runnableOf(
  state: PlaceState,
  repository: string,
  image: ImageRow,
  depth = 0,
): ImageRow | undefined {
  if (image.manifest.children.length === 0) {
    return image.manifest.blobs.length > 0 ? image : undefined;
  }
  if (depth === INDEX_DEPTH) return undefined;
  const entries = listOf(parseJsonObject(image.text)?.["manifests"]);
  const chosen = entries.find(isForThisMachine) ?? entries.find((entry) => !isAttestation(entry));
  const digest = chosen?.["digest"];
  const child = typeof digest === "string" ? state.images(repository).get(digest) : undefined;
  return child && runnableOf(state, repository, child, depth + 1);
}

/** Go's names for what Node calls otherwise. Source: OCI image spec 1.1, "Image Index". */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };

function isForThisMachine(entry: JsonObject): boolean {
  const { platform } = entry;
  if (!isJsonObject(platform) || platform["os"] !== "linux") return false;
  return platform["architecture"] === (ARCHITECTURES[process.arch] ?? process.arch);
}

/** What BuildKit puts beside images: nothing to run. Source: moby/buildkit docs, "attestation storage". */
function isAttestation({ platform }: JsonObject): boolean {
  return isJsonObject(platform) && platform["os"] === "unknown";
}

function storedImage({ layers }: EcrParts, { digest, text, manifest }: ImageRow): StoredImage {
  const [config, ...blobs] = manifest.blobs;
  const types = new Map(
    listOf(parseJsonObject(text)?.["layers"]).map((layer) => [layer["digest"], layer["mediaType"]]),
  );
  return {
    digest,
    async config() {
      if (config === undefined || config.sizeBytes > CONFIG_MAX_BYTES) {
        throw new Error(
          `the configuration of ${digest} has ${config?.sizeBytes} bytes; at most ${CONFIG_MAX_BYTES} are read`,
        );
      }
      return buffer(layers.read(config.digest));
    },
    layers: blobs.map(({ digest, sizeBytes }) => ({
      digest,
      sizeBytes,
      mediaType: textOf(types.get(digest)) ?? "application/vnd.oci.image.layer.v1.tar+gzip",
      open: () => layers.read(digest),
    })),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
