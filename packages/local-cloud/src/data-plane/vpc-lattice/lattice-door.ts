import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Dispatcher } from "undici";
import { drain } from "../../body.ts";
import type { Cloud, DoorMatch } from "../../service.ts";
import { writeAccessLog } from "./access-log.ts";
import { refusalOf } from "./authorization.ts";
import { signedBy } from "./caller.ts";
import { chooseListener } from "../listener-choice.ts";
import { drawByWeight } from "../weighted-draw.ts";
import { chooseTarget } from "./choices.ts";
import { type Exchange, isTls, newExchange } from "./exchange.ts";
import { callAddress, openTargets } from "./http-target.ts";
import { callFunction } from "./lambda-target.ts";
import type { LiveServices } from "./live-services.ts";
import { type Measurement, Meters } from "./meters.ts";
import { LatticeFailure, type Reply, textReply } from "./reply.ts";
import type { WeightedGroup } from "./routing.ts";
import { matchesRule } from "./rule-match.ts";
import { sendReply } from "./send-reply.ts";

export interface LatticeDoor {
  serve(message: IncomingMessage, response: ServerResponse, door: DoorMatch): Promise<void>;
  close(): Promise<void>;
}

/** What a client that was refused may still send before its connection ends. */
const DRAIN_MAX_BYTES = 64 * 1024 * 1024;

/**
 * Serves the services. A request passes, in this order: service, listener, authorization, rule, target group,
 * target, answer, metrics and logs. Wherever it ends, it ends as a {@link Reply}.
 */
export function createLatticeDoor(cloud: Cloud, services: LiveServices): LatticeDoor {
  const meters = new Meters(cloud.metrics);
  const active = new Map<string, number>();
  const traffic = new WeakMap<Socket, { readonly read: number; readonly written: number }>();
  /** By target group. */
  const connections = new Map<string, Promise<Dispatcher>>();

  const connectionsOf = (exchange: Exchange, groupId: string) => {
    const known =
      connections.get(groupId) ??
      openTargets(() => meters.connected(exchange.service.place, groupId, cloud.clock.nowMs()));
    connections.set(groupId, known);
    return known;
  };

  const forward = async (exchange: Exchange, groups: readonly WeightedGroup[]): Promise<Reply> => {
    const drawn = drawByWeight(groups, cloud.random);
    const group = drawn && exchange.service.group(drawn.groupId);
    if (group === undefined) {
      throw new LatticeFailure(503, "NoTargetGroup", "no target group has a weight");
    }
    exchange.group = group;
    const target = chooseTarget(group.targets, cloud.random);
    if (target === undefined) throw new LatticeFailure(503, "NoTargets", "no healthy upstream");
    exchange.chosen = target;
    const { place } = exchange.service;
    const open = (active.get(group.id) ?? 0) + 1;
    active.set(group.id, open);
    meters.began(place, group.id, open, exchange.startedAtMs);
    const startedAt = performance.now();
    try {
      switch (group.type) {
        case "LAMBDA":
          return await callFunction(cloud, exchange, target.id);
        case "IP":
          return await callAddress(await connectionsOf(exchange, group.id), exchange, target);
        case "INSTANCE":
        case "ALB":
          throw new LatticeFailure(
            503,
            "TargetConnectionError",
            `the local cloud has no target of type ${group.type} behind ${target.id}`,
          );
        default:
          return group.type satisfies never;
      }
    } finally {
      exchange.targetMs = performance.now() - startedAt;
      active.set(group.id, (active.get(group.id) ?? 1) - 1);
    }
  };

  /** Takes the request through the service. Throws only for our own bugs. */
  const answer = async (exchange: Exchange): Promise<Reply> => {
    const refusal = await refusalOf(cloud, exchange);
    if (refusal !== undefined) return textReply(403, refusal);
    const { rules, defaultAction } = exchange.listener;
    const rule = rules.find(({ match }) => matchesRule(match, exchange));
    const action = rule?.action ?? defaultAction;
    if (action.kind === "fixedResponse") return textReply(action.statusCode, "");
    try {
      return await forward(exchange, action.targetGroups);
    } catch (error) {
      if (!(error instanceof LatticeFailure)) throw error;
      exchange.failureReason = error.reason;
      return textReply(error.status, error.message);
    }
  };

  /** Bytes of one request on a connection that may carry many. */
  const bytesOf = ({ socket }: IncomingMessage) => {
    const before = traffic.get(socket) ?? { read: 0, written: 0 };
    traffic.set(socket, { read: socket.bytesRead, written: socket.bytesWritten });
    return {
      bytesReceived: socket.bytesRead - before.read,
      bytesSent: socket.bytesWritten - before.written,
    };
  };

  return {
    async serve(message, response, door) {
      const startedAt = performance.now();
      const { serviceId, exactPort } = readDoor(door.id);
      const service = services.service(serviceId);
      if (service === undefined) return refuse(response, `there is no active service ${door.id}`);
      const { network } = service;
      if (network === undefined) {
        return refuse(response, `${service.id} has no active association with a service network`);
      }
      const hostPort = portOf(message.headers.host);
      const wanted = { exactPort, hostPort, isTls: isTls(message) };
      const listener = chooseListener(service.listeners, wanted);
      if (listener === undefined) {
        const ports = service.listeners.map(({ port }) => port).join(", ") || "none";
        return refuse(response, `${service.id} has no such listener; its ports: ${ports}`);
      }
      const exchange = newExchange(message, door.path, {
        service,
        network,
        listener,
        requestId: cloud.random.uuid(),
        startedAtMs: cloud.clock.nowMs(),
        ...signedBy(message, service.place, cloud),
      });
      const reply = await answer(exchange).catch((error: unknown) => {
        // Nobody is left to answer.
        if (message.destroyed && !message.complete) return undefined;
        throw error;
      });
      // AWS counts what was answered. Unverified: that a request whose client went away is not counted.
      if (reply === undefined) return;
      const ending = await sendReply(exchange, response, reply);
      if (ending === "abandoned") return;
      if (!message.complete) drain(message, DRAIN_MAX_BYTES);
      const measured: Measurement = {
        atMs: exchange.startedAtMs,
        status: ending === "whole" ? reply.status : 502,
        requestMs: performance.now() - startedAt,
        ...bytesOf(message),
        failureReason: exchange.failureReason,
      };
      meters.service(service.place, service.id, measured);
      if (exchange.group !== undefined) meters.group(service.place, exchange.group.id, measured);
      writeAccessLog(cloud.logs, exchange, measured);
    },
    async close() {
      for (const opened of connections.values()) await (await opened).destroy();
      connections.clear();
    },
  };
}

/** "orders-0123456789abcdef0" of a host name, "svc-0123456789abcdef0" or "svc-0...:8080" of a path. */
function readDoor(id: string) {
  const [name = "", port] = id.split(":");
  return {
    serviceId: `svc-${name.slice(-17)}`,
    exactPort: port === undefined ? undefined : Number(port),
  };
}

function portOf(host: string | undefined): number | undefined {
  const port = /:(\d+)$/.exec(host ?? "")?.[1];
  return port === undefined ? undefined : Number(port);
}

/** Where AWS has no connection at all. Ours: the status and the texts. */
function refuse(response: ServerResponse, why: string): void {
  response.writeHead(404, { "content-type": "text/plain" }).end(`VPC Lattice: ${why}\n`);
}
