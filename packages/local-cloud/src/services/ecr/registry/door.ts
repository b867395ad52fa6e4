import type { IncomingMessage, ServerResponse } from "node:http";
import { drain } from "../../../body.ts";
import type { DoorMatch } from "../../../service.ts";
import { findLayer } from "../images.ts";
import type { EcrParts } from "../parts.ts";
import { type PlaceState, requireRepository } from "../state.ts";
import { answer, answerJson, type Exchange } from "./answer.ts";
import { authenticate, NotAuthorizedError } from "./authentication.ts";
import { requireAllowed } from "./authorization.ts";
import { sendLayer, serveBlob } from "./blobs.ts";
import { blobUnknown, RegistryError, registryErrorOf, wrongMethod } from "./errors.ts";
import { serveCatalog, serveReferrers, serveTags } from "./listings.ts";
import { serveManifest } from "./manifests.ts";
import { type Route, routeOf } from "./route.ts";
import { beginUpload, serveUpload } from "./uploads.ts";

/** What a refused client may still send, so that it sees its answer. */
const DRAIN_BYTES = 64 * 1024 * 1024;

/** The OCI distribution API, and the addresses that GetDownloadUrlForLayer gives. */
export function createRegistryDoor(parts: EcrParts) {
  return {
    async serve(
      request: IncomingMessage,
      response: ServerResponse,
      match: DoorMatch,
    ): Promise<void> {
      const mark = match.path.indexOf("?");
      const pathname = mark < 0 ? match.path : match.path.slice(0, mark);
      const query = new URLSearchParams(mark < 0 ? "" : match.path.slice(mark));
      const exchange = { request, response, query };
      response.setHeader("docker-distribution-api-version", "registry/2.0");
      try {
        if (match.door === "ecr-layer") await serveDownload(parts, exchange, match.id);
        else await route(parts, exchange, { match, pathname });
      } catch (error) {
        refuse(exchange, error);
      }
      if (!request.complete) drain(request, DRAIN_BYTES);
    },
  };
}

async function route(
  parts: EcrParts,
  exchange: Exchange,
  { match, pathname }: { readonly match: DoorMatch; readonly pathname: string },
): Promise<void> {
  const session = authenticate(parts, exchange.request, match);
  const { state } = session;
  const found = routeOf(pathname);
  if (found === undefined) {
    throw new RegistryError(404, "UNSUPPORTED", `the registry has nothing at ${pathname}`);
  }
  await requireAllowed(parts, session, exchange, found);
  switch (found.kind) {
    case "ping":
      return answerJson(exchange, { value: {} });
    case "upload":
      return serveUpload(parts, state, exchange, found);
    case "uploads":
      return beginUpload(parts, session, exchange, found.name);
    case "manifest":
      return serveManifest(parts, state, exchange, found);
    case "blob":
      requireRepository(state, found.name);
      return serveBlob(parts, state, exchange, found);
    case "catalog":
    case "tags":
    case "referrers":
      return list(state, exchange, found);
    default:
      throw new Error(`no such route: ${JSON.stringify(found satisfies never)}`);
  }
}

function list(
  state: PlaceState,
  exchange: Exchange,
  found: Extract<Route, { kind: "catalog" | "tags" | "referrers" }>,
): void {
  if (exchange.request.method !== "GET" && exchange.request.method !== "HEAD") {
    throw wrongMethod(exchange.request.method, "GET and HEAD");
  }
  if (found.kind === "catalog") serveCatalog(state, exchange);
  else if (found.kind === "tags") serveTags(state, exchange, found.name);
  else serveReferrers(state, exchange, found);
}

/** Layers that no repository has any more are not given out. */
async function serveDownload(parts: EcrParts, exchange: Exchange, digest: string): Promise<void> {
  const layer = findLayer(parts.ecr, digest);
  if (layer === undefined) throw blobUnknown(digest);
  await sendLayer(parts, exchange, layer);
}

/** @throws what is no refusal, for the server to report. */
function refuse(exchange: Exchange, error: unknown): void {
  if (error instanceof NotAuthorizedError) {
    const host = exchange.request.headers.host ?? "localhost";
    // Source: AWS's answer to a request without credentials, as `curl -i` shows it.
    return answer(exchange, {
      status: 401,
      headers: {
        "www-authenticate": `Basic realm="http://${host}/",service="ecr.amazonaws.com"`,
        "content-type": "text/plain; charset=utf-8",
      },
      body: "Not Authorized\n",
    });
  }
  const refusal = registryErrorOf(error);
  if (refusal === undefined || exchange.response.headersSent) throw error;
  const { status, code, message, headers } = refusal;
  answerJson(exchange, { status, headers, value: { errors: [{ code, message }] } });
}
