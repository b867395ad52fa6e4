import { TLSSocket } from "node:tls";
import { type Exchange, headerOf, isTls } from "./exchange.ts";

export interface Ended {
  /** The client's; 460 when it went away first. */
  readonly status: number;
  readonly endedAtMs: number;
  /** Real time from the request's head to the end of the answer. */
  readonly tookMs: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/**
 * One line of an access log. Source: AWS docs, "Access logs for your Application Load Balancer", access log entries. What is not
 * known here is "-", and a request is taken to reach its target at once.
 */
export function accessLogLine(exchange: Exchange, ended: Ended): string {
  const { message, listener, group, chosen, targetMs, targetStatus, traceId, rulePriority } =
    exchange;
  const { socket } = message;
  const hasTarget = chosen !== undefined && group !== undefined;
  const at = hasTarget && group.type !== "lambda" ? `${chosen.id}:${chosen.port}` : "-";
  const seconds = (ms: number) => (Math.max(0, ms) / 1000).toFixed(3);
  const times =
    hasTarget && targetMs !== undefined
      ? ["0.000", seconds(targetMs), seconds(ended.tookMs - targetMs)]
      : ["-1", "-1", "-1"];
  const cipher = socket instanceof TLSSocket ? socket.getCipher().name : "-";
  const tlsVersion = socket instanceof TLSSocket ? (socket.getProtocol() ?? "-") : "-";
  const scheme = isTls(message) ? "https" : "http";
  const host = headerOf(message, "host") ?? "-";
  const url = `${scheme}://${host.replace(/:\d+$/, "")}:${listener.port}${exchange.target}`;
  const code = targetStatus === undefined ? "-" : String(targetStatus);
  return [
    message.headers.upgrade === undefined ? scheme : scheme === "https" ? "wss" : "ws",
    new Date(ended.endedAtMs).toISOString(),
    exchange.balancer.dimension,
    `${exchange.clientIp}:${socket.remotePort ?? 0}`,
    at,
    ...times,
    String(ended.status),
    code,
    String(ended.receivedBytes),
    String(ended.sentBytes),
    quoted(`${exchange.method} ${url} HTTP/${message.httpVersion}`),
    quoted(headerOf(message, "user-agent") ?? "-"),
    cipher,
    tlsVersion,
    group?.arn ?? "-",
    quoted(traceId),
    quoted(isTls(message) ? host.replace(/:\d+$/, "") : "-"),
    quoted("-"),
    String(rulePriority),
    new Date(exchange.startedAtMs).toISOString(),
    quoted(exchange.rulePriority < 0 ? "-" : actionText(exchange)),
    quoted("-"),
    quoted("-"),
    quoted(at),
    quoted(code),
    quoted("-"),
    quoted("-"),
    "-",
  ].join(" ");
}

function actionText({ group, listener, rulePriority }: Exchange): string {
  if (group !== undefined) return "forward";
  const rule = listener.rules.find(({ priority }) => priority === rulePriority);
  const { kind } = rule?.action ?? listener.defaultAction;
  return kind === "fixedResponse" ? "fixed-response" : kind;
}

/** A client's own bytes must not end a field or a line. */
function quoted(text: string): string {
  const safe = text.replaceAll(/["\\\p{Cc}]/gu, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return `"${safe}"`;
}
