import {
  ALL_TRAFFIC,
  formatWeight,
  NO_TRAFFIC,
  RolloutError,
  type RouteChange,
  type WeightBps,
} from "@headgate/core";
import { type CallLimits, poll } from "../../aws/runner.ts";
import { describeRoute } from "../ecs-task-sets/route.ts";
import type { ForwardGroup } from "../ecs/forward.ts";
import { DEFAULT_WEIGHT, pairFor } from "../lattice/weights.ts";
import { sharesOf } from "./configuration.ts";
import type { NativeParts } from "./native-parts.ts";
import { forReading } from "./reader.ts";
import { groupOf, type NativeRoute, otherGroup } from "./route.ts";
import { type DeploymentView, describeDeployment, gateOf } from "./sight.ts";

type ShiftParts = Pick<NativeParts, "api" | "clock" | "forward" | "place" | "reader">;

/** How often a change starts again from a newer route before it believes that someone fights it. */
const ATTEMPTS = 5;

/**
 * Lets ECS take its next step, and gives the weight back as the load balancer shows it. ECS knows its weights since
 * the deployment began: another one than the next is refused.
 *
 * @param untilMs nothing is sent after it.
 */
export async function setWeight(
  parts: ShiftParts,
  change: RouteChange,
  untilMs: number,
): Promise<NativeRoute> {
  const { stable, canary, weight, token } = change;
  // ECS's last step is the promotion: there is no state between.
  if (weight === ALL_TRAFFIC) return promote(parts, change, untilMs);
  const { reader, clock, forward } = parts;
  const remaining = (): CallLimits => ({ deadlineMs: untilMs - clock.nowMs() });
  const isLive = (route: NativeRoute) =>
    route.stable === stable &&
    route.weight === weight &&
    (weight === NO_TRAFFIC || route.canary === canary);
  for (let attempt = 1; ; attempt++) {
    const before = await reader.read(forReading(remaining()));
    // Also the way out when our own request had its effect but its answer was lost.
    if (isLive(before)) return before;
    if (attempt > ATTEMPTS) throw await reader.refusal(before, "again and again");
    if (before.token !== token) {
      throw await reader.refusal(before, "it is not what this rollout left");
    }
    const deployment = await underWay(parts, before);
    if (deployment.weight === weight) {
      // ECS has taken the step; the weights were moved by hand since, and a person wants them back.
      const to =
        groupOf(parts.place, before, canary) ?? otherGroup(parts.place, before.stableGroupArn);
      const groups = weightsWith(parts, before, to.arn, weight);
      if (!(await forward.replace(groups, before.forward.token, remaining()))) continue;
    } else {
      mustBeNext(parts, deployment, weight);
      if (!(await goOn(parts, before, remaining))) continue;
    }
    const live = await poll({
      clock,
      deadlineMs: remaining().deadlineMs ?? 0,
      waitingFor: `${parts.place.action.label} to show ${describeRoute({ stable, canary, weight })}`,
      read: () => reader.read(forReading(remaining())),
      // Until it is no stale read any more: the weight, or what someone else made of it.
      settled: (one) =>
        isLive(one) || one.forward.token !== before.forward.token ? one : undefined,
      describe: describeRoute,
    });
    if (isLive(live)) return live;
  }
}

/**
 * Lets ECS take all steps that are left. It stands still after the last one, with the old tasks running. An attempt
 * that ran out of time among several steps is gone on with: what ECS itself has set counts as ours.
 */
export async function promote(
  parts: ShiftParts,
  { canary, token }: Omit<RouteChange, "weight">,
  untilMs: number,
): Promise<NativeRoute> {
  const { reader, clock, place } = parts;
  const remaining = (): CallLimits => ({ deadlineMs: untilMs - clock.nowMs() });
  const isLive = (route: NativeRoute) => route.stable === canary && route.weight === NO_TRAFFIC;
  for (let attempt = 1; ;) {
    const before = await reader.read(forReading(remaining()));
    if (isLive(before)) return before;
    if (attempt > ATTEMPTS) throw await reader.refusal(before, "again and again");
    if (before.token !== token && !isOwnStep(before, canary)) {
      throw await reader.refusal(before, "it is not what this rollout left");
    }
    await underWay(parts, before);
    if (!(await goOn(parts, before, remaining))) {
      attempt++;
      continue;
    }
    const live = await poll({
      clock,
      deadlineMs: remaining().deadlineMs ?? 0,
      waitingFor: `${place.action.label} to show ${canary} alone`,
      read: () => reader.read(forReading(remaining())),
      settled: (one) => (one.forward.token === before.forward.token ? undefined : one),
      describe: describeRoute,
    });
    if (isLive(live)) return live;
  }
}

/** The weights are those that ECS asked for last, for this canary. */
function isOwnStep({ sight: { deployment }, weight, canary }: NativeRoute, ours: string): boolean {
  return deployment?.isForward === true && deployment.weight === weight && canary === ours;
}

/** @throws {RolloutError} ROUTE_CHANGED_ELSEWHERE when no deployment goes forward. */
async function underWay(
  { reader }: Pick<ShiftParts, "reader">,
  route: NativeRoute,
): Promise<DeploymentView> {
  const { deployment } = route.sight;
  if (deployment?.isForward === true) return deployment;
  throw await reader.refusal(route, "no deployment goes forward any more");
}

/** @throws {RolloutError} TARGET_UNSUITABLE */
function mustBeNext({ place }: ShiftParts, deployment: DeploymentView, weight: WeightBps): void {
  const shares = sharesOf(deployment.configuration);
  const next = shares.find((share) => share > deployment.weight);
  if (next === weight) return;
  const told = next === undefined ? "none: it has all traffic" : formatWeight(next);
  throw new RolloutError(
    "TARGET_UNSUITABLE",
    `ECS shifts ${place.label} in steps of its own (${shares.map(formatWeight).join(", ")}); it is at ${formatWeight(deployment.weight)}, the next one is ${told}, and ${formatWeight(weight)} was asked for`,
    {
      hint: "Abort (headgate abort) to go back, promote to go on. Mode taskSets, with the deployment controller EXTERNAL, takes any weight.",
    },
  );
}

/** Waits for ECS to stand at a gate, and opens it. False when the weights changed meanwhile. */
async function goOn(
  { api, reader, clock, forward, place }: ShiftParts,
  before: NativeRoute,
  remaining: () => CallLimits,
): Promise<boolean> {
  const route = await poll({
    clock,
    deadlineMs: remaining().deadlineMs ?? 0,
    waitingFor: `ECS to wait before its next step of ${place.label}`,
    read: () => reader.read(forReading(remaining())),
    settled: (one) => {
      const { deployment } = one.sight;
      // A load balancer that still shows the step before would have ECS take two at once.
      const isAtGate =
        deployment !== undefined &&
        gateOf(deployment) !== undefined &&
        deployment.weight === one.weight;
      return isAtGate || one.token !== before.token ? one : undefined;
    },
    describe: ({ sight: { deployment } }) =>
      deployment === undefined ? "no deployment under way" : describeDeployment(deployment),
  });
  const { deployment } = route.sight;
  const gate = deployment === undefined ? undefined : gateOf(deployment);
  if (route.token !== before.token || deployment === undefined || gate === undefined) return false;
  const isStill = async () => (await forward.read(remaining())).token === before.forward.token;
  return api.proceed(deployment, gate, isStill, remaining());
}

/** The action's groups with this one's share in place; what else the action names has none. */
export function weightsWith(
  { place }: Pick<ShiftParts, "place">,
  { forward }: Pick<NativeRoute, "forward">,
  toArn: string,
  weight: WeightBps,
): readonly ForwardGroup[] {
  const fromArn = otherGroup(place, toArn).arn;
  const pair = weight === NO_TRAFFIC ? { stable: DEFAULT_WEIGHT, canary: 0 } : pairFor(weight);
  const others = forward.groups.filter(({ arn }) => arn !== toArn && arn !== fromArn);
  return [
    { arn: fromArn, weight: pair.stable },
    { arn: toArn, weight: pair.canary },
    ...others.map(({ arn }) => ({ arn, weight: 0 })),
  ];
}
