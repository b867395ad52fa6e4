import { RolloutError } from "@headgate/core/errors";
import type { Document } from "./image-documents.ts";

/** A layer may take its time on a slow disk; nothing takes longer. */
const CALL_TIMEOUT_MS = 10 * 60_000;

/** One repository of a registry that speaks the OCI distribution API. */
export interface Registry {
  readonly url: string;
  readonly repository: string;
  /** Base64 of user and password. */
  readonly token: string;
  readonly signal: AbortSignal;
}

/** Uploads bytes that the repository does not have yet. Returns whether it did not have them. */
export async function pushBlob(registry: Registry, digest: string, bytes: Blob): Promise<boolean> {
  const path = `/v2/${registry.repository}/blobs/${digest}`;
  const known = await call(registry, path, { method: "HEAD" });
  if (known.ok) return false;
  const begun = await call(registry, `/v2/${registry.repository}/blobs/uploads/`, {
    method: "POST",
  });
  await requireStatus(begun, 202, "begin an upload");
  const location = new URL(begun.headers.get("location") ?? "", registry.url);
  location.searchParams.set("digest", digest);
  const ended = await call(registry, location.href, {
    method: "PUT",
    body: bytes,
    mediaType: "application/octet-stream",
  });
  await requireStatus(ended, 201, `take ${digest}`);
  return true;
}

/** Keeps the manifest under a tag. */
export async function pushManifest(
  registry: Registry,
  tag: string,
  { mediaType, text }: Document,
): Promise<void> {
  const response = await call(registry, `/v2/${registry.repository}/manifests/${tag}`, {
    method: "PUT",
    body: text,
    mediaType,
  });
  await requireStatus(response, 201, `take the tag ${tag}`);
}

interface Request {
  readonly method: "HEAD" | "POST" | "PUT";
  readonly body?: Blob | string;
  readonly mediaType?: string;
}

async function call(
  { url, token, signal }: Registry,
  path: string,
  { method, body, mediaType }: Request,
): Promise<Response> {
  try {
    return await fetch(new URL(path, url), {
      method,
      body: body ?? null,
      headers: {
        authorization: `Basic ${token}`,
        ...(mediaType !== undefined && { "content-type": mediaType }),
      },
      signal: AbortSignal.any([signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]),
    });
  } catch (cause) {
    throw new RolloutError("LOCAL_CLOUD", `the registry at ${url} does not answer`, {
      hint: "See whether the local cloud still runs: `headgate local status`.",
      cause,
    });
  }
}

async function requireStatus(response: Response, wanted: number, what: string): Promise<void> {
  const body = await response.text();
  if (response.status === wanted) return;
  throw new RolloutError(
    "LOCAL_CLOUD",
    `the registry would not ${what}: status ${response.status}, ${body.trim()}`,
    {
      hint: "An immutable tag needs another --tag; otherwise look at the local cloud's own output.",
    },
  );
}
