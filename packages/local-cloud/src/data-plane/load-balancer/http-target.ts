import type { IncomingMessage } from "node:http";
import { pipeline, type Readable, Transform } from "node:stream";
import type { Dispatcher } from "undici";
import type { Clock } from "../../clock.ts";
import type { Exchange } from "./exchange.ts";
import { isHopByHop } from "../hop-by-hop.ts";
import { clientHeaders, ownHeaders } from "./forwarded-headers.ts";
import { BalancerFailure, type Reply } from "./reply.ts";

/** Source: AWS docs, "Troubleshoot your Application Load Balancers": HTTP 504. */
const CONNECT_MAX_MS = 10_000;
/** Of a whole answer. Source: AWS docs, "HTTP header limits". */
const RESPONSE_HEADER_MAX_BYTES = 32 * 1024;

/** Opens the connections to the targets of a group; they are kept and used again. */
export async function openTargets(): Promise<Dispatcher> {
  const { Agent } = await import("undici");
  return new Agent({
    // Source: AWS docs, "Target groups": certificates of targets are not validated.
    connect: { rejectUnauthorized: false, timeout: CONNECT_MAX_MS },
    maxHeaderSize: RESPONSE_HEADER_MAX_BYTES,
    // Silence is measured on the cloud's clock.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

export interface AddressCall {
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly at: { readonly host: string; readonly port: number };
  /** Abort when the target's time is over, and when the client has gone. */
  readonly signals: readonly AbortSignal[];
}

/**
 * Sends a request to an address, both bodies as streams.
 * Source of the statuses: AWS docs, "Troubleshoot your Application Load Balancers".
 * @throws {BalancerFailure}
 */
export async function callAddress(exchange: Exchange, call: AddressCall): Promise<Reply> {
  const { message, method, target, group, balancer } = exchange;
  const { host, port } = call.at;
  const scheme = group?.protocol === "HTTPS" ? "https" : "http";
  const idleMs = Number(balancer.attributes["idle_timeout.timeout_seconds"] ?? "60") * 1000;
  const silence = watchSilence(call.clock, idleMs);
  try {
    const answer = await call.dispatcher.request({
      origin: `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`,
      path: target,
      method,
      headers: [...clientHeaders(exchange), ...ownHeaders(exchange)].flat(),
      body: hasBody(exchange) ? heardBy(silence, message) : null,
      signal: AbortSignal.any([...call.signals, silence.signal]),
    });
    const headers = Object.entries(answer.headers).flatMap(([name, value]) =>
      isHopByHop(name) ? [] : [value ?? []].flat().flatMap((one) => [name, one]),
    );
    const body: Readable = answer.body;
    body.on("data", () => silence.heard());
    body.pause();
    body.once("close", () => silence.end());
    return { status: answer.statusCode, headers, body };
  } catch (error) {
    silence.end();
    if (silence.signal.aborted) throw new BalancerFailure(504, "the target was silent");
    throw failureOf(exchange, error);
  }
}

/** Aborts when nothing is heard for so long. */
function watchSilence(clock: Clock, idleMs: number) {
  const abort = new AbortController();
  let lastMs = clock.nowMs();
  const look = () => {
    const dueMs = lastMs + idleMs;
    if (clock.nowMs() >= dueMs) abort.abort();
    else task = clock.schedule(dueMs, look);
  };
  let task = clock.schedule(lastMs + idleMs, look);
  return {
    signal: abort.signal,
    heard() {
      lastMs = clock.nowMs();
    },
    end: () => task.cancel(),
  };
}

/** The client's body as it comes. Listening to it directly would lose what comes before anybody else listens. */
function heardBy(silence: { heard(): void }, message: IncomingMessage): Readable {
  const body = new Transform({
    transform(chunk, _encoding, done) {
      silence.heard();
      done(null, chunk);
    },
  });
  // What goes wrong on either side ends the other; the request itself tells of it.
  pipeline(message, body, () => undefined);
  return body;
}

function hasBody({ message }: Exchange): boolean {
  const { headers } = message;
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

const NO_CONNECTION = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND"]);

function failureOf(exchange: Exchange, error: unknown): BalancerFailure {
  const why = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "UND_ERR_CONNECT_TIMEOUT") {
    exchange.hasConnectionError = true;
    return new BalancerFailure(504, why);
  }
  if (NO_CONNECTION.has(code)) exchange.hasConnectionError = true;
  return new BalancerFailure(502, why);
}
