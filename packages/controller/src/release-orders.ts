import { areThrough } from "@headgate/core";
import type { ReleaseOrder, ReleaseSpec, Rollout } from "@headgate/core";

import type { Clock } from "./clock.ts";
import type { Journal } from "./journal/journal.ts";
import type { Asked, OperatorRequest } from "./journal/request-box.ts";

interface OrdersOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly spec: ReleaseSpec;
  /** Told when the end was not written, because one of the targets does not stand there any more. */
  readonly onRefused: () => void;
  readonly onError: (error: unknown) => void;
}

/** Puts what the release asks into the journal, each thing once. */
export class Orders {
  readonly #options: OrdersOptions;
  readonly #given = new Set<string>();
  #last: Promise<void> = Promise.resolve();
  #failure: unknown;
  #isOver = false;

  constructor(options: OrdersOptions) {
    this.#options = options;
  }

  give(orders: readonly ReleaseOrder[], rollouts: ReadonlyMap<string, Rollout>): void {
    if (this.#isOver) return;
    const fresh = orders.filter((order) => !this.#given.has(keyOf(order)));
    for (const order of fresh) this.#given.add(keyOf(order));
    const asked = (order: ReleaseOrder): Asked[] => {
      const rollout = rollouts.get(order.target);
      return rollout === undefined ? [] : [{ rollout: rollout.id, request: this.#request(order) }];
    };
    const end = fresh.filter(isEnd);
    if (end.length > 0) this.#after(() => this.#end(end, end.flatMap(asked)));
    for (const one of fresh.filter((order) => !isEnd(order)).flatMap(asked)) {
      const { journal, clock } = this.#options;
      this.#after(async () => {
        await journal.requests.put(one.rollout, one.request, clock.nowMs());
      });
    }
  }

  /** Gives nothing any more. @throws what kept an order from being written. */
  async settled(): Promise<void> {
    this.#isOver = true;
    await this.#last;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #after(put: () => Promise<void>): void {
    this.#last = this.#last.then(put).catch((error: unknown) => {
      this.#failure ??= error;
      this.#options.onError(error);
    });
  }

  /** For all of them or for none: the states that are stored have to say the same as those that were seen. */
  async #end(orders: readonly ReleaseOrder[], asked: readonly Asked[]): Promise<void> {
    const { journal, clock, onRefused } = this.#options;
    const isWritten = await journal.requests.putTogether(asked, clock.nowMs(), (stored) =>
      areThrough(stored),
    );
    if (isWritten) return;
    for (const order of orders) this.#given.delete(keyOf(order));
    onRefused();
  }

  #request(order: ReleaseOrder): OperatorRequest {
    const by = { actor: `release ${this.#options.spec.name}`, reason: order.reason };
    return order.kind === "open"
      ? { kind: "barrierOpened", barrier: order.barrier, ...by }
      : { kind: "abortRequested", byRelease: true, ...by };
  }
}

function keyOf(order: ReleaseOrder): string {
  return `${order.target} ${order.kind} ${order.kind === "open" ? order.barrier : ""}`;
}

/** Whether it is the last barrier's, which opens for all targets or for none. */
function isEnd(order: ReleaseOrder): boolean {
  return order.kind === "open" && order.barrier === "release";
}
