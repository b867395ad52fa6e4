import { requireRepository, type PlaceState } from "../state.ts";
import { LAYER_MAX_BYTES } from "../limits.ts";
import { LayerTooLargeError, type Upload, UploadBusyError } from "../layers/uploads.ts";
import { DIGEST } from "../manifest.ts";
import type { EcrParts } from "../parts.ts";
import { answer, type Exchange } from "./answer.ts";
import { denialOf, type Session } from "./authorization.ts";
import { digestInvalid, RegistryError, wrongMethod } from "./errors.ts";

/** `POST /v2/{name}/blobs/uploads/`: begins an upload, makes it whole at once, or mounts a layer. */
export async function beginUpload(
  parts: EcrParts,
  session: Session,
  exchange: Exchange,
  name: string,
): Promise<void> {
  const { state } = session;
  if (exchange.request.method !== "POST") throw wrongMethod(exchange.request.method, "POST");
  requireRepository(state, name);
  const digest = exchange.query.get("digest");
  if (digest !== null && !DIGEST.test(digest)) throw digestInvalid(digest);
  if (await mount(parts, session, exchange, name)) {
    return answerCreated(exchange, name, exchange.query.get("mount") ?? "");
  }
  const upload = parts.uploads.begin(state.place, name);
  if (digest === null) return answerProgress(exchange, upload, 202);
  await receive(parts, exchange, upload);
  finish(parts, state, exchange, { upload, digest });
}

/** `/v2/{name}/blobs/uploads/{id}`: GET its progress, PATCH a chunk, PUT the end, DELETE to give up. */
export async function serveUpload(
  parts: EcrParts,
  state: PlaceState,
  exchange: Exchange,
  { name, id }: { readonly name: string; readonly id: string },
): Promise<void> {
  requireRepository(state, name);
  const upload = parts.uploads.find(state.place, name, id);
  if (upload === undefined) {
    throw new RegistryError(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
  }
  switch (exchange.request.method) {
    case "GET":
    case "HEAD":
      return answerProgress(exchange, upload, 204);
    case "PATCH":
      await receive(parts, exchange, upload);
      return answerProgress(exchange, upload, 202);
    case "PUT": {
      const digest = exchange.query.get("digest") ?? "";
      if (!DIGEST.test(digest)) throw digestInvalid(digest);
      await receive(parts, exchange, upload);
      return finish(parts, state, exchange, { upload, digest });
    }
    case "DELETE":
      parts.uploads.cancel(upload);
      return answer(exchange, { status: 204 });
    default:
      throw wrongMethod(exchange.request.method, "GET, PATCH, PUT and DELETE");
  }
}

/**
 * Makes a layer of another repository one of this too. False when it is not there, or is not the client's to read: it
 * is uploaded then. Unverified: which permission AWS asks for.
 */
async function mount(
  parts: EcrParts,
  session: Session,
  exchange: Exchange,
  name: string,
): Promise<boolean> {
  const { state } = session;
  const from = exchange.query.get("from") ?? "";
  const layer = state.layers(from).get(exchange.query.get("mount") ?? "");
  if (layer === undefined) return false;
  const reading = { name: from, action: "GetDownloadUrlForLayer" } as const;
  if ((await denialOf(parts, session, exchange, reading)) !== undefined) return false;
  state.layers(name).set(layer.digest, layer);
  return true;
}

/** Reads the body to the disk. @throws {RegistryError} where it does not go on where the last one ended. */
async function receive(
  { uploads }: EcrParts,
  { request }: Exchange,
  upload: Upload,
): Promise<void> {
  const declared = Number(request.headers["content-length"] ?? 0);
  requireNext(request.headers["content-range"], declared, upload);
  if (upload.receivedBytes + declared > LAYER_MAX_BYTES) throw tooLarge();
  try {
    await uploads.append(upload, request);
  } catch (error) {
    if (error instanceof LayerTooLargeError) throw tooLarge();
    if (error instanceof UploadBusyError) {
      throw new RegistryError(400, "BLOB_UPLOAD_INVALID", error.message);
    }
    throw error;
  }
}

function requireNext(range: string | undefined, declared: number, upload: Upload): void {
  if (range === undefined) return;
  const [, start, end] = /^(?:bytes )?(\d+)-(\d+)(?:\/\S+)?$/.exec(range) ?? [];
  if (Number(start) !== upload.receivedBytes) {
    throw new RegistryError(
      416,
      "RANGE_INVALID",
      `the chunk ${range} does not go on at byte ${upload.receivedBytes}`,
      progressHeaders(upload),
    );
  }
  if (declared > 0 && Number(end) - Number(start) + 1 !== declared) {
    throw new RegistryError(
      400,
      "SIZE_INVALID",
      `the chunk ${range} has ${declared} bytes by its Content-Length`,
    );
  }
}

/** Keeps the layer. An upload with a wrong digest is of no use to anybody: it ends. */
function finish(
  { uploads }: EcrParts,
  state: PlaceState,
  exchange: Exchange,
  { upload, digest }: { readonly upload: Upload; readonly digest: string },
): void {
  const found = uploads.digestOf(upload);
  if (found !== digest) {
    uploads.cancel(upload);
    throw new RegistryError(
      400,
      "DIGEST_INVALID",
      `the content has the digest ${found}, not ${digest}`,
    );
  }
  // Deleted while the bytes came in: nothing may be left of them.
  requireRepository(state, upload.repository);
  uploads.keep(upload);
  state.layers(upload.repository).set(digest, { digest, sizeBytes: upload.receivedBytes });
  answerCreated(exchange, upload.repository, digest);
}

function answerCreated(exchange: Exchange, name: string, digest: string): void {
  answer(exchange, {
    status: 201,
    headers: { location: `/v2/${name}/blobs/${digest}`, "docker-content-digest": digest },
  });
}

function answerProgress(exchange: Exchange, upload: Upload, status: number): void {
  answer(exchange, { status, headers: progressHeaders(upload) });
}

function progressHeaders({ id, repository, receivedBytes }: Upload): Record<string, string> {
  return {
    location: `/v2/${repository}/blobs/uploads/${id}`,
    range: `0-${Math.max(0, receivedBytes - 1)}`,
    "docker-upload-uuid": id,
  };
}

function tooLarge(): RegistryError {
  return new RegistryError(413, "SIZE_INVALID", `a layer has at most ${LAYER_MAX_BYTES} bytes`);
}
