import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Socket } from "node:net";
import type { Dispatcher } from "undici";
import { drain } from "../../body.ts";
import type { Cloud, DoorMatch } from "../../service.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import { chooseListener } from "../listener-choice.ts";
import { TargetChooser } from "./choices.ts";
import { type Exchange, headerOf, isTls, newExchange } from "./exchange.ts";
import { hasTooManyAddresses, traceIdOf } from "./forwarded-headers.ts";
import { callAddress, openTargets } from "./http-target.ts";
import { InFlight } from "./in-flight.ts";
import { callFunction } from "./lambda-target.ts";
import type { LiveBalancer, LiveBalancers, LiveListener } from "./live-balancers.ts";
import { BalancerMeters } from "./meters.ts";
import { redirectOf } from "./redirect.ts";
import { BalancerFailure, fixedReply, pageReply, type Reply } from "./reply.ts";
import { actionFor, pinApplication, route, type Router } from "./routes.ts";
import type { Action } from "./routing.ts";
import { sendReply } from "./send-reply.ts";
import { openTunnel, refuseUpgrade } from "./websocket.ts";

/** Which listener a connection came to. */
export interface ListenerId {
  readonly place: Place;
  readonly balancerArn: string;
  readonly listenerArn: string;
}

export interface BalancerDoor {
  /** By the cloud's one port: the host or the path names the load balancer. */
  serveDoor(message: IncomingMessage, response: ServerResponse, match: DoorMatch): Promise<void>;
  /** By a listener's own port. */
  serve(message: IncomingMessage, response: ServerResponse, id: ListenerId): Promise<void>;
  upgrade(message: IncomingMessage, socket: Duplex, head: Buffer, id: ListenerId): Promise<void>;
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
  const inFlight = new InFlight();
  const router: Router = { cloud, chooser: new TargetChooser(cloud.random), inFlight };
  /** By target group. */
  const connections = new Map<string, Promise<Dispatcher>>();
  /** By load balancer. */
  const clients = new Map<string, Set<Socket>>();

  const connectionsOf = (groupArn: string) => {
    const known = connections.get(groupArn) ?? openTargets();
    connections.set(groupArn, known);
    return known;
  };

  const countClient = (
    balancer: LiveBalancer,
    { socket }: IncomingMessage,
    startedAtMs: number,
  ) => {
    const sockets = clients.get(balancer.arn) ?? new Set();
    clients.set(balancer.arn, sockets);
    const isNew = !sockets.has(socket);
    if (isNew) {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    }
    meters.connections({ balancer, startedAtMs }, { active: sockets.size, isNew });
  };

  const begin = (
    message: IncomingMessage,
    target: string,
    balancer: LiveBalancer,
    listener: LiveListener,
  ): Exchange => {
    const startedAtMs = cloud.clock.nowMs();
    const traceId = traceIdOf(headerOf(message, "x-amzn-trace-id"), startedAtMs, cloud.random);
    countClient(balancer, message, startedAtMs);
    return newExchange(message, target, { balancer, listener, traceId, startedAtMs });
  };

  const forward = async (
    exchange: Exchange,
    response: ServerResponse,
    action: Extract<Action, { kind: "forward" }>,
  ): Promise<Reply> => {
    const { group, target } = route(router, exchange, action);
    const call = inFlight.begin(group.arn, target.key);
    const gone = new AbortController();
    response.once("close", () => {
      call.end();
      if (!response.writableFinished) gone.abort();
    });
    const startedAt = performance.now();
    const reply =
      group.type === "lambda"
        ? await callFunction(cloud, exchange, target.id)
        : await callAddress(exchange, {
            dispatcher: await connectionsOf(group.arn),
            clock: cloud.clock,
            at: (await cloud.port("network")).reach(
              exchange.balancer.place,
              target.id,
              target.port,
            ),
            signals: [call.signal, gone.signal],
          });
    exchange.targetMs = performance.now() - startedAt;
    exchange.targetStatus = reply.status;
    pinApplication(exchange, reply.headers);
    return reply;
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
        return forward(exchange, response, action).catch((error: unknown) => {
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
    meters.request(exchange, isGone || ending === "abandoned" ? CLIENT_GONE : reply.status);
    if (ending !== "abandoned" && !message.complete) drain(message, DRAIN_MAX_BYTES);
  };

  const find = ({ place, balancerArn, listenerArn }: ListenerId) => {
    const balancer = balancers.byArn(place, balancerArn);
    const listener = balancer?.listeners.find(({ arn }) => arn === listenerArn);
    return balancer === undefined || listener === undefined ? undefined : { balancer, listener };
  };

  return {
    async serveDoor(message, response, match) {
      const [label = "", port] = match.id.split(":");
      const balancer = balancers.byLabel(label);
      if (balancer === undefined) {
        return refuse(response, `there is no active load balancer ${match.id}`);
      }
      const listener = chooseListener(balancer.listeners, {
        exactPort: port === undefined ? undefined : Number(port),
        hostPort: portOf(message.headers.host),
        isTls: isTls(message),
      });
      if (listener === undefined) {
        const ports = balancer.listeners.map((one) => one.port).join(", ") || "none";
        return refuse(response, `${label} has no such listener; its ports: ${ports}`);
      }
      await take(begin(message, match.path, balancer, listener), response);
    },

    async serve(message, response, id) {
      const found = find(id);
      if (found === undefined) return refuse(response, "the load balancer is not active yet");
      const exchange = begin(message, message.url ?? "/", found.balancer, found.listener);
      // Source: AWS's answer as public issues quote it: "The plain HTTP request was sent to HTTPS port".
      if (found.listener.protocol === "HTTPS" && !isTls(message)) {
        meters.request(exchange, 400);
        await sendReply(exchange, response, pageReply(400));
        return;
      }
      await take(exchange, response);
    },

    async upgrade(message, socket, head, id) {
      const found = find(id);
      if (found === undefined) return refuseUpgrade(socket, 503);
      const exchange = begin(message, message.url ?? "/", found.balancer, found.listener);
      const action = actionFor(exchange);
      try {
        if (action.kind !== "forward") throw new BalancerFailure(400, "the rule does not forward");
        const { group, target } = route(router, exchange, action);
        if (group.type === "lambda") throw new BalancerFailure(400, "functions take no upgrades");
        const { signal, end } = inFlight.begin(group.arn, target.key);
        socket.once("close", end);
        const network = await cloud.port("network");
        const at = network.reach(exchange.balancer.place, target.id, target.port);
        const startedAt = performance.now();
        const status = await openTunnel({ exchange, socket, head, at, signal });
        exchange.targetMs = performance.now() - startedAt;
        if (status !== 502) exchange.targetStatus = status;
        meters.request(exchange, status);
      } catch (error) {
        if (!(error instanceof BalancerFailure)) throw error;
        refuseUpgrade(socket, error.status);
        meters.request(exchange, error.status);
      }
    },

    cut: (groupArn, targetKey) => inFlight.cut(groupArn, targetKey),

    async close() {
      inFlight.cutAll();
      for (const opened of connections.values()) await (await opened).destroy();
      connections.clear();
    },
  };
}

/** What the load balancer itself refuses. Source: AWS docs, "Troubleshoot" and "HTTP header limits". */
function refusalOf(exchange: Exchange): number | undefined {
  const { message, method, target } = exchange;
  if (target.length > 16 * 1024) return 414;
  if (message.rawHeaders.some((value) => value.length > 16 * 1024)) return 400;
  if (method === "TRACE") return 405;
  if (hasTooManyAddresses(exchange)) return 463;
  return undefined;
}

function portOf(host: string | undefined): number | undefined {
  const port = /:(\d+)$/.exec(host ?? "")?.[1];
  return port === undefined ? undefined : Number(port);
}

/** Where AWS has no connection at all. Ours: the status and the texts. */
function refuse(response: ServerResponse, why: string): void {
  response.writeHead(404, { "content-type": "text/plain" }).end(`Elastic Load Balancing: ${why}\n`);
}
