import type { StopServiceDeploymentStopType } from "@aws-sdk/client-ecs";
import { serviceDeploymentArn } from "../arns.ts";
import type { ServiceDeployments } from "../service-deployments.ts";
import type { PlaceState, ServiceDeploymentRow, ServiceRow } from "../state.ts";
import type { Book } from "./book.ts";
import { createEngine, type DeploymentParts } from "./engine.ts";
import { isOver, type Progress } from "./progress.ts";
import { SERVICE_DELETED, STOP_ABORT, STOP_ROLLBACK, SUPERSEDED } from "./reasons.ts";
import { shiftTraffic } from "./traffic.ts";

/** Service deployments, and what the operations on them need. */
export interface Deployments extends ServiceDeployments {
  /** How far one has come; undefined for a ROLLING one. */
  progressOf(state: PlaceState, arn: string): Progress | undefined;
  /** StopServiceDeployment of one that is not over. */
  stop(state: PlaceState, row: ServiceDeploymentRow, how: StopServiceDeploymentStopType): void;
  /** ContinueServiceDeployment. @returns false when no such hook waits. */
  proceed(state: PlaceState, arn: string, hookId: string, action: "CONTINUE" | "ROLLBACK"): boolean;
}

const ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
const DIGITS = "0123456789";

export function createServiceDeployments(parts: DeploymentParts): Deployments {
  const { cloud, steering } = parts;
  const { clock, random, store } = cloud;
  const engine = createEngine(parts);
  const { book } = engine;

  const edit = (
    state: PlaceState,
    arn: string,
    change: Partial<ServiceDeploymentRow>,
  ): ServiceDeploymentRow | undefined => {
    const row = state.serviceDeployments.get(arn);
    if (row === undefined) return undefined;
    const changed = { ...row, ...change, updatedAtMs: clock.nowMs() };
    state.serviceDeployments.set(arn, changed);
    return changed;
  };
  const end = (state: PlaceState, row: ServiceDeploymentRow, statusReason: string) => {
    const nowMs = clock.nowMs();
    const times = { stoppedAtMs: nowMs, finishedAtMs: nowMs };
    edit(state, row.arn, { status: "STOPPED", statusReason, ...times });
  };
  /** A ROLLING deployment knows nothing of shares: everybody goes back to where the service was. */
  const bringTrafficBack = (state: PlaceState, { routes = [] }: Progress) => {
    clock.schedule(clock.nowMs(), async () => {
      for (const lane of ["production", "test"] as const) {
        const failed = await shiftTraffic(cloud, state.place, routes, { lane, percent: 0 });
        if (failed !== undefined) cloud.warn(`ecs: ${failed.failure}`);
      }
    });
  };

  return {
    begin(state, service, revisions) {
      const nowMs = clock.nowMs();
      const { clusterName, name: serviceName, deploymentConfiguration: configuration } = service;
      const arn = serviceDeploymentArn(
        state.place,
        clusterName,
        serviceName,
        random.string(21, ID_ALPHABET),
      );
      const { before, origin } = situationOf(book, state, service, revisions.sourceArn);
      const row: ServiceDeploymentRow = {
        arn,
        clusterName,
        serviceName,
        status: "PENDING",
        statusReason: undefined,
        lifecycleStage: undefined,
        configuration,
        sourceRevisionArn: origin.revisionArn,
        targetRevisionArn: revisions.targetArn,
        productionWeight: 0,
        testWeight: 0,
        alarms: { status: undefined, triggered: [] },
        failedTaskCount: 0,
        rollbackReason: undefined,
        rollbackStartedAtMs: undefined,
        createdAtMs: nowMs,
        startedAtMs: undefined,
        updatedAtMs: nowMs,
        finishedAtMs: undefined,
        stoppedAtMs: undefined,
      };
      store.transaction(() => {
        for (const old of before) if (!isOver(old.row)) end(state, old.row, SUPERSEDED);
        state.serviceDeployments.set(arn, row);
        if (isRolling(row)) {
          for (const { progress } of before) {
            if (progress !== undefined) bringTrafficBack(state, progress);
          }
          return;
        }
        const greenId =
          service.deployments.find(({ revisionArn }) => revisionArn === revisions.targetArn)?.id ??
          `ecs-svc/${random.string(19, DIGITS)}`;
        const takenOver = leftBehind(service, before, { greenId, blueId: origin.groupId });
        book.setProgress(state, { ...FRESH, arn, blueId: origin.groupId, greenId, takenOver });
        engine.wake(state, arn);
      });
      return row;
    },

    progress(state, arn, change) {
      edit(state, arn, change);
    },

    abandon(state, service) {
      for (const row of state.serviceDeployments.values()) {
        if (isOf(row, service) && !isOver(row)) end(state, row, SERVICE_DELETED);
      }
    },

    resume(state) {
      for (const { row } of book.all(state)) engine.wake(state, row.arn);
    },

    progressOf: (state, arn) => book.progress(state, arn),

    stop(state, row, how) {
      // Who has begun to stop or to go back goes on with it. Source: AWS docs, "Stopping Amazon ECS service deployments".
      if (row.status !== "PENDING" && row.status !== "IN_PROGRESS") return;
      const reason = how === "ABORT" ? STOP_ABORT : STOP_ROLLBACK;
      edit(state, row.arn, {
        status: how === "ABORT" ? "STOP_REQUESTED" : "ROLLBACK_REQUESTED",
        statusReason: reason,
      });
      if (book.progress(state, row.arn) !== undefined) return engine.wake(state, row.arn);
      const service = { clusterName: row.clusterName, name: row.serviceName };
      steering.stopRolling(state, service, how, reason);
    },

    proceed(state, arn, hookId, action) {
      const at = book.open(state, arn);
      return at !== undefined && engine.hooks.proceed(at, hookId, action);
    },

    close: () => engine.close(),
  };
}

const FRESH = {
  routes: undefined,
  turned: undefined,
  step: 0,
  stepStartedAtMs: undefined,
  hooks: [],
  hookData: {},
  rollbackFailure: undefined,
} as const satisfies Partial<Progress>;

/** A deployment that a new one takes over from: under way, or stopped where it stood. */
interface Superseded {
  readonly row: ServiceDeploymentRow;
  /** Undefined for a ROLLING one. */
  readonly progress: Progress | undefined;
}

/** What the new deployment starts from: what served before all that is still under way. */
function situationOf(
  book: Book,
  state: PlaceState,
  service: ServiceRow,
  sourceArn: string | undefined,
): {
  readonly before: readonly Superseded[];
  readonly origin: {
    readonly revisionArn: string | undefined;
    readonly groupId: string | undefined;
  };
} {
  const all = [...state.serviceDeployments.values()]
    .filter((row) => isOf(row, service))
    .map((row) => ({ row, progress: book.progress(state, row.arn) }));
  const open = all.filter(({ row }) => !isOver(row));
  const before = open.length > 0 ? open : all.slice(-1).filter((last) => isLeft(service, last));
  const [first] = before;
  if (first?.progress !== undefined) {
    const { row, progress } = first;
    return {
      before,
      origin: isPastReturn(first)
        ? { revisionArn: row.targetRevisionArn, groupId: progress.greenId }
        : { revisionArn: row.sourceRevisionArn, groupId: progress.blueId },
    };
  }
  const groupId = service.deployments.find(({ revisionArn }) => revisionArn === sourceArn)?.id;
  return { before, origin: { revisionArn: sourceArn, groupId } };
}

/** Stopped where it stood, with both revisions and perhaps both target groups in use. */
function isLeft({ deployments }: ServiceRow, { row, progress }: Superseded): boolean {
  return row.status === "STOPPED" && deployments.some(({ id }) => id === progress?.greenId);
}

/** The tasks of its source are being stopped: its target is what serves. */
function isPastReturn({ row, progress }: Superseded): boolean {
  return row.lifecycleStage === "CLEAN_UP" && progress?.turned === undefined;
}

function leftBehind(
  service: ServiceRow,
  before: readonly Superseded[],
  keep: { readonly greenId: string; readonly blueId: string | undefined },
): Progress["takenOver"] {
  const left = new Map<string, Progress["takenOver"][number]>();
  for (const { id, status } of service.deployments) {
    if (status !== "INACTIVE") left.set(id, { groupId: id, routes: [] });
  }
  for (const old of before) {
    const { progress } = old;
    if (progress === undefined) continue;
    for (const one of progress.takenOver) left.set(one.groupId, one);
    const routes = isPastReturn(old) ? [] : (progress.routes ?? []);
    left.set(progress.greenId, { groupId: progress.greenId, routes });
  }
  for (const id of [keep.greenId, keep.blueId]) if (id !== undefined) left.delete(id);
  return [...left.values()];
}

function isOf(row: ServiceDeploymentRow, { clusterName, name }: ServiceRow): boolean {
  return row.clusterName === clusterName && row.serviceName === name;
}

function isRolling({ configuration }: ServiceDeploymentRow): boolean {
  return configuration.strategy === undefined || configuration.strategy === "ROLLING";
}
