import type { HealthCheckConfig } from "@aws-sdk/client-route-53";
import { STATUS_CODES } from "node:http";
import { connect } from "node:net";
import {
  ANSWER_DEADLINE_MS,
  CONNECT_DEADLINE_MS,
  SEARCHED_BYTES,
  TCP_DEADLINE_MS,
} from "../limits.ts";

/** What a checker saw, with the words of GetHealthCheckStatus. */
export interface Sight {
  readonly isSuccess: boolean;
  readonly status: string;
}

/** Where a check's endpoint is. */
export interface Endpoint {
  readonly protocol: "http" | "https";
  readonly host: string;
  readonly port: number;
  /** The Host header. */
  readonly name: string;
}

/**
 * Asks an endpoint whether it is well. In real time, whatever the cloud's clock does: the endpoint is real.
 * Unverified: the texts of failures without an HTTP status.
 */
export async function probe(endpoint: Endpoint, config: HealthCheckConfig): Promise<Sight> {
  try {
    return config.Type === "TCP" ? await probeTcp(endpoint) : await probeHttp(endpoint, config);
  } catch (error) {
    return failure(isTimeout(error) ? TIMED_OUT : reasonOf(error));
  }
}

const TIMED_OUT = "The health checker could not establish a connection within the timeout limit.";

async function probeHttp(endpoint: Endpoint, config: HealthCheckConfig): Promise<Sight> {
  const { Agent } = await import("undici");
  const { protocol, host, port, name } = endpoint;
  const servername =
    config.EnableSNI === true && !/^[\d.:]+$/.test(name) ? { servername: name } : {};
  const agent = new Agent({
    connect: { rejectUnauthorized: false, timeout: CONNECT_DEADLINE_MS, ...servername },
    headersTimeout: ANSWER_DEADLINE_MS,
    bodyTimeout: ANSWER_DEADLINE_MS,
  });
  try {
    const answer = await agent.request({
      origin: `${protocol}://${host.includes(":") ? `[${host}]` : host}:${port}`,
      path: rooted(config.ResourcePath ?? "/"),
      method: "GET",
      headers: {
        host: name,
        // Source: AWS docs, "Router and firewall rules". AWS adds the check's own reference.
        "user-agent":
          "Amazon-Route53-Health-Check-Service (ref local; report http://amzn.to/1vsZADi)",
      },
      signal: AbortSignal.timeout(CONNECT_DEADLINE_MS + ANSWER_DEADLINE_MS),
    });
    const { statusCode } = answer;
    const told = `HTTP Status Code ${statusCode}, ${STATUS_CODES[statusCode] ?? "Unknown"}`;
    if (statusCode < 200 || statusCode >= 400) return failure(told);
    const wanted = config.SearchString;
    if (wanted === undefined || !isMatch(config)) return success(told);
    const start = await firstBytes(answer.body);
    return start.includes(Buffer.from(wanted, "utf8"))
      ? success(`${told}. Resource searched, string found`)
      : failure(`${told}. The resource was searched, and the string was not found`);
  } finally {
    await agent.destroy();
  }
}

function isMatch({ Type }: HealthCheckConfig): boolean {
  return Type === "HTTP_STR_MATCH" || Type === "HTTPS_STR_MATCH";
}

async function firstBytes(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.byteLength;
    if (length >= SEARCHED_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, SEARCHED_BYTES);
}

function probeTcp({ host, port }: Endpoint): Promise<Sight> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: TCP_DEADLINE_MS });
    const end = (sight: Sight) => {
      socket.destroy();
      resolve(sight);
    };
    socket.once("connect", () => end(success("Connection successful")));
    socket.once("timeout", () => end(failure(TIMED_OUT)));
    socket.once("error", (error) => end(failure(reasonOf(error))));
  });
}

function success(what: string): Sight {
  return { isSuccess: true, status: `Success: ${what}` };
}

function failure(what: string): Sight {
  return { isSuccess: false, status: `Failure: ${what}` };
}

function rooted(path: string): string {
  return path.startsWith("/") ? path : `/${path}`;
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && /timeout/i.test(error.name);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
