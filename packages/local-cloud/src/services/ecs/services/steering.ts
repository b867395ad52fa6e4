import type { LoadBalancer } from "@aws-sdk/client-ecs";
import type { ServiceSteering } from "../service-deployments.ts";
import type { DeploymentRow, PlaceState, ServiceRow } from "../state.ts";
import { saySteady } from "./journal.ts";
import type { SchedulerParts } from "./service-parts.ts";
import { editService, findService, type ServiceKey } from "./service-rows.ts";

type Wanted = Parameters<ServiceSteering["run"]>[2][number];

/** Lets `ServiceDeployments` carry out strategies: it says how many tasks of which revision, the groups follow. */
export function createSteering(
  { cloud, journal, keeper, groups }: SchedulerParts,
  look: (state: PlaceState, key: ServiceKey) => void,
): Pick<ServiceSteering, "run" | "settle" | "say"> {
  const { clock } = cloud;

  /** The deployment as it is now wanted; undefined for a revision that does not exist. */
  const deploymentOf = (
    state: PlaceState,
    service: ServiceRow,
    wanted: Wanted,
  ): DeploymentRow | undefined => {
    const nowMs = clock.nowMs();
    const known = service.deployments.find(({ id }) => id === wanted.id);
    const revision = state.serviceRevisions.get(wanted.revisionArn);
    const workload = known?.workload ?? revision?.workload;
    if (workload === undefined) return undefined;
    const own = revision?.workload ?? workload;
    return {
      id: wanted.id,
      status: wanted.status,
      workload: {
        ...own,
        loadBalancers: registeredIn(own.loadBalancers, wanted.targetGroupArns),
      },
      desiredCount: wanted.count,
      rolloutState: known?.rolloutState ?? "IN_PROGRESS",
      rolloutStateReason: known?.rolloutStateReason ?? `ECS deployment ${wanted.id} in progress.`,
      revisionArn: wanted.revisionArn,
      createdAtMs: known?.createdAtMs ?? nowMs,
      updatedAtMs: nowMs,
    };
  };

  return {
    run(state, key, wanted) {
      editService(state, key, (service) => {
        const rows = wanted
          .map((one) => deploymentOf(state, service, one))
          .filter((row) => row !== undefined);
        const ids = new Set(rows.map(({ id }) => id));
        const leaving = service.deployments.filter(({ id }) => !ids.has(id)).map(leave);
        return {
          deployments: [...rows, ...leaving],
          currentServiceRevisionArns: rows.map(({ revisionArn }) => revisionArn),
        };
      });
      look(state, key);
    },
    settle(state, key, revisionArn) {
      const nowMs = clock.nowMs();
      const own = state.serviceRevisions.get(revisionArn)?.workload;
      editService(state, key, (service) => ({
        workload: own ?? service.workload,
        currentServiceDeploymentArn: undefined,
        currentServiceRevisionArns: [revisionArn],
        deployments: service.deployments.map((row) =>
          row.revisionArn === revisionArn
            ? {
                ...row,
                status: "PRIMARY",
                rolloutState: "COMPLETED",
                rolloutStateReason: `ECS deployment ${row.id} completed.`,
                desiredCount: service.desiredCount,
                updatedAtMs: nowMs,
              }
            : leave(row),
        ),
      }));
      const service = findService(state, key);
      const settled = service?.deployments.find((row) => row.status === "PRIMARY");
      if (service === undefined || settled === undefined) return;
      const { id, rolloutStateReason: reason } = settled;
      groups.forgetFailures(id);
      journal.say(state, key, `(deployment ${id}) deployment completed.`);
      journal.deployment(state, key, "SERVICE_DEPLOYMENT_COMPLETED", { id, reason });
      look(state, key);
      if (keeper.view(state, service, id).isSteady) saySteady(journal, state, key);
    },
    say: (state, key, message) => journal.write(state, key, message),
  };
}

const leave = (row: DeploymentRow): DeploymentRow => ({
  ...row,
  status: "ACTIVE",
  desiredCount: 0,
});

/** The load balancers of a workload, over other target groups: in their order, the last of both going on. */
function registeredIn(
  own: readonly LoadBalancer[],
  targetGroupArns: readonly string[],
): readonly LoadBalancer[] {
  return targetGroupArns.flatMap((targetGroupArn, index) => {
    const like = own.find((one) => one.targetGroupArn === targetGroupArn) ?? own[index] ?? own[0];
    return like === undefined ? [] : [{ ...like, targetGroupArn }];
  });
}
