import { type MetricSource, RolloutError, type VersionId } from "@headgate/core";
import { poll } from "../../aws/runner.ts";
import { untilQuiet } from "../ecs/quiet.ts";
import { describeRoute } from "../ecs-task-sets/route.ts";
import { versionOf } from "../ecs/service.ts";
import type { NativeParts } from "./native-parts.ts";
import { putBack } from "./put-back.ts";
import { type NativeRoute, otherGroup } from "./route.ts";
import { deployBack } from "./restore.ts";
import { describeDeployment, gateOf } from "./sight.ts";

/** One attempt must end in five minutes; the next goes on where this one stood. */
const ATTEMPT_MS = 285_000;

/**
 * Ends what preparation began. After a promotion ECS stands at the last gate: it is let go, and takes the old tasks
 * down, only when the load balancer's own counts show requests for the new target group and no more for the old
 * one. After a restore its way back is waited for. Then the service gets its former deployment configuration.
 */
export async function cleanUp(
  parts: NativeParts,
  counts: MetricSource,
  versions: { readonly stable: VersionId; readonly canary: VersionId; readonly live: VersionId },
): Promise<void> {
  const { api, clock, reader, testers, place } = parts;
  const { live } = versions;
  const startMs = clock.nowMs();
  const route = await reader.read();
  mustServe(parts, route, live);
  await testers.close(route.stableGroupArn);
  await letGo(parts, counts, { route, live, startMs });
  const { service } = await poll({
    clock,
    deadlineMs: startMs + ATTEMPT_MS - clock.nowMs(),
    waitingFor: `the deployment of ${place.label} to be over`,
    read: () => api.look(),
    settled: (sight) => (sight.deployment === undefined ? sight : undefined),
    describe: ({ deployment }) => (deployment === undefined ? "" : describeDeployment(deployment)),
  });
  const after = await reader.read();
  mustServe(parts, after, live);
  if (versionOf(service.raw.taskDefinition ?? "") !== live) {
    // Somebody stopped the deployment where it stood: the other version's tasks would stay for good.
    await deployBack(api, after.sight, live);
    throw new RolloutError("TIMED_OUT", `${place.label} is being deployed back to ${live}`, {
      hint: "Its deployment was stopped without turning back, so a new one takes the other version away.",
    });
  }
  await putBack(parts);
}

/** @throws {RolloutError} ROUTE_CHANGED_ELSEWHERE while the other version has traffic. */
function mustServe({ place }: NativeParts, route: NativeRoute, live: VersionId): void {
  if (route.stable === live && route.canary === undefined) return;
  const { deployment } = route.sight;
  const told = deployment === undefined ? "" : ` (${describeDeployment(deployment)})`;
  throw new RolloutError(
    "ROUTE_CHANGED_ELSEWHERE",
    `${place.action.label} does not lead to ${live} alone any more: ${describeRoute(route)}${told}; all tasks are left running`,
    { hint: "Somebody else moved the weights after the release. Nothing was scaled down." },
  );
}

/** Opens the last gate, or what stands before it when the release never got there. */
async function letGo(
  parts: NativeParts,
  counts: MetricSource,
  of: { readonly route: NativeRoute; readonly live: VersionId; readonly startMs: number },
): Promise<void> {
  const { api, clock, forward, place, reader } = parts;
  const { route, live, startMs } = of;
  const { deployment, service } = route.sight;
  if (deployment === undefined || !deployment.isForward) return;
  const isTarget = versionIn(route, deployment.targetArn) === live;
  // Its hold is that it was never promoted.
  if (!isTarget) return api.turnBack(deployment);
  const gate = gateOf(deployment);
  // ECS itself is on its way to the end, or somebody else opened the gate.
  if (gate === undefined) return;
  const lost = otherGroup(place, route.stableGroupArn);
  try {
    await untilQuiet(parts, counts, {
      startMs,
      lostArn: lost.arn,
      servingArn: route.stableGroupArn,
    });
  } catch (error) {
    if (!(error instanceof RolloutError) || error.code !== "TIMED_OUT") throw error;
    throw stillAsked(error, service.name, deployment.arn, gate);
  }
  // The weights may have been moved meanwhile.
  const now = await reader.read();
  mustServe(parts, now, live);
  const isStill = async () => (await forward.read()).token === now.forward.token;
  const remaining = { deadlineMs: Math.max(1000, startMs + ATTEMPT_MS - clock.nowMs()) };
  await api.proceed(deployment, gate, isStill, remaining);
}

function versionIn({ sight }: NativeRoute, arn: string): VersionId | undefined {
  return sight.revisions.find((one) => one.arn === arn)?.version;
}

/** A gate that nobody opens turns the release back: whoever reads this must know until when. */
function stillAsked(
  error: RolloutError,
  service: string,
  arn: string,
  { hookId, expiresAt }: { readonly hookId: string; readonly expiresAt: Date | undefined },
): RolloutError {
  const until = expiresAt === undefined ? "its timeout" : expiresAt.toISOString();
  return new RolloutError("TIMED_OUT", error.message, {
    hint: `The old tasks of ${service} go on running. ECS turns the release back at ${until} unless it is continued: aws ecs continue-service-deployment --service-deployment-arn ${arn} --hook-id ${hookId}`,
    cause: error,
  });
}
