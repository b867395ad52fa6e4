import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { RESPONSE_BYTES_MAX } from "./limits.ts";
import type { RuntimeChannel, RuntimeEvent, RuntimeListener } from "./runtime-channel.ts";

const INVOCATION = /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(response|error)$/;

/**
 * The Lambda Runtime API that custom runtimes poll, on a loopback port of its own per worker.
 * Source: AWS docs, runtimes-api. Unverified: the texts of its refusals.
 */
export class RuntimeApi implements RuntimeChannel {
  readonly #listener: RuntimeListener;
  readonly #server: Server;
  #isInitialised = false;
  /** The runtime's long poll for the next event. */
  #poll: ServerResponse | undefined;
  #waiting: RuntimeEvent | undefined;
  /** The event that the runtime has and has not answered. */
  #current: RuntimeEvent | undefined;

  private constructor(listener: RuntimeListener) {
    this.#listener = listener;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    // A runtime may keep its connection while it works, for as long as it likes.
    this.#server.keepAliveTimeout = 0;
  }

  static async listen(listener: RuntimeListener): Promise<RuntimeApi> {
    const api = new RuntimeApi(listener);
    await new Promise<void>((resolve, reject) => {
      api.#server.once("error", reject);
      api.#server.listen(0, "127.0.0.1", resolve);
    });
    return api;
  }

  /** "127.0.0.1:41234" */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  send(event: RuntimeEvent): void {
    this.#waiting = event;
    this.#deliver();
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "").split("?")[0] ?? "";
    try {
      if (path === "/2018-06-01/runtime/invocation/next" && request.method === "GET") {
        return this.#next(response);
      }
      if (path === "/2018-06-01/runtime/init/error" && request.method === "POST") {
        return await this.#initError(request, response);
      }
      const [, requestId, outcome] = INVOCATION.exec(path) ?? [];
      if (requestId !== undefined && request.method === "POST") {
        return await this.#answer(request, response, requestId, outcome === "error");
      }
      refuse(response, 404, "Not Found", "page not found");
    } catch {
      // The runtime broke the connection while it was sending: its exit or the timeout tells.
      response.destroy();
    }
  }

  #next(response: ServerResponse): void {
    this.#poll = response;
    response.once("close", () => {
      if (this.#poll === response) this.#poll = undefined;
    });
    if (!this.#isInitialised) {
      this.#isInitialised = true;
      this.#listener.onReady();
    }
    this.#deliver();
  }

  #deliver(): void {
    if (this.#poll === undefined || this.#waiting === undefined) return;
    const event = this.#waiting;
    const response = this.#poll;
    this.#poll = undefined;
    this.#waiting = undefined;
    this.#current = event;
    response.writeHead(200, eventHeaders(event));
    response.end(event.payload);
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
    isError: boolean,
  ): Promise<void> {
    const payload = await bodyOf(request);
    if (this.#current === undefined) {
      const text =
        "State transition from Ready failed for runtime. Error: State transition is not allowed";
      return refuse(response, 403, "InvalidStateTransition", text);
    }
    if (this.#current.requestId !== requestId) {
      return refuse(response, 400, "InvalidRequestID", "Invalid request ID");
    }
    this.#current = undefined;
    if (payload === undefined) {
      const text = `Exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`;
      refuse(response, 413, "RequestEntityTooLarge", text);
    } else {
      accept(response);
    }
    this.#listener.onAnswer({ isError, payload, isLast: false });
  }

  async #initError(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const document = await bodyOf(request);
    if (this.#isInitialised) {
      const text =
        "State transition from Ready failed for runtime. Error: State transition is not allowed";
      return refuse(response, 403, "InvalidStateTransition", text);
    }
    accept(response);
    const errorType = request.headers["lambda-runtime-function-error-type"];
    this.#listener.onInitFailed(
      document ?? new Uint8Array(),
      typeof errorType === "string" ? errorType : "Runtime.Unknown",
    );
  }
}

function eventHeaders(event: RuntimeEvent): OutgoingHttpHeaders {
  // The deadline is real time, whatever the cloud's clock is: processes run in real time.
  const nowMs = performance.timeOrigin + performance.now();
  return {
    "Content-Type": "application/json",
    "Content-Length": event.payload.length,
    "Lambda-Runtime-Aws-Request-Id": event.requestId,
    "Lambda-Runtime-Deadline-Ms": Math.round(nowMs + event.timeoutMs),
    "Lambda-Runtime-Invoked-Function-Arn": event.invokedFunctionArn,
    "Lambda-Runtime-Trace-Id": event.traceId,
    ...(event.clientContext !== undefined && {
      "Lambda-Runtime-Client-Context": event.clientContext,
    }),
  };
}

/** The whole body, or undefined when it is larger than an answer may be. */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= RESPONSE_BYTES_MAX) chunks.push(chunk);
    else chunks.length = 0;
  }
  return bytes <= RESPONSE_BYTES_MAX ? Buffer.concat(chunks) : undefined;
}

function accept(response: ServerResponse): void {
  response.writeHead(202, { "Content-Type": "application/json" });
  response.end('{"status":"OK"}\n');
}

function refuse(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify({ errorMessage: text, errorType: type }));
}
