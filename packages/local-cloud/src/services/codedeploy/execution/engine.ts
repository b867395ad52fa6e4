import type { Scheduled } from "../../../clock.ts";
import { StorageError } from "../../../storage/store.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { ALARM_POLL_MS, START_DELAY_MS } from "../limits.ts";
import {
  type CodeDeploy,
  type DeploymentRow,
  isCompleted,
  type PlaceState,
  SERVICE,
} from "../state.ts";
import { followsAlarm } from "./alarms.ts";
import { createEnding } from "./ending.ts";
import type { Notices } from "./notices.ts";
import type { Run } from "./stage.ts";
import { createSteps } from "./steps.ts";

/** A refused write is tried again after this long: the disk may have space by then. */
const STORAGE_RETRY_MS = 5000;

export interface Engine {
  /** Lets a new deployment begin, after a moment. */
  start(state: PlaceState, row: DeploymentRow): void;
  /** Looks at a deployment soon: something about it has changed. */
  wake(state: PlaceState, id: string): void;
  /** Looks at it now. Resolves when it has nothing to do for the moment. */
  settle(state: PlaceState, id: string): Promise<void>;
  /** Whether something is being done for it at this moment. */
  isBusy(state: PlaceState, id: string): boolean;
  alarmChanged(place: Place & { readonly alarmName: string }): void;
  resume(): void;
  close(): Promise<void>;
}

/**
 * Takes deployments from stage to stage.
 *
 *     Created ─begin─▶ InProgress ⇄ Ready ─last stage─▶ Succeeded
 *        │                 │          │
 *        │                 ├──────────┴─ alarm, StopDeployment, end of the ready wait ─▶ Stopped ─┐
 *        └─────────────────┴─ AppSpec, role, target, hook, deadline ─▶ Failed ────────────────────┤
 *                                                     a rollback: a deployment of its own, if asked for
 *
 *     a lifecycle event:  Pending ─▶ InProgress ─▶ Succeeded | Failed | Skipped;  Pending ─▶ Skipped
 *
 * Everything it knows is in the rows, so that after a restart it goes on where it was. Looks at one deployment follow
 * each other, and what callers want of it (stop, continue, a hook's report) is written to its row first.
 */
export function createEngine(codedeploy: CodeDeploy, notices: Notices): Engine {
  const { clock, store } = codedeploy.cloud;
  const timers = new Map<string, Scheduled>();
  const running = new Map<string, Promise<void>>();
  const life = { isClosed: false };
  const keyOf = ({ place }: PlaceState, id: string) => `${place.account}/${place.region}/${id}`;

  const settle = (state: PlaceState, id: string): Promise<void> => {
    const key = keyOf(state, id);
    const before = running.get(key) ?? Promise.resolve();
    const mine = before
      .then(() => go(state, id))
      .finally(() => {
        if (running.get(key) === mine) running.delete(key);
      });
    running.set(key, mine);
    return mine;
  };

  const wakeAt = (state: PlaceState, id: string, atMs: number) => {
    const key = keyOf(state, id);
    timers.get(key)?.cancel();
    timers.set(
      key,
      clock.schedule(atMs, () => settle(state, id)),
    );
  };

  /** One look more, which the deployment's own next look does not take the place of. */
  const soon = (state: PlaceState, id: string, atMs: number) => {
    clock.schedule(atMs, () => (life.isClosed ? undefined : settle(state, id)));
  };

  const start = (state: PlaceState, row: DeploymentRow) => {
    wakeAt(state, row.id, row.createdAtMs + START_DELAY_MS);
  };
  const ending = createEnding(codedeploy, { notices, start });
  const steps = createSteps(ending, notices);

  const go = async (state: PlaceState, id: string): Promise<void> => {
    while (!life.isClosed) {
      const row = state.deployments.get(id);
      if (row === undefined || isCompleted(row)) {
        timers.delete(keyOf(state, id));
        return;
      }
      const untilMs = await steps.next(runOf(codedeploy, state, row)).catch((error: unknown) => {
        if (error instanceof StorageError) return clock.nowMs() + STORAGE_RETRY_MS;
        codedeploy.cloud.warn(`internal error in deployment ${id}: ${String(error)}`);
        ending.end(runOf(codedeploy, state, row), "Failed", {
          code: "INTERNAL_ERROR",
          message: `The local cloud could not go on with the deployment: ${String(error)}`,
        });
        return undefined;
      });
      if (untilMs !== undefined && untilMs > clock.nowMs()) {
        if (!life.isClosed) wakeAt(state, id, untilMs);
        return;
      }
    }
  };

  const active = (state: PlaceState) =>
    [...state.deployments.values()].filter((row) => !isCompleted(row));

  return {
    start,
    settle,
    wake: (state, id) => soon(state, id, clock.nowMs()),
    isBusy: (state, id) => running.has(keyOf(state, id)),
    alarmChanged({ account, region, alarmName }) {
      const state = codedeploy.in({ account, region });
      for (const row of active(state)) {
        if (row.startedAtMs === undefined || !followsAlarm(row, alarmName)) continue;
        // Alarms are polled; between two polls nobody looks.
        const polls = Math.floor((clock.nowMs() - row.startedAtMs) / ALARM_POLL_MS) + 1;
        const pollAtMs = row.startedAtMs + polls * ALARM_POLL_MS;
        soon(state, row.id, pollAtMs);
      }
    },
    resume() {
      for (const place of store.scopes(SERVICE)) {
        const state = codedeploy.in(place);
        for (const row of active(state)) {
          if (row.status === "Created") start(state, row);
          else wakeAt(state, row.id, clock.nowMs());
        }
      }
    },
    async close() {
      life.isClosed = true;
      for (const timer of timers.values()) timer.cancel();
      await Promise.allSettled(running.values());
    },
  };
}

function runOf(codedeploy: CodeDeploy, state: PlaceState, { id }: DeploymentRow): Run {
  const { clock } = codedeploy.cloud;
  const row = () => {
    const found = state.deployments.get(id);
    if (found === undefined) throw new Error(`deployment ${id} is gone while it runs`);
    return found;
  };
  return {
    codedeploy,
    state,
    row,
    nowMs: () => clock.nowMs(),
    stageStartedAtMs: () => row().progress.stageStartedAtMs ?? clock.nowMs(),
    save: (changes) => {
      state.deployments.set(id, { ...row(), ...changes, updatedAtMs: clock.nowMs() });
    },
  };
}
