import type { Scheduled } from "../../../clock.ts";
import type { ServiceSteering } from "../service-deployments.ts";
import { type PlaceState, SERVICE, type ServiceRow, type Workload } from "../state.ts";
import { beginDeployment, isSteeredNow } from "./begin-deployment.ts";
import { createDeploymentAlarms } from "./deployment-alarms.ts";
import { createFailureNews } from "./failure-news.ts";
import { createGroupKeeper } from "./group-keeper.ts";
import { createJournal } from "./journal.ts";
import { createRolling } from "./rolling.ts";
import type { ServiceParts } from "./service-parts.ts";
import { editService, findService, type ServiceKey } from "./service-rows.ts";
import { createSteering } from "./steering.ts";
import { createTaskNews } from "./task-news.ts";
import { createTaskSetKeeper } from "./task-set-keeper.ts";

/** Keeps services at what they should be, and tells how that goes. */
export interface ServiceScheduler {
  readonly steering: ServiceSteering;
  /** Begins a deployment of a service with the ECS controller. */
  deploy(state: PlaceState, key: ServiceKey, workload: Workload): void;
  /** Does what is to be done after a service or one of its task sets changed. */
  look(state: PlaceState, key: ServiceKey): void;
  /** Whether nothing of a task set or deployment is left to run or stop. */
  isGone(state: PlaceState, service: ServiceRow, id: string): boolean;
  /** Goes on with all services, after a restart of the cloud. */
  resume(): void;
  close(): void;
}

export function createServiceScheduler(services: Omit<ServiceParts, "tasks">): ServiceScheduler {
  const { cloud, groups } = services;
  const journal = createJournal(cloud);
  const keeper = createGroupKeeper(services);
  const alarms = createDeploymentAlarms(services);
  const failureNews = createFailureNews(journal);
  const taskNews = createTaskNews(journal);
  const parts = { ...services, keeper, journal, alarms, failureNews };
  const timers = new Set<Scheduled>();
  let isClosed = false;

  const lookAt = (state: PlaceState, key: ServiceKey, atMs: number) => {
    const { clusterName, name } = key;
    const timer = cloud.clock.schedule(atMs, () => {
      timers.delete(timer);
      look(state, { clusterName, name });
    });
    timers.add(timer);
  };
  const rolling = createRolling(parts, lookAt);
  const taskSets = createTaskSetKeeper(parts);

  /** Keeps each deployment at the number it was given. */
  const keepSteered = (state: PlaceState, service: ServiceRow) => {
    for (const { id, workload, desiredCount } of service.deployments) {
      keeper.keep(state, service, { id, workload, count: desiredCount });
      failureNews.tell(state, service, id, keeper.view(state, service, id));
    }
    forgetGone(state, service);
  };

  const forgetGone = (state: PlaceState, service: ServiceRow) => {
    for (const row of service.deployments) {
      if (row.status === "PRIMARY" || row.desiredCount > 0) continue;
      if (!keeper.isGone(state, service, row.id)) continue;
      keeper.forget(row.id);
      editService(state, service, ({ deployments }) => ({
        deployments: deployments.filter(({ id }) => id !== row.id),
      }));
    }
  };

  /** Stops everything of a deleted service, and ends it when nothing is left. */
  const drain = (state: PlaceState, service: ServiceRow) => {
    for (const { id, workload } of service.deployments) {
      keeper.keep(state, service, { id, workload, count: 0 });
    }
    taskSets.drain(state, service);
    const sets = state.taskSets(service.clusterName, service.name);
    const ids = [...service.deployments, ...sets.values()].map(({ id }) => id);
    if (!ids.every((id) => keeper.isGone(state, service, id))) return;
    for (const id of ids) {
      keeper.forget(id);
      sets.delete(id);
    }
    editService(state, service, () => ({ status: "INACTIVE", deployments: [] }));
    state.tags.delete(service.arn);
    taskNews.forget(service.arn);
  };

  const look = (state: PlaceState, key: ServiceKey): void => {
    const service = findService(state, key);
    if (isClosed || service === undefined || service.status === "INACTIVE") return;
    taskNews.tell(state, service);
    const now = findService(state, key) ?? service;
    if (now.status === "DRAINING") drain(state, now);
    else if (now.controller !== "ECS") taskSets.look(state, now);
    else if (isSteeredNow(state, now)) keepSteered(state, now);
    else rolling.look(state, key);
  };

  groups.onChange((id) => {
    const owner = keeper.ownerOf(id);
    if (owner === undefined || isClosed) return;
    look(services.in(owner), { clusterName: owner.clusterName, name: owner.serviceName });
  });
  const unsubscribe = cloud.bus.subscribe("alarmStateChanged", (event) => {
    lookAtAll(services.in(event));
  });

  const lookAtAll = (state: PlaceState) => {
    for (const service of servicesOf(state)) {
      if (service.currentServiceDeploymentArn !== undefined) look(state, service);
    }
  };

  const resumeService = (state: PlaceState, service: ServiceRow) => {
    taskNews.accept(state, service);
    for (const { id, workload, ...row } of service.deployments) {
      // How far a deployment under way has come is told by its tasks alone.
      const isComing = row.status === "PRIMARY" && row.rolloutState === "IN_PROGRESS";
      if (isComing) keeper.resume(state, service, { id, workload });
      else keeper.keep(state, service, { id, workload, count: row.desiredCount });
    }
    const { currentServiceDeploymentArn: arn } = service;
    if (arn !== undefined && !isSteeredNow(state, service)) {
      alarms.begin(state, arn, service, () => look(state, service));
    }
    look(state, service);
  };

  return {
    steering: {
      ...createSteering(parts, look),
      stopRolling: (state, key, how, reason) => rolling.stop(state, key, how, reason),
      release(state, key) {
        editService(state, key, ({ deployments }) => ({
          currentServiceDeploymentArn: undefined,
          deployments: deployments.map((row) =>
            row.status === "PRIMARY" && row.rolloutState === "IN_PROGRESS"
              ? {
                  ...row,
                  rolloutState: "FAILED",
                  // Unverified: the text.
                  rolloutStateReason: `ECS deployment ${row.id} stopped.`,
                }
              : row,
          ),
        }));
        look(state, key);
      },
    },
    deploy(state, key, workload) {
      beginDeployment(parts, state, key, { workload, whenWatched: () => look(state, key) });
      look(state, key);
    },
    look,
    isGone: (state, service, id) => keeper.isGone(state, service, id),
    resume() {
      for (const place of cloud.store.scopes(SERVICE)) {
        const state = services.in(place);
        for (const service of servicesOf(state)) {
          if (service.status !== "INACTIVE") resumeService(state, service);
        }
      }
    },
    close() {
      isClosed = true;
      unsubscribe();
      for (const timer of timers) timer.cancel();
    },
  };
}

function servicesOf(state: PlaceState): readonly ServiceRow[] {
  const clusters = [...state.clusters.values()];
  return clusters.flatMap(({ name }) => Array.from(state.services(name).values()));
}
