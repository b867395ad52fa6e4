import type { Clock } from "../../clock.ts";
import { type TargetAddress, TargetConnection } from "./target-connection.ts";

/** Idle connections kept to one target. Ours. */
const IDLE_MOST = 256;
/** How much sooner than the target a connection is given up, so that no request meets its end. Ours. */
const MARGIN_MS = 1000;

/** The connections to targets; they are kept and used again. */
export class TargetPool {
  readonly #clock: Clock;
  readonly #idle = new Map<string, TargetConnection[]>();
  readonly #open = new Set<TargetConnection>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The one used last, which is the least likely to be closed; or a new one. */
  take(address: TargetAddress): TargetConnection {
    const idle = this.#idle.get(keyOf(address));
    const nowMs = performance.now();
    for (let known = idle?.pop(); known !== undefined; known = idle?.pop()) {
      if (known.keptUntilMs > nowMs && !known.socket.destroyed) return known;
      known.destroy();
    }
    const made = new TargetConnection(address, this.#clock, (closed) => {
      this.#open.delete(closed);
      const left = this.#idle.get(keyOf(address));
      const index = left?.indexOf(closed) ?? -1;
      if (index >= 0) left?.splice(index, 1);
    });
    this.#open.add(made);
    return made;
  }

  /** @param keptSeconds for how long the target says it keeps the connection. */
  release(
    address: TargetAddress,
    connection: TargetConnection,
    keptSeconds: number | undefined,
  ): void {
    const key = keyOf(address);
    const idle = this.#idle.get(key) ?? [];
    this.#idle.set(key, idle);
    if (connection.socket.destroyed || idle.length >= IDLE_MOST) return connection.destroy();
    connection.keptUntilMs =
      keptSeconds === undefined
        ? Number.POSITIVE_INFINITY
        : performance.now() + keptSeconds * 1000 - MARGIN_MS;
    idle.push(connection);
  }

  close(): void {
    for (const connection of this.#open) connection.destroy();
    this.#open.clear();
    this.#idle.clear();
  }
}

function keyOf({ host, port, isTls }: TargetAddress): string {
  return `${isTls ? "s" : ""}${port} ${host}`;
}
