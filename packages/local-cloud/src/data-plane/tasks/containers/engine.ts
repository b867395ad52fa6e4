import type { Readable } from "node:stream";
import { type Dispatcher, Pool } from "undici";
import { isJsonObject, type JsonObject, parseJsonObject } from "../../../json-object.ts";

/** How long the engine may take for one ordinary answer. Ours: starting a container on a busy machine takes seconds. */
const CALL_TIMEOUT_MS = 60_000;
/** The first answer: a busy engine needs seconds for it; where nobody listens it fails at once. */
const PING_TIMEOUT_MS = 10_000;
/** Largest answer that is read as a whole. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

export interface EngineCall {
  readonly method: "GET" | "POST" | "DELETE";
  /** With its query. */
  readonly path: string;
  readonly json?: unknown;
  readonly body?: Readable;
  readonly timeoutMs?: number;
}

export interface EngineAnswer {
  readonly status: number;
  readonly text: string;
  /** Undefined when the answer is no JSON object. */
  readonly json: JsonObject | undefined;
}

/** The engine did not answer, or not what it should have. `message` is its own where it has one. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  /** Undefined when there was no answer. */
  readonly status: number | undefined;

  constructor(message: string, status?: number, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/**
 * A container engine that speaks Docker's HTTP API, on a unix socket or on tcp.
 * Source: Docker Engine API 1.41; Podman answers it too. Paths without a version mean the engine's newest.
 */
export class Engine {
  readonly address: string;
  readonly #pool: Pool;

  /** @param address "unix:///var/run/docker.sock", "tcp://127.0.0.1:2375". @throws {EngineError} for other kinds. */
  constructor(address: string) {
    this.address = address;
    const [, kind, rest = ""] = /^(unix|tcp|http):\/\/(.+)$/.exec(address) ?? [];
    if (kind === undefined) {
      throw new EngineError(
        `${address} cannot be used: a container engine's address is unix:///path or tcp://host:port`,
      );
    }
    // Followed logs and waits hold a connection each.
    const options = { connections: null, pipelining: 1, connectTimeout: PING_TIMEOUT_MS };
    this.#pool =
      kind === "unix"
        ? new Pool("http://localhost", { ...options, socketPath: rest })
        : new Pool(`http://${rest}`, options);
  }

  /** "Podman Engine 4.3.1". Undefined when nobody answers. */
  async version(): Promise<string | undefined> {
    try {
      const path = "/version";
      const { status, json } = await this.call({ method: "GET", path, timeoutMs: PING_TIMEOUT_MS });
      if (status !== 200 || json === undefined) return undefined;
      const components: unknown[] = Array.isArray(json["Components"]) ? json["Components"] : [];
      const first = components.find(isJsonObject);
      return `${textOf(first?.["Name"]) ?? "an engine"} ${textOf(json["Version"]) ?? ""}`.trim();
    } catch (error) {
      if (error instanceof EngineError) return undefined;
      throw error;
    }
  }

  /** @throws {EngineError} when it does not answer in time; any status is an answer. */
  async call(call: EngineCall): Promise<EngineAnswer> {
    const timeoutMs = call.timeoutMs ?? CALL_TIMEOUT_MS;
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const { statusCode, body } = await this.#send(call, timeoutMs, signal);
      const text = await textWithin(body, ANSWER_BYTES_MAX);
      return { status: statusCode, text, json: parseJsonObject(text) };
    } catch (error) {
      throw this.#noAnswer(call, error);
    }
  }

  /** As `call`, and every status but those in `allowed` is an error with the engine's own message. */
  async require(call: EngineCall, ...allowed: readonly number[]): Promise<EngineAnswer> {
    const answer = await this.call(call);
    if (allowed.includes(answer.status)) return answer;
    throw new EngineError(messageOf(answer), answer.status);
  }

  /**
   * An answer that goes on for as long as a container lives: no deadline but `signal`.
   * @throws {EngineError} when it does not begin, or with another status than 200 or 101.
   */
  async stream(call: EngineCall, signal: AbortSignal): Promise<Readable> {
    let answer: Dispatcher.ResponseData;
    try {
      answer = await this.#send(call, 0, signal);
    } catch (error) {
      throw this.#noAnswer(call, error);
    }
    if (answer.statusCode === 200) return answer.body;
    const text = await textWithin(answer.body, ANSWER_BYTES_MAX);
    const { statusCode: status } = answer;
    throw new EngineError(messageOf({ status, text, json: parseJsonObject(text) }), status);
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  #send(
    call: EngineCall,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const { method, path, json, body } = call;
    return this.#pool.request({
      method,
      path,
      body: json === undefined ? (body ?? null) : JSON.stringify(json),
      headers: {
        ...(json !== undefined && { "content-type": "application/json" }),
        ...(body !== undefined && { "content-type": "application/x-tar" }),
      },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      signal,
    });
  }

  #noAnswer({ method, path }: EngineCall, cause: unknown): EngineError {
    if (cause instanceof EngineError) return cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    return new EngineError(
      `the container engine at ${this.address} did not answer ${method} ${path}: ${why}`,
      undefined,
      { cause },
    );
  }
}

/** Source: Docker Engine API, ErrorResponse. */
function messageOf({ status, text, json }: EngineAnswer): string {
  return textOf(json?.["message"]) ?? `the container engine answered ${status}: ${text.trim()}`;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

async function textWithin(body: AsyncIterable<Buffer>, max: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > max) throw new EngineError(`the container engine answered more than ${max} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
