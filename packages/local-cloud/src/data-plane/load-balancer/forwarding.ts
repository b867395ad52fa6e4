import type { ServerResponse } from "node:http";
import type { Cloud } from "../../service.ts";
import type { NetworkPort } from "../ports.ts";
import { TargetChooser } from "./choices.ts";
import type { Exchange } from "./exchange.ts";
import { callAddress } from "./http-target.ts";
import { type Flight, InFlight } from "./in-flight.ts";
import { callFunction } from "./lambda-target.ts";
import type { LiveGroup, LiveTarget } from "./live-balancers.ts";
import { BalancerFailure, type Reply } from "./reply.ts";
import { pinApplication, route, type Router } from "./routes.ts";
import type { Action } from "./routing.ts";
import { TargetPool } from "./target-pool.ts";
import { openTunnel } from "./websocket.ts";

type ForwardAction = Extract<Action, { kind: "forward" }>;

/** Takes requests to targets, and knows which of them have not ended. */
export class Forwarding {
  readonly #cloud: Cloud;
  readonly #inFlight = new InFlight();
  readonly #router: Router;
  readonly #pool: TargetPool;
  #network: NetworkPort | undefined;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
    this.#router = { cloud, chooser: new TargetChooser(cloud.random), inFlight: this.#inFlight };
    this.#pool = new TargetPool(cloud.clock);
  }

  /** @throws {BalancerFailure} */
  async forward(
    exchange: Exchange,
    response: ServerResponse,
    action: ForwardAction,
  ): Promise<Reply> {
    const { group, target } = route(this.#router, exchange, action);
    const flight = this.#inFlight.begin(group.arn, target.key);
    response.once("close", () => {
      this.#inFlight.end(group.arn, target.key, flight);
      if (!response.writableFinished) flight.cut();
    });
    const startedAt = performance.now();
    const reply = await this.#call(exchange, group, target, flight);
    exchange.targetMs = performance.now() - startedAt;
    exchange.targetStatus = reply.status;
    pinApplication(exchange, reply.headers);
    return reply;
  }

  /**
   * Passes an upgrade on.
   * @returns the status that the client got.
   * @throws {BalancerFailure}
   */
  async tunnel(
    exchange: Exchange,
    action: Action,
    client: Pick<Parameters<typeof openTunnel>[0], "socket" | "head">,
  ): Promise<number> {
    if (action.kind !== "forward") throw new BalancerFailure(400, "the rule does not forward");
    const { group, target } = route(this.#router, exchange, action);
    if (group.type === "lambda") throw new BalancerFailure(400, "functions take no upgrades");
    const flight = this.#inFlight.begin(group.arn, target.key);
    client.socket.once("close", () => this.#inFlight.end(group.arn, target.key, flight));
    const startedAt = performance.now();
    const at = await this.#reach(exchange, target);
    const status = await openTunnel({ exchange, ...client, at, control: flight });
    exchange.targetMs = performance.now() - startedAt;
    if (status !== 502) exchange.targetStatus = status;
    return status;
  }

  /** Ends the requests that a target still has. */
  cut(groupArn: string, targetKey: string): void {
    this.#inFlight.cut(groupArn, targetKey);
  }

  close(): void {
    this.#inFlight.cutAll();
    this.#pool.close();
  }

  async #call(
    exchange: Exchange,
    { type }: LiveGroup,
    target: LiveTarget,
    flight: Flight,
  ): Promise<Reply> {
    if (type === "lambda") return callFunction(this.#cloud, exchange, target.id);
    return callAddress(exchange, this.#pool, await this.#reach(exchange, target), flight);
  }

  /** Where on this machine a target listens. */
  async #reach({ balancer }: Exchange, { id, port }: LiveTarget) {
    this.#network ??= await this.#cloud.port("network");
    return this.#network.reach(balancer.place, id, port);
  }
}
