import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import type { Cloud } from "../../service.ts";
import { watchClients } from "./client-silence.ts";
import { createTlsFront, type TlsFront } from "../tls/tls-front.ts";
import type { BalancerDoor, ListenerId } from "./balancer-door.ts";

/** The ports of this machine that listeners have to themselves. */
export interface ListenerPorts {
  /**
   * Opens a port for a listener, unless it has one.
   * @returns the port; undefined when the machine gives none.
   */
  open(id: ListenerId & { readonly wantedPort: number | undefined }): Promise<number | undefined>;
  /** Closes the ports of all listeners but these. */
  closeOthers(listenerArns: ReadonlySet<string>): Promise<void>;
  close(): Promise<void>;
}

/** Source: AWS docs, "HTTP header limits": 64 K in a request's headers, and its line of 16 K. More is answered with 400. */
const REQUEST_HEADER_MAX_BYTES = 80 * 1024;

interface OpenPort {
  readonly server: Server;
  readonly front: TlsFront;
  readonly port: Promise<number | undefined>;
}

export function createListenerPorts(cloud: Cloud, door: BalancerDoor): ListenerPorts {
  const opened = new Map<string, OpenPort>();

  const start = (id: ListenerId, wantedPort: number | undefined): OpenPort => {
    const server = createServer({
      maxHeaderSize: REQUEST_HEADER_MAX_BYTES,
      // Silence is measured on the cloud's clock: `watchClients`. A body may take as long as it likes.
      keepAliveTimeout: 0,
      headersTimeout: 0,
      requestTimeout: 0,
      // Other protocols are not switched to: such a request is served as it is.
      shouldUpgradeCallback: isWebsocket,
    });
    const failed = (end: () => void) => (error: unknown) => {
      cloud.warn(`internal error: ${error instanceof Error ? error.stack : String(error)}`);
      end();
    };
    server.on("request", (message, response) => {
      door.serve(message, response, id).catch(failed(() => response.destroy()));
    });
    server.on("upgrade", (message: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on("error", () => socket.destroy());
      door.upgrade(message, socket, head, id).catch(failed(() => socket.destroy()));
    });
    server.on("clientError", (error, socket) => {
      if (isReset(error)) socket.destroy();
      else door.refuse(socket, 400, id);
    });
    const front = createTlsFront(server, cloud.random);
    const port = listen(server, wantedPort)
      .catch(() => listen(server, undefined))
      .catch((error: unknown) => {
        cloud.warn(`${id.listenerArn} has no port of its own: ${String(error)}`);
        return undefined;
      });
    // Both protocols, as on the cloud's own port: the listener may change its own.
    front.open();
    watchClients(server, cloud.clock, {
      idleMs: () => door.idleMs(id),
      refuse: (socket) => door.refuse(socket, 408, id),
    });
    return { server, front, port };
  };

  const stop = async ({ server, front, port }: OpenPort) => {
    await port;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    front.closeConnections();
    await closed;
  };

  return {
    open({ wantedPort, ...id }) {
      const known = opened.get(id.listenerArn) ?? start(id, wantedPort);
      opened.set(id.listenerArn, known);
      return known.port;
    },
    async closeOthers(listenerArns) {
      for (const [arn, one] of opened) {
        if (listenerArns.has(arn)) continue;
        opened.delete(arn);
        await stop(one);
      }
    },
    async close() {
      await Promise.all([...opened.values()].map(stop));
      opened.clear();
    },
  };
}

function isWebsocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === "websocket";
}

/** The client went away: there is nobody to answer. */
function isReset(error: Error): boolean {
  return "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE");
}

/** @throws when the port is taken. */
function listen(server: Server, port: number | undefined): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port ?? 0, "127.0.0.1", () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" ? address?.port : undefined);
    });
  });
}
