import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import type { SignedBy } from "./caller.ts";
import type {
  LiveGroup,
  LiveListener,
  LiveNetwork,
  LiveService,
  LiveTarget,
} from "./live-services.ts";
import type { MatchedRequest } from "./rule-match.ts";

/** One request on its way through a service. */
export interface Exchange extends MatchedRequest, SignedBy {
  readonly message: IncomingMessage;
  readonly service: LiveService;
  readonly network: LiveNetwork;
  readonly listener: LiveListener;
  /** With the query, as it came. */
  readonly target: string;
  readonly query: URLSearchParams;
  readonly requestId: string;
  /** On the cloud's clock. */
  readonly startedAtMs: number;
  readonly sourceIp: string;
  /** Undefined until a rule forwards. */
  group: LiveGroup | undefined;
  chosen: LiveTarget | undefined;
  /** For the access log: why it failed here and not at the target. */
  failureReason: string | undefined;
  authDeniedReason: string | undefined;
  /** Real milliseconds until the target's answer began. */
  targetMs: number | undefined;
}

export function newExchange(
  message: IncomingMessage,
  target: string,
  known: Pick<
    Exchange,
    | "service"
    | "network"
    | "listener"
    | "requestId"
    | "startedAtMs"
    | "principal"
    | "signatureFault"
  >,
): Exchange {
  const mark = target.indexOf("?");
  return {
    ...known,
    message,
    target,
    method: message.method ?? "GET",
    path: mark < 0 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? "" : target.slice(mark + 1)),
    sourceIp: (message.socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
    header(name) {
      const value = message.headers[name];
      return typeof value === "string" ? value : value?.join(", ");
    },
    group: undefined,
    chosen: undefined,
    failureReason: undefined,
    authDeniedReason: undefined,
    targetMs: undefined,
  };
}

export function isTls({ socket }: IncomingMessage): boolean {
  return socket instanceof TLSSocket;
}
