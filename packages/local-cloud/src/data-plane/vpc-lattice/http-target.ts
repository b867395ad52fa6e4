import type { Dispatcher } from "undici";
import type { Exchange } from "./exchange.ts";
import { isHopByHop } from "../hop-by-hop.ts";
import { clientHeaders, latticeHeaders } from "./lattice-headers.ts";
import type { LiveTarget } from "./live-services.ts";
import { LatticeFailure, type Reply } from "./reply.ts";

/** How long a target may be silent. Source: AWS docs, VPC Lattice quotas (connection idle timeout). */
const SILENCE_MAX_MS = 60_000;
const CONNECT_MAX_MS = 5_000;

/**
 * Opens the connections to the targets of a group; they are kept and used again.
 * @param onConnect hears of each new one.
 */
export async function openTargets(onConnect: () => void): Promise<Dispatcher> {
  const { Agent } = await import("undici");
  const agent = new Agent({
    // Source: AWS docs, "HTTPS to targets": certificates of targets are not validated.
    connect: { rejectUnauthorized: false, timeout: CONNECT_MAX_MS },
    headersTimeout: SILENCE_MAX_MS,
    bodyTimeout: SILENCE_MAX_MS,
  });
  return agent.on("connect", onConnect);
}

/**
 * Sends a request to an address, both bodies as streams. The statuses are those of Envoy, which AWS uses
 * (its answers carry `x-envoy-upstream-service-time`); for VPC Lattice they are Unverified.
 * @throws {LatticeFailure}
 */
export async function callAddress(
  dispatcher: Dispatcher,
  exchange: Exchange,
  { id, port }: LiveTarget,
): Promise<Reply> {
  const { message, method, target, group } = exchange;
  const host = id.includes(":") ? `[${id}]` : id;
  const scheme = group?.config.protocol === "HTTPS" ? "https" : "http";
  const abort = new AbortController();
  message.once("close", () => {
    if (!message.complete) abort.abort();
  });
  try {
    const answer = await dispatcher.request({
      origin: `${scheme}://${host}:${port ?? 80}`,
      path: target,
      method,
      headers: [...clientHeaders(exchange), ...latticeHeaders(exchange)].flat(),
      body: hasBody(exchange) ? message : null,
      signal: abort.signal,
    });
    const headers = Object.entries(answer.headers).flatMap(([name, value]) =>
      isHopByHop(name) ? [] : [value ?? []].flat().flatMap((one) => [name, one]),
    );
    return { status: answer.statusCode, headers, body: answer.body };
  } catch (error) {
    throw failureOf(error);
  }
}

function hasBody({ message }: Exchange): boolean {
  const { headers } = message;
  return headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
}

function failureOf(error: unknown): LatticeFailure {
  const name = error instanceof Error ? error.name : "";
  const why = error instanceof Error ? error.message : String(error);
  if (name === "ConnectTimeoutError") {
    return new LatticeFailure(503, "TargetConnectionTimeout", why);
  }
  if (name === "HeadersTimeoutError") {
    return new LatticeFailure(504, "TargetRequestTimeout", "upstream request timeout");
  }
  return new LatticeFailure(503, "TargetConnectionError", why);
}
