import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Clock, Scheduled } from "../../clock.ts";

interface Silent {
  idleMs(): number;
  /** A client stopped in the middle of a request's head. */
  refuse(socket: Socket): void;
}

/**
 * Ends the connections of clients that send no request for as long as the load balancer waits, on the cloud's clock.
 * While a request has its answer to come, the target's silence is what counts. Source: AWS docs, "Troubleshoot your
 * Application Load Balancers": HTTP 408, and "Connection idle timeout".
 */
export function watchClients(server: Server, clock: Clock, silent: Silent): void {
  const clients = new Map<string, Client>();
  server.on("connection", (socket: Socket) => {
    const key = keyOf(socket);
    const client = new Client(socket, clock, silent);
    clients.set(key, client);
    socket.once("close", () => {
      client.stop();
      clients.delete(key);
    });
  });
  server.on("request", (message, response) => {
    // Over TLS the request's socket is another object, with the same two ends.
    const client = clients.get(keyOf(message.socket));
    client?.began();
    response.once("close", () => client?.ended());
  });
  server.on("upgrade", (message) => clients.get(keyOf(message.socket))?.began());
}

function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remotePort} ${remoteAddress}`;
}

class Client {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #silent: Silent;
  /** Requests without a whole answer: more than one where a client sends ahead. */
  #running = 0;
  #lastMs: number;
  /** What had been read when the last request began or ended. */
  #bytes = 0;
  #bytesSeen = 0;
  #task: Scheduled;

  constructor(socket: Socket, clock: Clock, silent: Silent) {
    this.#socket = socket;
    this.#clock = clock;
    this.#silent = silent;
    this.#lastMs = clock.nowMs();
    this.#task = this.#arm(this.#lastMs + silent.idleMs());
  }

  began(): void {
    this.#running++;
  }

  ended(): void {
    this.#running--;
    this.#bytes = this.#socket.bytesRead;
    this.#lastMs = this.#clock.nowMs();
  }

  stop(): void {
    this.#task.cancel();
  }

  #arm(dueMs: number): Scheduled {
    return this.#clock.schedule(dueMs, () => this.#look());
  }

  /** Bytes are looked at here only, not as they come: silence ends at the second look at the latest. */
  #look(): void {
    const nowMs = this.#clock.nowMs();
    const idleMs = this.#silent.idleMs();
    const { bytesRead } = this.#socket;
    if (bytesRead !== this.#bytesSeen) {
      this.#bytesSeen = bytesRead;
      // It may have been silent ever since the last request ended, but not for longer.
      if (this.#running > 0 || bytesRead !== this.#bytes) this.#lastMs = nowMs;
    }
    const dueMs = this.#lastMs + idleMs;
    if (this.#running > 0 || nowMs < dueMs) {
      this.#task = this.#arm(Math.max(dueMs, nowMs + 1000));
      return;
    }
    if (bytesRead === this.#bytes) this.#socket.destroy();
    else this.#silent.refuse(this.#socket);
  }
}
