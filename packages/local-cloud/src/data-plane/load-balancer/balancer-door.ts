import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { drain } from "../../body.ts";
import type { Cloud, DoorMatch } from "../../service.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import { chooseListener } from "../listener-choice.ts";
import { accessLogLine } from "./access-log-line.ts";
import { AccessLogs } from "./access-logs.ts";
import { Clients } from "./clients.ts";
import { type Exchange, headerOf, isTls, newExchange } from "./exchange.ts";
import { traceIdOf } from "./forwarded-headers.ts";
import { Forwarding } from "./forwarding.ts";
import type { LiveBalancer, LiveBalancers, LiveListener } from "./live-balancers.ts";
import { BalancerMeters } from "./meters.ts";
import { redirectOf } from "./redirect.ts";
import { refusalOf } from "./refusals.ts";
import { BalancerFailure, fixedReply, pageReply, type Reply } from "./reply.ts";
import { actionFor } from "./routes.ts";
import { sendReply } from "./send-reply.ts";
import { refuseUpgrade } from "./websocket.ts";

/** Which listener a connection came to. */
export interface ListenerId {
  readonly place: Place;
  readonly balancerArn: string;
  readonly listenerArn: string;
}

export interface BalancerDoor {
  /** By the cloud's one port: the host or the path names the load balancer. */
  serveDoor(message: IncomingMessage, response: ServerResponse, match: DoorMatch): Promise<void>;
  upgradeDoor(
    message: IncomingMessage,
    client: { readonly socket: Duplex; readonly head: Buffer },
    match: DoorMatch,
  ): Promise<void>;
  /** By a listener's own port. */
  serve(message: IncomingMessage, response: ServerResponse, id: ListenerId): Promise<void>;
  upgrade(message: IncomingMessage, socket: Duplex, head: Buffer, id: ListenerId): Promise<void>;
  /** Answers what is no request, or stopped in the middle of its head, and ends its connection. */
  refuse(socket: Duplex, status: number, id: ListenerId): void;
  /** How long a connection of a listener may be silent, milliseconds. */
  idleMs(id: ListenerId): number;
  /** Ends the requests that a target still has. */
  cut(groupArn: string, targetKey: string): void;
  close(): Promise<void>;
}

/** What a client that was refused may still send before its connection ends. */
const DRAIN_MAX_BYTES = 64 * 1024 * 1024;

/** The client went away first. Source: AWS docs, "Troubleshoot your Application Load Balancers": HTTP 460. */
const CLIENT_GONE = 460;

/**
 * Takes requests through load balancers: listener, rule, group, target, answer, metrics. Wherever a request ends,
 * it ends as a {@link Reply}.
 */
export function createBalancerDoor(cloud: Cloud, balancers: LiveBalancers): BalancerDoor {
  const meters = new BalancerMeters(cloud.metrics);
  const forwarding = new Forwarding(cloud);
  const clients = new Clients();
  const logs = new AccessLogs(cloud);

  const begin = (
    message: IncomingMessage,
    target: string,
    { balancer, listener }: Found,
  ): Exchange => {
    const startedAtMs = cloud.clock.nowMs();
    const traceId = traceIdOf(headerOf(message, "x-amzn-trace-id"), startedAtMs, cloud.random);
    const use = clients.begin(message.socket, balancer.arn, startedAtMs);
    meters.connection(balancer, use, startedAtMs);
    return newExchange(message, target, { balancer, listener, traceId, startedAtMs });
  };

  const count = (exchange: Exchange, status: number) => {
    const bytes = clients.end(exchange.message.socket);
    meters.request(exchange, status, bytes.receivedBytes + bytes.sentBytes);
    const endedAtMs = cloud.clock.nowMs();
    const tookMs = performance.now() - exchange.begunMs;
    logs.add(exchange.balancer, () =>
      accessLogLine(exchange, { status, endedAtMs, tookMs, ...bytes }),
    );
  };

  /** Takes the request through the load balancer. Throws only for our own bugs. */
  const answer = async (exchange: Exchange, response: ServerResponse): Promise<Reply> => {
    const refusal = refusalOf(exchange);
    if (refusal !== undefined) return pageReply(refusal);
    const action = actionFor(exchange);
    switch (action.kind) {
      case "fixedResponse":
        meters.action(exchange, action.kind);
        return fixedReply(Number(action.status), action.contentType, action.body);
      case "redirect":
        meters.action(exchange, action.kind);
        return redirectOf(action, exchange);
      case "forward":
        return forwarding.forward(exchange, response, action).catch((error: unknown) => {
          if (error instanceof BalancerFailure) return pageReply(error.status);
          throw error;
        });
      default:
        return action satisfies never;
    }
  };

  const take = async (exchange: Exchange, response: ServerResponse): Promise<void> => {
    const { message } = exchange;
    const reply = await answer(exchange, response).catch((error: unknown) => {
      if (message.destroyed && !message.complete) return undefined;
      throw error;
    });
    const isGone = reply === undefined || response.destroyed;
    const ending = reply === undefined ? "abandoned" : await sendReply(exchange, response, reply);
    if (isGone) exchange.targetStatus = undefined;
    count(exchange, isGone || ending === "abandoned" ? CLIENT_GONE : reply.status);
    if (ending === "abandoned" || message.complete) return;
    drain(message, DRAIN_MAX_BYTES);
    message.resume();
  };

  const find = ({ place, balancerArn, listenerArn }: ListenerId): Found | undefined => {
    const balancer = balancers.byArn(place, balancerArn);
    const listener = balancer?.listeners.find(({ arn }) => arn === listenerArn);
    return balancer === undefined || listener === undefined ? undefined : { balancer, listener };
  };

  /** @returns why not, when there is none. */
  const findDoor = (message: IncomingMessage, match: DoorMatch): Found | string => {
    const [label = "", port] = match.id.split(":");
    const balancer = balancers.byLabel(label);
    if (balancer === undefined) return `there is no active load balancer ${match.id}`;
    const listener = chooseListener(balancer.listeners, {
      exactPort: port === undefined ? undefined : Number(port),
      hostPort: portOf(message.headers.host),
      isTls: isTls(message),
    });
    if (listener !== undefined) return { balancer, listener };
    const ports = balancer.listeners.map((one) => one.port).join(", ") || "none";
    return `${label} has no such listener; its ports: ${ports}`;
  };

  const tunnel = async (
    exchange: Exchange,
    client: { readonly socket: Duplex; readonly head: Buffer },
  ): Promise<void> => {
    try {
      const refusal = refusalOf(exchange);
      if (refusal !== undefined) throw new BalancerFailure(refusal, "the request is refused");
      count(exchange, await forwarding.tunnel(exchange, actionFor(exchange), client));
    } catch (error) {
      if (!(error instanceof BalancerFailure)) throw error;
      refuseUpgrade(client.socket, error.status);
      count(exchange, error.status);
    }
  };

  return {
    async serveDoor(message, response, match) {
      const found = findDoor(message, match);
      if (typeof found === "string") return refuse(response, found);
      await take(begin(message, match.path, found), response);
    },

    async upgradeDoor(message, client, match) {
      const found = findDoor(message, match);
      if (typeof found === "string") return refuseUpgrade(client.socket, 404);
      await tunnel(begin(message, match.path, found), client);
    },

    async serve(message, response, id) {
      const found = find(id);
      if (found === undefined) return refuse(response, "the load balancer is not active yet");
      const exchange = begin(message, message.url ?? "/", found);
      // Source: AWS's answer as public issues quote it: "The plain HTTP request was sent to HTTPS port".
      if (found.listener.protocol === "HTTPS" && !isTls(message)) {
        await sendReply(exchange, response, pageReply(400));
        count(exchange, 400);
        return;
      }
      await take(exchange, response);
    },

    async upgrade(message, socket, head, id) {
      const found = find(id);
      if (found === undefined) return refuseUpgrade(socket, 503);
      await tunnel(begin(message, message.url ?? "/", found), { socket, head });
    },

    refuse(socket, status, id) {
      // What follows a refused request, its end included, is no request either: it is refused once.
      if (!socket.writable) return;
      refuseUpgrade(socket, status);
      const found = find(id);
      if (found !== undefined) meters.refused(found.balancer, status, cloud.clock.nowMs());
    },

    idleMs(id) {
      const attributes = find(id)?.balancer.attributes;
      return Number(attributes?.["idle_timeout.timeout_seconds"] ?? "60") * 1000;
    },

    cut: (groupArn, targetKey) => forwarding.cut(groupArn, targetKey),

    async close() {
      forwarding.close();
      logs.close();
    },
  };
}

interface Found {
  readonly balancer: LiveBalancer;
  readonly listener: LiveListener;
}

function portOf(host: string | undefined): number | undefined {
  const port = /:(\d+)$/.exec(host ?? "")?.[1];
  return port === undefined ? undefined : Number(port);
}

/** Where AWS has no connection at all. Ours: the status and the texts. */
function refuse(response: ServerResponse, why: string): void {
  response.writeHead(404, { "content-type": "text/plain" }).end(`Elastic Load Balancing: ${why}\n`);
}
