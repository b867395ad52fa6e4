import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** How an answer ended: whole, broken off by its target, or abandoned by its client. */
export type Ending = "whole" | "broken" | "abandoned";

/**
 * The body of a target's answer, on its way. What came with the head is held until somebody takes it; after that
 * nothing is held: the target waits for the client.
 */
export class TargetAnswer {
  readonly #socket: Socket;
  readonly #drop: () => void;
  #early: Buffer[] = [];
  #response: ServerResponse | undefined;
  #ending: Exclude<Ending, "abandoned"> | undefined;
  #settle: ((ending: Ending) => void) | undefined;

  /** @param drop gives the connection up. */
  constructor(socket: Socket, drop: () => void) {
    this.#socket = socket;
    this.#drop = drop;
  }

  /** The whole body, when all of it is here already. */
  whole(): Buffer | undefined {
    if (this.#ending !== "whole") return undefined;
    const [first] = this.#early;
    return this.#early.length === 1 ? first : Buffer.concat(this.#early);
  }

  /** From the target. */
  data(chunk: Buffer): void {
    if (this.#response === undefined) this.#early.push(chunk);
    else if (!this.#response.write(chunk)) this.#socket.pause();
  }

  /** From the target, after bytes that came together: no more until somebody takes them. */
  hold(): void {
    if (this.#response === undefined && this.#ending === undefined) this.#socket.pause();
  }

  end(ending: Exclude<Ending, "abandoned">): void {
    this.#ending = ending;
    if (this.#response !== undefined) this.#finish(this.#response);
  }

  /** Sends it on; where a target breaks off in the middle, the client's connection ends, so that it sees that. */
  sendTo(response: ServerResponse): Promise<Ending> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#response = response;
      response.on("drain", () => {
        if (this.#ending === undefined) this.#socket.resume();
      });
      response.once("close", () => {
        const settle = this.#settle;
        this.#settle = undefined;
        if (settle === undefined) return;
        this.discard();
        settle("abandoned");
      });
      for (const chunk of this.#early) response.write(chunk);
      this.#early = [];
      if (this.#ending === undefined) {
        if (!response.writableNeedDrain) this.#socket.resume();
      } else this.#finish(response);
    });
  }

  /** Nobody wants it. */
  discard(): void {
    this.#early = [];
    if (this.#ending === undefined) this.#drop();
  }

  #finish(response: ServerResponse): void {
    const settle = this.#settle;
    this.#settle = undefined;
    if (this.#ending === "broken") response.destroy();
    else response.end();
    settle?.(this.#ending ?? "broken");
  }
}
