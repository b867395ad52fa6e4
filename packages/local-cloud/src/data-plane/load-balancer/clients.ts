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
  /** Read and written up to the end of the last request. */
  bytes: number;
}

/** The connections of clients, as the metrics count them. */
export class Clients {
  readonly #clients = new WeakMap<Socket, Client>();

  begin(socket: Socket, balancerArn: string, nowMs: number): ConnectionUse {
    const minute = Math.floor(nowMs / MINUTE_MS);
    const known = this.#clients.get(socket);
    // On the cloud's one port a connection may come to another load balancer.
    if (known === undefined || known.balancerArn !== balancerArn) {
      this.#clients.set(socket, { balancerArn, minute, bytes: known?.bytes ?? 0 });
      return { isNew: true, isFirstInMinute: true };
    }
    const isFirstInMinute = known.minute !== minute;
    known.minute = minute;
    return { isNew: false, isFirstInMinute };
  }

  /** @returns the bytes both ways since the last request of the connection ended. */
  end(socket: Socket): number {
    const known = this.#clients.get(socket);
    if (known === undefined) return 0;
    const bytes = socket.bytesRead + socket.bytesWritten;
    const added = bytes - known.bytes;
    known.bytes = bytes;
    return added;
  }
}
