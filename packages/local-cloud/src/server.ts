import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { answerAdmin, answerPage, type AdminParts } from "./admin.ts";
import { AwsError } from "./aws-error.ts";
import { BodyTooLargeError, drain, readBody } from "./body.ts";
import type { CloudCore } from "./cloud.ts";
import { findDoor, findRegistry, type OpenDoor } from "./data-plane/doors.ts";
import type { Enforcement } from "./iam-enforcement/enforcement.ts";
import type { RequestContext } from "./service.ts";
import { SERVICES, type ServiceName } from "./services/registry.ts";
import { StorageError } from "./storage/store.ts";
import { notImplemented } from "./wire/index.ts";
import type { Decoded, Wire, WireResponse } from "./wire/wire.ts";

/**
 * Largest body of an AWS API call. Ours: a function's zip may have 50 MB (AWS docs, Lambda quotas), which
 * base64 in JSON makes 67 MB; no other call comes near. Tighter limits are the operations' own.
 */
const BODY_LIMIT_BYTES = 72 * 1024 * 1024;

const TOO_LARGE = new AwsError(
  "RequestEntityTooLargeException",
  `Request must be smaller than ${BODY_LIMIT_BYTES} bytes`,
  { status: 413 },
);

export interface ServerParts {
  readonly core: CloudCore;
  readonly wire: Wire;
  readonly admin: AdminParts;
  /** Who may do what. Left out: everybody may do everything. */
  readonly enforcement?: Enforcement | undefined;
}

/**
 * The whole request path: users' traffic to its door, the cloud's own routes, and everything else
 * through the wire layer to an operation.
 */
export function createCloudServer(parts: ServerParts): Server {
  const shouldUpgradeCallback = (request: IncomingMessage) => takesUpgrades(parts, request);
  const server = createServer({ shouldUpgradeCallback }, (request, response) => {
    answer(parts, request, response).catch((error: unknown) => {
      // The client went away in the middle of its request: there is nobody to answer.
      if (request.destroyed && !request.complete) return;
      parts.core.cloud.warn(`internal error: ${describe(error)}`);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    upgrade(parts, request, { socket, head }).catch((error: unknown) => {
      parts.core.cloud.warn(`internal error: ${describe(error)}`);
      socket.destroy();
    });
  });
  server.keepAliveTimeout = 65_000;
  return server;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Load balancers take websockets; every other request is served as if it had not asked for another protocol. */
function takesUpgrades(parts: ServerParts, request: IncomingMessage): boolean {
  if (request.headers.upgrade?.toLowerCase() !== "websocket") return false;
  return doorOf(parts, request)?.match.door === "elb";
}

const NO_UPGRADE = "HTTP/1.1 501 Not Implemented\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

async function upgrade(
  parts: ServerParts,
  request: IncomingMessage,
  client: { readonly socket: Duplex; readonly head: Buffer },
): Promise<void> {
  const door = doorOf(parts, request);
  const service = door && (await parts.core.service(door.service));
  // Only over https: there, who takes upgrades is not known before.
  if (door === undefined || service?.upgrade === undefined)
    return void client.socket.end(NO_UPGRADE);
  await service.upgrade(request, client, door.match);
}

/** Users' own traffic, by host name or by path. */
function doorOf({ core }: ServerParts, { url = "/", headers }: IncomingMessage) {
  const { hostNames, options } = core.cloud;
  return (
    findDoor(headers.host, url, options.region) ?? hostNames.find(headers.host, url, options.region)
  );
}

async function answer(
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const target = request.url ?? "/";
  const { region } = parts.core.cloud.options;
  const door =
    doorOf(parts, request) ?? findRegistry(target, request.headers.authorization, region);
  if (door !== undefined) return serveDoor(parts, request, response, door);
  if (target.startsWith("/_headgate/")) return serveAdmin(parts, request, response, target);
  return serveApi(parts, request, response);
}

async function serveDoor(
  { core }: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
  { service: name, match }: OpenDoor,
): Promise<void> {
  const service = await core.service(name);
  if (service.serve === undefined) throw new Error(`${name} has no door ${match.door}`);
  await service.serve(request, response, match);
}

async function serveAdmin(
  { admin }: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
  target: string,
): Promise<void> {
  const page = await answerPage(request, target, admin);
  if (page !== undefined) {
    response.writeHead(page.status, page.headers);
    response.end(page.body);
    return;
  }
  const path = target.split("?", 1)[0] ?? target;
  const { status, body, afterwards } = await answerAdmin(request, path, admin);
  response.writeHead(status, { "content-type": "application/json" });
  response.end(`${JSON.stringify(body)}\n`, afterwards);
}

async function serveApi(
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = parts.core.cloud.random.uuid();
  let body: Uint8Array;
  try {
    body = await readBody(request, BODY_LIMIT_BYTES);
  } catch (error) {
    if (!(error instanceof BodyTooLargeError)) throw error;
    send(response, parts.wire.refuse(request, TOO_LARGE, requestId));
    return drain(request, BODY_LIMIT_BYTES);
  }
  const decoded = await parts.wire.decode(request, body);
  if (decoded.kind === "refused") return send(response, decoded.answer(requestId));
  const aborter = new AbortController();
  response.once("close", () => aborter.abort());
  send(response, await run(parts, request, decoded, { requestId, signal: aborter.signal }));
}

/** Runs one decoded operation. Every failure becomes an answer in the caller's protocol. */
async function run(
  { core, enforcement }: ServerParts,
  request: IncomingMessage,
  call: Extract<Decoded, { kind: "call" }>,
  { requestId, signal }: Pick<RequestContext, "requestId" | "signal">,
): Promise<WireResponse> {
  const { account, caller } = core.cloud.identities.identify(call.accessKeyId);
  const { operation, region } = call;
  const context: RequestContext = { account, region, requestId, operation, caller, signal };
  try {
    if (!isService(call.service)) throw notImplemented(call.service, operation);
    const service = await core.service(call.service);
    const handler = service.handlers[operation];
    if (handler === undefined) throw notImplemented(call.service, operation);
    await enforcement?.require({ ...call, service: call.service, request, context }, service.facts);
    return call.encode(await handler(call.input, context), requestId);
  } catch (error) {
    if (error instanceof AwsError) return call.encodeError(error, requestId);
    if (error instanceof StorageError) {
      return call.encodeError(
        new AwsError("InternalFailure", error.message, { status: 500 }),
        requestId,
      );
    }
    core.cloud.warn(
      `internal error in ${call.service} ${operation}: ${error instanceof Error ? error.stack : String(error)}`,
    );
    return call.encodeError(error, requestId);
  }
}

function isService(name: string): name is ServiceName {
  return Object.hasOwn(SERVICES, name);
}

function send(response: ServerResponse, { status, headers, body }: WireResponse): void {
  // Without a length Node would send chunks, which AWS never does for these answers.
  const length = status === 204 ? {} : { "content-length": body?.byteLength ?? 0 };
  response.writeHead(status, { ...headers, ...length });
  response.end(body);
}
