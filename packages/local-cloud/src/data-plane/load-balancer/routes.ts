import type { Cloud } from "../../service.ts";
import { drawByWeight } from "../weighted-draw.ts";
import { type TargetChooser, usableTargets } from "./choices.ts";
import { cookieOf, readSticky, stickyCookies } from "./cookies.ts";
import { type Exchange, isTls } from "./exchange.ts";
import type { InFlight } from "./in-flight.ts";
import type { LiveGroup, LiveTarget } from "./live-balancers.ts";
import { BalancerFailure } from "./reply.ts";
import type { Action } from "./routing.ts";
import { matchesAll } from "./rule-match.ts";

export interface Router {
  readonly cloud: Cloud;
  readonly chooser: TargetChooser;
  readonly inFlight: InFlight;
}

/** The action of the first rule whose conditions hold. */
export function actionFor(exchange: Exchange): Action {
  const { rules, defaultAction } = exchange.listener;
  const rule = rules.find(({ conditions }) => matchesAll(conditions, exchange));
  exchange.rulePriority = rule?.priority ?? 0;
  return rule?.action ?? defaultAction;
}

/**
 * Chooses group and target of a request that is forwarded, and notes what makes its client stick to them.
 * @throws {BalancerFailure} 503 when there is none. Source: AWS docs, "Troubleshoot your Application Load Balancers".
 */
export function route(
  router: Router,
  exchange: Exchange,
  action: Extract<Action, { kind: "forward" }>,
): { readonly group: LiveGroup; readonly target: LiveTarget } {
  const group = groupFor(router, exchange, action);
  if (group === undefined) throw new BalancerFailure(503, "no target group has a weight");
  exchange.group = group;
  const target = targetFor(router, exchange, group);
  if (target === undefined) throw new BalancerFailure(503, "the group has no registered targets");
  exchange.chosen = target;
  return { group, target };
}

/** A sticky client keeps its group, whatever the weights have become. Source: AWS docs, "Target group stickiness". */
function groupFor(
  { cloud }: Router,
  exchange: Exchange,
  { groups, stickiness }: Extract<Action, { kind: "forward" }>,
): LiveGroup | undefined {
  const { message, balancer, startedAtMs: nowMs } = exchange;
  const arns = groups.map(({ groupArn }) => groupArn);
  const known = stickiness.isOn ? readSticky(message, "group", arns, nowMs) : undefined;
  const groupArn = known?.groupArn ?? drawByWeight(groups, cloud.random)?.groupArn;
  if (groupArn === undefined) return undefined;
  if (stickiness.isOn) {
    const seconds = stickiness.seconds ?? 0;
    const isSecure = isTls(message);
    // The value only tells two clients' cookies apart.
    const value = cloud.random.hex(8);
    exchange.cookies.push(...stickyCookies("group", { groupArn, value, seconds, nowMs, isSecure }));
  }
  return balancer.group(groupArn);
}

function targetFor(
  { chooser, inFlight }: Router,
  exchange: Exchange,
  group: LiveGroup,
): LiveTarget | undefined {
  const { message, startedAtMs: nowMs } = exchange;
  const { attributes } = group;
  const isSticky = attributes["stickiness.enabled"] === "true";
  const isOwn = attributes["stickiness.type"] !== "app_cookie";
  const kind = isOwn ? "target" : "application";
  const held = isSticky ? readSticky(message, kind, [group.arn], nowMs) : undefined;
  const isKept =
    isOwn || cookieOf(message, attributes["stickiness.app_cookie.cookie_name"] ?? "") !== undefined;
  const known = isKept ? usableTargets(group).find(({ key }) => key === held?.value) : undefined;
  const target = known ?? chooser.choose(group, nowMs, (key) => inFlight.count(group.arn, key));
  if (target !== undefined && isSticky && isOwn) pinTarget(exchange, group, target, kind);
  return target;
}

/** An application's own cookie begins the stickiness: its answer is looked at. */
export function pinApplication(exchange: Exchange, headers: readonly string[]): void {
  const { group, chosen } = exchange;
  if (group === undefined || chosen === undefined) return;
  const { attributes } = group;
  if (attributes["stickiness.enabled"] !== "true") return;
  if (attributes["stickiness.type"] !== "app_cookie") return;
  const name = `${attributes["stickiness.app_cookie.cookie_name"] ?? ""}=`;
  const isSet = headers.some(
    (value, index) =>
      index % 2 === 1 &&
      headers[index - 1]?.toLowerCase() === "set-cookie" &&
      value.startsWith(name),
  );
  if (isSet) pinTarget(exchange, group, chosen, "application");
}

function pinTarget(
  exchange: Exchange,
  { arn, attributes }: LiveGroup,
  { key }: LiveTarget,
  kind: "target" | "application",
): void {
  const attribute = kind === "target" ? "lb_cookie" : "app_cookie";
  exchange.cookies.push(
    ...stickyCookies(kind, {
      groupArn: arn,
      value: key,
      seconds: Number(attributes[`stickiness.${attribute}.duration_seconds`] ?? "86400"),
      nowMs: exchange.startedAtMs,
      isSecure: isTls(exchange.message),
    }),
  );
}
