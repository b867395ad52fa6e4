import type { Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Socket } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";
import type { Random } from "../../random.ts";
import { selfSigned } from "./self-signed.ts";

/** The other half of the one port. */
export interface TlsFront {
  /** From now on the port speaks https, too. Until then its connections are only known. */
  open(): void;
  /** Ends what `server.closeAllConnections` does not know of: https, and what was upgraded. */
  closeConnections(): void;
}

/** The first byte of every TLS connection: a handshake record. Source: RFC 8446, 5.1. */
const HANDSHAKE = 22;
/** How long a client may take to say its first byte. Ours. */
const SILENCE_MAX_MS = 60_000;
/** For clients that name no host. */
const DEFAULT_NAME = "localhost";

/**
 * Lets an http server answer https on the same port, with a certificate made for each name that a client asks
 * for. A connection's first byte says which it is; requests of both kinds reach the same listener.
 */
export function createTlsFront(server: Server, random: Random): TlsFront {
  const contexts = new Map<string, SecureContext>();
  const sockets = new Set<Socket>();
  let isOpen = false;

  const contextFor = (name: string) => {
    const known = contexts.get(name) ?? createSecureContext(selfSigned(name, random));
    contexts.set(name, known);
    return known;
  };

  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  };
  server.on("connection", track);

  return {
    open() {
      if (isOpen) return;
      isOpen = true;
      server.off("connection", track);
      const secure = createSecureServer({
        ...selfSigned(DEFAULT_NAME, random),
        shouldUpgradeCallback: ({ headers }) =>
          headers.upgrade?.toLowerCase() === "websocket" && server.listenerCount("upgrade") > 0,
        SNICallback: (name, done) => done(null, contextFor(name)),
      });
      secure.keepAliveTimeout = server.keepAliveTimeout;
      secure.headersTimeout = server.headersTimeout;
      secure.requestTimeout = server.requestTimeout;
      secure.on("request", (request, response) => server.emit("request", request, response));
      secure.on("upgrade", (request, socket, head) =>
        server.emit("upgrade", request, socket, head),
      );
      const plain = server.listeners("connection");
      server.removeAllListeners("connection");
      server.on("connection", (socket: Socket) => {
        track(socket);
        firstByteOf(socket, (byte) => {
          if (byte === HANDSHAKE) secure.emit("connection", socket);
          else for (const listener of plain) Reflect.apply(listener, server, [socket]);
        });
      });
    },
    closeConnections() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Looks at the first byte and puts it back. */
function firstByteOf(socket: Socket, use: (byte: number) => void): void {
  const stop = () => void socket.destroy();
  const look = () => {
    const first: unknown = socket.read(1);
    if (!Buffer.isBuffer(first)) return;
    socket.off("readable", look).off("error", stop).off("end", stop);
    socket.setTimeout(0).off("timeout", stop);
    socket.unshift(first);
    use(first[0] ?? 0);
  };
  socket.on("error", stop).on("end", stop);
  socket.setTimeout(SILENCE_MAX_MS).on("timeout", stop);
  socket.on("readable", look);
}
