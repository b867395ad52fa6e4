import { request, STATUS_CODES } from "node:http";
import { request as secureRequest } from "node:https";
import type { Duplex } from "node:stream";
import type { Exchange } from "./exchange.ts";
import { isHopByHop } from "../hop-by-hop.ts";
import { clientHeaders, ownHeaders } from "./forwarded-headers.ts";
import type { FlightControl } from "./in-flight.ts";
import { pageReply } from "./reply.ts";

export interface Tunnel {
  readonly exchange: Exchange;
  readonly socket: Duplex;
  /** What the client has sent already. */
  readonly head: Buffer;
  readonly at: { readonly host: string; readonly port: number };
  /** Learns how to end it when the target's time is over. */
  readonly control: FlightControl;
}

/**
 * Passes an upgrade on and, when the target accepts it, every byte both ways until one side ends.
 * @returns the target's status; 502 when there is none.
 */
export function openTunnel({ exchange, socket, head, at, control }: Tunnel): Promise<number> {
  const { message, method, target, group } = exchange;
  const ask = group?.protocol === "HTTPS" ? secureRequest : request;
  const call = ask({
    host: at.host,
    port: at.port,
    method,
    path: target,
    rejectUnauthorized: false,
    headers: [
      ...[...clientHeaders(exchange), ...ownHeaders(exchange)].flat(),
      "Connection",
      "Upgrade",
      "Upgrade",
      message.headers.upgrade ?? "websocket",
    ],
  });
  control.onCut(() => call.destroy());
  return new Promise((resolve) => {
    call.on("upgrade", (answer, upstream, rest) => {
      socket.write(headOf(answer.statusCode ?? 101, answer.rawHeaders));
      if (rest.length > 0) socket.write(rest);
      if (head.length > 0) upstream.write(head);
      const end = () => {
        socket.destroy();
        upstream.destroy();
      };
      control.onCut(end);
      // Where one side has ended, the other is told all that it had said, and ends too.
      for (const one of [socket, upstream]) {
        one.on("error", end).on("finish", end).on("close", end);
      }
      upstream.pipe(socket).pipe(upstream);
      resolve(101);
    });
    call.on("response", (answer) => {
      // The connection ends with the body, which says where that is.
      socket.write(headOf(answer.statusCode ?? 502, closing(answer.rawHeaders)));
      socket.on("error", () => answer.destroy());
      answer.pipe(socket);
      resolve(answer.statusCode ?? 502);
    });
    call.on("error", () => {
      refuseUpgrade(socket, 502);
      resolve(502);
    });
    socket.on("error", () => call.destroy());
    call.end();
  });
}

/** The headers of an answer whose body is read already, and ends with the connection. */
function closing(rawHeaders: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    if (!isHopByHop(name.toLowerCase())) kept.push(name, rawHeaders[index + 1] ?? "");
  }
  return [...kept, "Connection", "close"];
}

/** Answers an upgrade with a page and ends the connection. */
export function refuseUpgrade(socket: Duplex, status: number): void {
  const { headers, body: text } = pageReply(status);
  const length = ["content-length", String(Buffer.byteLength(text)), "connection", "close"];
  if (socket.writable) socket.end(headOf(status, [...headers, ...length]) + text);
}

function headOf(status: number, headers: readonly string[]): string {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`];
  for (let index = 0; index < headers.length; index += 2) {
    lines.push(`${headers[index] ?? ""}: ${headers[index + 1] ?? ""}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}
