import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import type { LiveBalancer, LiveGroup, LiveListener, LiveTarget } from "./live-balancers.ts";

/** One request on its way through a load balancer. */
export interface Exchange {
  readonly message: IncomingMessage;
  readonly balancer: LiveBalancer;
  readonly listener: LiveListener;
  readonly method: string;
  /** With the query, as it came. */
  readonly target: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly clientIp: string;
  readonly traceId: string;
  /** On the cloud's clock. */
  readonly startedAtMs: number;
  /** Undefined until a rule forwards. */
  group: LiveGroup | undefined;
  chosen: LiveTarget | undefined;
  /** Real milliseconds until the target's answer began. */
  targetMs: number | undefined;
  /** Of the target's own answer. */
  targetStatus: number | undefined;
  /** Why no connection to the target came about. */
  targetTrouble: "connection" | "tls" | undefined;
  /** Why a function gave no answer: its own fault, or ours. */
  functionTrouble: "user" | "internal" | undefined;
  /** Of the rule that decided; 0 for the default action, -1 when none was asked. */
  rulePriority: number;
  /** Real milliseconds, only for differences. */
  readonly begunMs: number;
  /** `Set-Cookie` lines of stickiness. */
  readonly cookies: string[];
}

export function newExchange(
  message: IncomingMessage,
  target: string,
  known: Pick<Exchange, "balancer" | "listener" | "traceId" | "startedAtMs">,
): Exchange {
  const mark = target.indexOf("?");
  return {
    ...known,
    message,
    target,
    method: message.method ?? "GET",
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? "" : target.slice(mark + 1),
    clientIp: (message.socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
    rulePriority: -1,
    begunMs: performance.now(),
    group: undefined,
    chosen: undefined,
    targetMs: undefined,
    targetStatus: undefined,
    targetTrouble: undefined,
    functionTrouble: undefined,
    cookies: [],
  };
}

export function isTls({ socket }: IncomingMessage): boolean {
  return socket instanceof TLSSocket;
}

/** All values of a header as one text. */
export function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : value?.join(", ");
}
