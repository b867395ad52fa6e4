import type { GroupTarget, TargetGroupPort } from "../../../data-plane/ports.ts";
import type { Cloud } from "../../../service.ts";
import type { PlaceState, TaskRow } from "../state.ts";

/** A task's place in one target group. */
export interface TaskTarget {
  readonly groupArn: string;
  readonly target: GroupTarget;
}

/** Where the task is, or has to be, registered. Known from its row alone. */
export function targetsOf({ workload, network }: TaskRow): TaskTarget[] {
  if (network === undefined) return [];
  return workload.loadBalancers.flatMap(({ targetGroupArn, containerPort }) =>
    targetGroupArn === undefined || containerPort === undefined
      ? []
      : [{ groupArn: targetGroupArn, target: { id: network.address, port: containerPort } }],
  );
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
  for (const { groupArn, target } of targets) {
    const problem = await registerOne(groups, place, groupArn, target);
    if (problem !== undefined) {
      return `failed to register targets in (target-group ${groupArn}) with (error ${problem})`;
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

export async function deregisterTask(
  { cloud }: { readonly cloud: Cloud },
  { place }: PlaceState,
  row: TaskRow,
): Promise<void> {
  const targets = targetsOf(row);
  if (targets.length === 0) return;
  const groups = await cloud.port("targetGroups");
  for (const { groupArn, target } of targets) await groups.deregister(place, groupArn, target);
}

/** Whether nothing sends requests to the task any more. */
export function isDrained(groups: TargetGroupPort, { place }: PlaceState, row: TaskRow): boolean {
  return targetsOf(row).every(
    ({ groupArn, target }) => groups.health(place, groupArn, target)?.state !== "draining",
  );
}
