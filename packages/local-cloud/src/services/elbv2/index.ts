import { createBalancerDoor } from "../../data-plane/load-balancer/balancer-door.ts";
import { createListenerPorts } from "../../data-plane/load-balancer/listener-ports.ts";
import type { Cloud, Service } from "../../service.ts";
import { placeOfArn } from "../place-of-arn.ts";
import { createDraining } from "./draining.ts";
import { createHealthChecks } from "./health/health-checks.ts";
import { HealthBook } from "./health/health-book.ts";
import { createListenerPort } from "./listener-port.ts";
import { createLiveBalancers } from "./live-balancers.ts";
import { listenerOperations } from "./operations/listeners.ts";
import { loadBalancerOperations } from "./operations/load-balancers.ts";
import { ruleOperations } from "./operations/rules.ts";
import { tagOperations } from "./operations/tags.ts";
import { targetGroupOperations } from "./operations/target-groups.ts";
import { targetOperations } from "./operations/targets.ts";
import { followPorts } from "./ports.ts";
import type { Elbv2Handlers } from "./sdk.ts";
import { type Elb, SERVICE, stateOpener } from "./state.ts";
import { createTargetGroupPort } from "./target-group-port.ts";

/** Elastic Load Balancing v2: application load balancers, their health checks, and the way through them. */
export function createElbv2(cloud: Cloud): Service {
  const health = new HealthBook();
  const elb: Elb = {
    cloud,
    in: stateOpener(cloud.store),
    network: () => cloud.port("network"),
    async changed(state) {
      checks.follow(state);
      draining.follow(state);
      await followPorts(elb, state, ports);
    },
  };
  const checks = createHealthChecks(elb, health);
  const door = createBalancerDoor(cloud, createLiveBalancers(elb, health));
  const draining = createDraining(cloud, (groupArn, key) => door.cut(groupArn, key));
  const ports = createListenerPorts(cloud, door);
  const handlers = {
    ...loadBalancerOperations(elb),
    ...listenerOperations(elb),
    ...ruleOperations(elb),
    ...targetGroupOperations(elb),
    ...targetOperations(elb, health),
    ...tagOperations(elb),
  } satisfies Elbv2Handlers;
  return {
    handlers,
    ports: {
      listeners: createListenerPort(elb),
      targetGroups: createTargetGroupPort(elb, health),
    },
    facts: { tagsOf: (arn) => elb.in(placeOfArn(arn)).tags.get(arn) },
    async resume() {
      for (const place of cloud.store.scopes(SERVICE)) await elb.changed(elb.in(place));
    },
    async serve(request, response, match) {
      if (match.id !== "") return door.serveDoor(request, response, match);
      const listeners = cloud.store.scopes(SERVICE).flatMap((place) => addresses(elb, place));
      response.writeHead(200, { "content-type": "application/json" });
      response.end(`${JSON.stringify({ listeners }, undefined, 2)}\n`);
    },
    upgrade: (request, client, match) => door.upgradeDoor(request, client, match),
    async close() {
      checks.close();
      draining.close();
      await ports.close();
      await door.close();
    },
  };
}

/** Where each listener is on this machine: AWS has no member for that. */
function addresses(elb: Elb, place: Parameters<Elb["in"]>[0]) {
  const { listeners, balancers } = elb.in(place);
  return [...listeners.values()].map(({ arn, protocol, port, balancerArn, localPort }) => ({
    loadBalancerName: balancers.get(balancerArn)?.name,
    listenerArn: arn,
    protocol,
    port,
    url: localPort === undefined ? undefined : `${protocol.toLowerCase()}://127.0.0.1:${localPort}`,
  }));
}
