import { BodyTooLargeError, readBody } from "../../../body.ts";
import { keepImage } from "../images.ts";
import { MANIFEST_MAX_BYTES } from "../limits.ts";
import { DIGEST } from "../manifest.ts";
import type { EcrParts } from "../parts.ts";
import {
  findImage,
  type ImageRow,
  type PlaceState,
  type RepositoryRow,
  requireRepository,
} from "../state.ts";
import { answer, type Exchange } from "./answer.ts";
import { digestInvalid, manifestUnknown, noDeletes, RegistryError, wrongMethod } from "./errors.ts";

const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
/** How exact the time of the last pull is. Source: AWS docs, ImageDetail (AWS: once a day at least). */
const PULL_KEPT_EVERY_MS = 60_000;

export async function serveManifest(
  parts: EcrParts,
  state: PlaceState,
  exchange: Exchange,
  { name, reference }: { readonly name: string; readonly reference: string },
): Promise<void> {
  const repository = requireRepository(state, name);
  const id = readReference(reference);
  switch (exchange.request.method) {
    case "GET":
    case "HEAD": {
      const image = findImage(state, name, id);
      if (image === undefined) throw manifestUnknown();
      if (exchange.request.method === "GET") keepPullTime(parts, state, name, image);
      const { digest, text, manifest } = image;
      return answer(exchange, {
        status: 200,
        headers: { "content-type": manifest.mediaType, "docker-content-digest": digest },
        body: text,
      });
    }
    case "PUT":
      return putManifest(parts, state, exchange, { repository, id });
    case "DELETE":
      throw noDeletes();
    default:
      throw wrongMethod(exchange.request.method, "GET, HEAD and PUT");
  }
}

interface Reference {
  readonly imageTag?: string;
  readonly imageDigest?: string;
}

/** A digest, or else a tag. */
function readReference(reference: string): Reference {
  if (reference.includes(":")) {
    if (!DIGEST.test(reference)) throw digestInvalid(reference);
    return { imageDigest: reference };
  }
  if (TAG.test(reference)) return { imageTag: reference };
  throw new RegistryError(
    400,
    "TAG_INVALID",
    `${JSON.stringify(reference)} is not a tag: at most 128 letters, digits and . _ -`,
  );
}

async function putManifest(
  parts: EcrParts,
  state: PlaceState,
  exchange: Exchange,
  { repository, id }: { readonly repository: RepositoryRow; readonly id: Reference },
): Promise<void> {
  const text = await readText(exchange);
  const { image } = keepImage(parts, state, requireRepository(state, repository.name), {
    text,
    mediaType: exchange.request.headers["content-type"]?.split(";", 1)[0]?.trim(),
    tag: id.imageTag,
    digest: id.imageDigest,
  });
  const { subject } = image.manifest;
  answer(exchange, {
    status: 201,
    headers: {
      location: `/v2/${repository.name}/manifests/${image.digest}`,
      "docker-content-digest": image.digest,
      ...(subject !== undefined && { "oci-subject": subject }),
    },
  });
}

async function readText({ request }: Exchange): Promise<string> {
  let body: Buffer;
  try {
    body = Buffer.from(await readBody(request, MANIFEST_MAX_BYTES));
  } catch (error) {
    if (!(error instanceof BodyTooLargeError)) throw error;
    throw new RegistryError(
      413,
      "MANIFEST_INVALID",
      `a manifest has at most ${MANIFEST_MAX_BYTES} bytes`,
    );
  }
  const text = body.toString("utf8");
  // The digest is of the bytes, so they must come back the same.
  if (!Buffer.from(text).equals(body)) {
    throw new RegistryError(400, "MANIFEST_INVALID", "the manifest is not UTF-8");
  }
  return text;
}

/** Remembers that an image was pulled. */
export function keepPullTime(
  { cloud }: EcrParts,
  state: PlaceState,
  name: string,
  image: ImageRow,
): void {
  const pulledAtMs = cloud.clock.nowMs();
  if (pulledAtMs - (image.pulledAtMs ?? -Infinity) < PULL_KEPT_EVERY_MS) return;
  state.images(name).set(image.digest, { ...image, pulledAtMs });
}
