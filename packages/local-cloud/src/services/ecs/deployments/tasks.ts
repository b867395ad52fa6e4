import type { ServiceSteering } from "../service-deployments.ts";
import type { ServiceRevisionRow } from "../state.ts";
import type { TaskGroups } from "../task-groups.ts";
import type { Underway } from "./book.ts";

type Wanted = Parameters<ServiceSteering["run"]>[2][number];

/** The tasks of both revisions: how many there should be, and whether they are there. */
export interface RevisionTasks {
  /** Both revisions at the service's desired count, or green at none before it is scaled up. */
  runBoth(at: Underway, green: "none" | "all"): void;
  /** Only the revision that stays. */
  runOne(at: Underway): void;
  /** Whether the tasks of the revision that is to have the traffic are all healthy, and how many failed. */
  look(at: Underway): { readonly isHealthy: boolean; readonly failedCount: number };
  /** Whether a group's last task is gone. */
  isGone(at: Underway, groupId: string | undefined): boolean;
}

export function createRevisionTasks(parts: {
  readonly groups: TaskGroups;
  readonly steering: ServiceSteering;
}): RevisionTasks {
  const { groups, steering } = parts;
  /** What was said last, by deployment: saying it again would be noise. */
  const said = new Map<string, string>();
  /** How many of a group were healthy when it was last looked at. */
  const healthy = new Map<string, number>();
  const run = (at: Underway, wanted: readonly Wanted[]) => {
    const text = JSON.stringify(wanted);
    if (said.get(at.row.arn) === text) return;
    said.set(at.row.arn, text);
    steering.run(at.state, at.service, wanted);
  };
  return {
    runBoth(at, green) {
      const count = at.service.desiredCount;
      const blueOne = blue(at, count);
      const greenOne = greenOf(at, green === "all" ? count : 0);
      if (at.progress.turned === undefined) {
        run(at, [greenOne("PRIMARY"), ...(blueOne === undefined ? [] : [blueOne("ACTIVE")])]);
      } else {
        run(at, [...(blueOne === undefined ? [] : [blueOne("PRIMARY")]), greenOne("ACTIVE")]);
      }
    },
    runOne(at) {
      const count = at.service.desiredCount;
      const stays = at.progress.turned === undefined ? greenOf(at, count) : blue(at, count);
      run(at, stays === undefined ? [] : [stays("PRIMARY")]);
    },
    look(at) {
      const { turned, blueId, greenId } = at.progress;
      const { desiredCount } = at.service;
      const id = turned === undefined ? greenId : blueId;
      if (id === undefined) return { isHealthy: true, failedCount: 0 };
      const view = groups.view(at.state.place, at.row.clusterName, id);
      const { healthyCount, failedCount } = view;
      const isMore = healthyCount > (healthy.get(id) ?? 0);
      healthy.set(id, healthyCount);
      // Source: SDK model, DeploymentCircuitBreaker.resetOnHealthyTask (true when it is left out).
      const { enable, resetOnHealthyTask } = at.row.configuration.deploymentCircuitBreaker ?? {};
      const isReset = isMore && enable === true && resetOnHealthyTask !== false;
      if (isReset && failedCount > 0) groups.forgetFailures(id);
      return {
        isHealthy: view.desiredCount === desiredCount && healthyCount >= desiredCount,
        failedCount: isReset ? 0 : failedCount,
      };
    },
    isGone(at, groupId) {
      if (groupId === undefined) return true;
      const view = groups.view(at.state.place, at.row.clusterName, groupId);
      return view.pendingCount + view.runningCount + view.stoppingCount === 0;
    },
  };
}

type WithStatus = (status: Wanted["status"]) => Wanted;

function greenOf({ row, progress, state }: Underway, count: number): WithStatus {
  const revision = state.serviceRevisions.get(row.targetRevisionArn);
  const targetGroupArns =
    progress.routes?.map(({ greenGroupArn }) => greenGroupArn) ?? groupsOf(revision);
  return (status) => ({
    id: progress.greenId,
    revisionArn: row.targetRevisionArn,
    status,
    count,
    targetGroupArns,
  });
}

function blue({ row, progress, state }: Underway, count: number): WithStatus | undefined {
  const { blueId: id, routes = [] } = progress;
  const { sourceRevisionArn: revisionArn } = row;
  if (id === undefined || revisionArn === undefined) return undefined;
  const targetGroupArns =
    routes.length > 0
      ? routes.map(({ blueGroupArn }) => blueGroupArn)
      : groupsOf(state.serviceRevisions.get(revisionArn));
  return (status) => ({ id, revisionArn, status, count, targetGroupArns });
}

function groupsOf(revision: ServiceRevisionRow | undefined): readonly string[] {
  return (revision?.workload.loadBalancers ?? []).flatMap(({ targetGroupArn }) =>
    targetGroupArn === undefined ? [] : [targetGroupArn],
  );
}
