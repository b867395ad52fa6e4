import { STATUS_CODES } from "node:http";
import type { TargetAnswer } from "./target-answer.ts";

/** What goes back to the client. */
export interface Reply {
  readonly status: number;
  /** Name, value, name, value, ... as node:http's `rawHeaders`. */
  readonly headers: readonly string[];
  /** What comes from a target is passed on as it comes, in the target's own framing. */
  readonly body: string | Uint8Array | TargetAnswer;
}

/** Ends a request inside of the load balancer. `reason` says why, for people. */
export class BalancerFailure extends Error {
  override readonly name = "BalancerFailure";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What the load balancer says of itself. Source: answers of AWS as public issues quote them. */
const SERVER = ["server", "awselb/2.0"];

/** The page of a failure. */
export function pageReply(status: number): Reply & { readonly body: string } {
  const title = `${status} ${STATUS_CODES[status] ?? ""}`.trim();
  return {
    status,
    headers: [...SERVER, "content-type", "text/html"],
    body: `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`,
  };
}

export function fixedReply(status: number, contentType = "text/plain", body = ""): Reply {
  return { status, headers: [...SERVER, "content-type", `${contentType}; charset=utf-8`], body };
}

export function redirectReply(status: number, location: string): Reply {
  const page = pageReply(status);
  return { ...page, headers: [...page.headers, "location", location] };
}
