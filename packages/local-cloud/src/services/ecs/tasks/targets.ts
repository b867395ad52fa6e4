import type { GroupTarget, TargetGroupPort } from "../../../data-plane/ports.ts";
import type { Cloud } from "../../../service.ts";
import { refusalByBalancer } from "../infrastructure-role.ts";
import type { PlaceState, TaskRow } from "../state.ts";

/** A task's place in one target group. */
export interface TaskTarget {
  readonly groupArn: string;
  readonly target: GroupTarget;
  /** In which role it is registered; undefined: in that of ECS itself. */
  readonly roleArn: string | undefined;
}

/** How a service's event tells it. Source: service events that users quote. */
export const REGISTERING_FAILED = "failed to register targets in";

/** Where the task is, or has to be, registered. Known from its row alone. */
export function targetsOf({ workload, network }: TaskRow): TaskTarget[] {
  if (network === undefined) return [];
  return workload.loadBalancers.flatMap(
    ({ targetGroupArn, containerPort, advancedConfiguration }) =>
      targetGroupArn === undefined || containerPort === undefined
        ? []
        : [
            {
              groupArn: targetGroupArn,
              target: { id: network.address, port: containerPort },
              roleArn: advancedConfiguration?.roleArn,
            },
          ],
  );
}

/** What the scheduler may not do with the target, as ELB says it. */
function refusal(
  cloud: Cloud,
  place: PlaceState["place"],
  { groupArn, roleArn }: TaskTarget,
  operation: "RegisterTargets" | "DeregisterTargets",
): Promise<string | undefined> {
  const as = { roleArn, sessionName: "ecs-service-scheduler" } as const;
  return refusalByBalancer(cloud, place, as, { operation, resource: groupArn });
}

/** @returns why a target could not be registered, in the words of a service's events. */
export async function registerTask(
  { cloud }: { readonly cloud: Cloud },
  { place }: PlaceState,
  row: TaskRow,
): Promise<string | undefined> {
  const targets = targetsOf(row);
  if (targets.length === 0) return undefined;
  const groups = await cloud.port("targetGroups");
  for (const one of targets) {
    const { groupArn, target } = one;
    const problem =
      (await refusal(cloud, place, one, "RegisterTargets")) ??
      (await registerOne(groups, place, groupArn, target));
    if (problem !== undefined) {
      return `${REGISTERING_FAILED} (target-group ${groupArn}) with (error ${problem})`;
    }
  }
  return undefined;
}

async function registerOne(
  groups: TargetGroupPort,
  place: PlaceState["place"],
  groupArn: string,
  target: GroupTarget,
): Promise<string | undefined> {
  try {
    const isThere = await groups.register(place, groupArn, target);
    return isThere ? undefined : "One or more target groups not found";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Takes the task out of its target groups. One that the role may not take it out of goes on sending to it.
 *
 * @returns why a target could not be deregistered, in the words of a service's events.
 */
export async function deregisterTask(
  { cloud }: { readonly cloud: Cloud },
  { place }: PlaceState,
  row: TaskRow,
): Promise<string | undefined> {
  const targets = targetsOf(row);
  if (targets.length === 0) return undefined;
  const groups = await cloud.port("targetGroups");
  let problem: string | undefined;
  for (const one of targets) {
    const { groupArn, target } = one;
    const denied = await refusal(cloud, place, one, "DeregisterTargets");
    if (denied === undefined) await groups.deregister(place, groupArn, target);
    else {
      problem = `failed to deregister targets in (target-group ${groupArn}) with (error ${denied})`;
    }
  }
  return problem;
}

/** Whether nothing sends requests to the task any more. */
export function isDrained(groups: TargetGroupPort, { place }: PlaceState, row: TaskRow): boolean {
  return targetsOf(row).every(
    ({ groupArn, target }) => groups.health(place, groupArn, target)?.state !== "draining",
  );
}
