import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import type { Cloud } from "../../service.ts";
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

/** Source: AWS docs, "HTTP header limits": 64 K in a request's headers, and its line of 16 K. */
const REQUEST_HEADER_MAX_BYTES = 80 * 1024;

interface OpenPort {
  readonly server: Server;
  readonly front: TlsFront;
  readonly port: Promise<number | undefined>;
}

export function createListenerPorts(cloud: Cloud, door: BalancerDoor): ListenerPorts {
  const opened = new Map<string, OpenPort>();

  const start = (id: ListenerId, wantedPort: number | undefined): OpenPort => {
    const server = createServer({ maxHeaderSize: REQUEST_HEADER_MAX_BYTES });
    server.keepAliveTimeout = 65_000;
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
    const front = createTlsFront(server, cloud.random);
    const port = listen(server, wantedPort)
      .catch(() => listen(server, undefined))
      .catch((error: unknown) => {
        cloud.warn(`${id.listenerArn} has no port of its own: ${String(error)}`);
        return undefined;
      });
    // Both protocols, as on the cloud's own port: the listener may change its own.
    front.open();
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
