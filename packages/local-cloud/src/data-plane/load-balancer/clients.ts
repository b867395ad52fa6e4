import type { Socket } from "node:net";

const MINUTE_MS = 60_000;

/** What a request tells of its client's connection, to be counted. */
export interface ConnectionUse {
  readonly isNew: boolean;
  /** Whether it is the connection's first in this minute. */
  readonly isFirstInMinute: boolean;
}

interface Client {
  balancerArn: string;
  minute: number;
  /** Up to the end of the last request. */
  readBytes: number;
  writtenBytes: number;
}

/** The connections of clients, as the metrics count them. */
export class Clients {
  readonly #clients = new WeakMap<Socket, Client>();

  begin(socket: Socket, balancerArn: string, nowMs: number): ConnectionUse {
    const minute = Math.floor(nowMs / MINUTE_MS);
    const known = this.#clients.get(socket);
    // On the cloud's one port a connection may come to another load balancer.
    if (known === undefined || known.balancerArn !== balancerArn) {
      const { readBytes = 0, writtenBytes = 0 } = known ?? {};
      this.#clients.set(socket, { balancerArn, minute, readBytes, writtenBytes });
      return { isNew: true, isFirstInMinute: true };
    }
    const isFirstInMinute = known.minute !== minute;
    known.minute = minute;
    return { isNew: false, isFirstInMinute };
  }

  /** @returns the bytes of each way since the last request of the connection ended. */
  end(socket: Socket): { readonly receivedBytes: number; readonly sentBytes: number } {
    const known = this.#clients.get(socket);
    if (known === undefined) return { receivedBytes: 0, sentBytes: 0 };
    const receivedBytes = socket.bytesRead - known.readBytes;
    const sentBytes = socket.bytesWritten - known.writtenBytes;
    known.readBytes = socket.bytesRead;
    known.writtenBytes = socket.bytesWritten;
    return { receivedBytes, sentBytes };
  }
}
