import { isJsonObject, type JsonObject, parseJsonObject } from "../../json-object.ts";

/** What a manifest says, as far as a registry has to know it. */
export interface Manifest {
  readonly mediaType: string;
  /** The configuration and the layers, which must have been uploaded. */
  readonly blobs: readonly Descriptor[];
  /** The manifests of an index, which must have been pushed. */
  readonly children: readonly string[];
  /** What the image is about, for the referrers API. It need not exist. */
  readonly subject: string | undefined;
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

export interface Descriptor {
  readonly digest: string;
  readonly sizeBytes: number;
}

export const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
const IMAGES: readonly string[] = [OCI_MANIFEST, DOCKER_MANIFEST];
const INDEXES: readonly string[] = [OCI_INDEX, DOCKER_LIST];

/** The only algorithm that ECR computes. */
export const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** A manifest that cannot be taken, and why. */
export class ManifestProblem extends Error {
  override readonly name = "ManifestProblem";
}

/**
 * Reads a manifest or an index, of Docker's kind or of OCI's.
 *
 * @param declared the media type it was sent with; wins where the manifest does not say its own.
 * @throws {ManifestProblem}
 */
export function parseManifest(text: string, declared: string | undefined): Manifest {
  const json = parseJsonObject(text);
  if (json === undefined) throw new ManifestProblem("the manifest is not a JSON object");
  if (json["schemaVersion"] !== 2) {
    throw new ManifestProblem(
      `schemaVersion is ${JSON.stringify(json["schemaVersion"])}; only 2 is taken`,
    );
  }
  const mediaType = mediaTypeOf(json, declared);
  const shared = {
    mediaType,
    subject: subjectOf(json),
    artifactType: textOf(json["artifactType"]),
    annotations: annotationsOf(json["annotations"]),
  };
  if (INDEXES.includes(mediaType)) {
    const children = listOf(json, "manifests").map(({ digest }) => digest);
    return { ...shared, blobs: [], children };
  }
  if (!IMAGES.includes(mediaType)) {
    throw new ManifestProblem(
      `the media type ${mediaType} is not one of ${[...IMAGES, ...INDEXES].join(", ")}`,
    );
  }
  const config = json["config"];
  const artifactType =
    shared.artifactType ?? (isJsonObject(config) ? textOf(config["mediaType"]) : undefined);
  const blobs = [descriptorOf(config, "config"), ...listOf(json, "layers")];
  return { ...shared, artifactType, blobs, children: [] };
}

/** What AWS shows as the size: everything that a pull of this image alone would fetch. */
export function sizeOf({ blobs }: Manifest): number {
  const sizes = new Map(blobs.map(({ digest, sizeBytes }) => [digest, sizeBytes]));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

function mediaTypeOf(json: JsonObject, declared: string | undefined): string {
  const own = textOf(json["mediaType"]);
  if (own !== undefined && declared !== undefined && own !== declared) {
    throw new ManifestProblem(`it was sent as ${declared} and says that it is ${own}`);
  }
  const known = own ?? declared;
  if (known !== undefined) return known;
  return Array.isArray(json["manifests"]) ? OCI_INDEX : OCI_MANIFEST;
}

/** Layers with addresses of their own ("foreign") are fetched from there, never from the registry. */
function listOf(json: JsonObject, name: string): Descriptor[] {
  const list = json[name];
  if (!Array.isArray(list)) throw new ManifestProblem(`${name} is not a list`);
  return list
    .map((item: unknown, index) => ({ item, described: descriptorOf(item, `${name}[${index}]`) }))
    .filter(({ item }) => !isJsonObject(item) || !Array.isArray(item["urls"]))
    .map(({ described }) => described);
}

function descriptorOf(value: unknown, where: string): Descriptor {
  if (!isJsonObject(value)) throw new ManifestProblem(`${where} is not a descriptor`);
  const { digest, size } = value;
  if (typeof digest !== "string" || !DIGEST.test(digest)) {
    throw new ManifestProblem(`${where}.digest is not sha256: and 64 hexadecimal digits`);
  }
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
    throw new ManifestProblem(`${where}.size is not a number of bytes`);
  }
  return { digest, sizeBytes: size };
}

function subjectOf(json: JsonObject): string | undefined {
  const { subject } = json;
  return subject === undefined ? undefined : descriptorOf(subject, "subject").digest;
}

function annotationsOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (!isJsonObject(value)) return undefined;
  const texts = Object.entries(value).flatMap(([key, text]) =>
    typeof text === "string" ? [[key, text] as const] : [],
  );
  return Object.fromEntries(texts);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
