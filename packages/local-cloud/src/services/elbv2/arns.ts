import type { Place } from "../../telemetry/metric-sink.ts";
import { badArn, notFound } from "./errors.ts";
import type { BalancerRow, GroupRow, ListenerRow, PlaceState, RuleRow } from "./state.ts";

export function arnOf({ region, account }: Place, resource: string): string {
  return `arn:aws:elasticloadbalancing:${region}:${account}:${resource}`;
}

/** "app/orders/50dc6c495c0c9188" of a load balancer, "targetgroup/orders/73e2d6bc24d8a067" of a target group. */
export function dimensionOf(arn: string): string {
  return arn.slice(arn.lastIndexOf(":") + 1).replace(/^loadbalancer\//, "");
}

const FORM = /^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:([a-z-]+)\/.+$/;

function requireForm(arn: string, resource: string, noun: string): void {
  if (FORM.exec(arn)?.[1] !== resource) throw badArn(arn, noun);
}

export function balancerOf({ balancers }: PlaceState, arn = ""): BalancerRow {
  requireForm(arn, "loadbalancer", "load balancer");
  const row = balancers.get(arn);
  if (row === undefined) throw notFound("LoadBalancer");
  return row;
}

export function listenerOf({ listeners }: PlaceState, arn = ""): ListenerRow {
  requireForm(arn, "listener", "listener");
  const row = listeners.get(arn);
  if (row === undefined) throw notFound("Listener");
  return row;
}

export function ruleOf({ rules }: PlaceState, arn = ""): RuleRow {
  requireForm(arn, "listener-rule", "listener rule");
  const row = rules.get(arn);
  if (row === undefined) throw notFound("Rule");
  return row;
}

export function groupOf({ groups }: PlaceState, arn = ""): GroupRow {
  requireForm(arn, "targetgroup", "target group");
  const row = groups.get(arn);
  if (row === undefined) throw notFound("TargetGroup");
  return row;
}
