import type { Readable } from "node:stream";

/** What goes back to the client. */
export interface Reply {
  readonly status: number;
  /** Name, value, name, value, ... as node:http's `rawHeaders`. */
  readonly headers: readonly string[];
  /** A stream comes from a target and is passed on as it comes. */
  readonly body: string | Uint8Array | Readable;
}

/** Ends a request inside of Lattice. The status says where; `reason` is for the access log. */
export class LatticeFailure extends Error {
  override readonly name = "LatticeFailure";
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

export function textReply(status: number, body: string): Reply {
  return { status, headers: ["content-type", "text/plain"], body };
}
