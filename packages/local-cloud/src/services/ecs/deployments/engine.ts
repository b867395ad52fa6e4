import type { Scheduled } from "../../../clock.ts";
import type { Cloud } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import type { ServiceSteering } from "../service-deployments.ts";
import type { PlaceState } from "../state.ts";
import type { TaskGroups } from "../task-groups.ts";
import { createAlarmWatch } from "./alarm-watch.ts";
import { Book, type Underway } from "./book.ts";
import { createEndings, type Endings } from "./endings.ts";
import { tellDeployment } from "./events.ts";
import { createHookSteps, type HookSteps } from "./hook-step.ts";
import { forwardPlan, rollbackPlan, type Step } from "./plan.ts";
import { alarmsRaised, STOP_ABORT, STOP_ROLLBACK } from "./reasons.ts";
import { createSteps, type Outcome } from "./steps.ts";
import { createRevisionTasks } from "./tasks.ts";

export interface DeploymentParts {
  readonly cloud: Cloud;
  in(place: Place): PlaceState;
  readonly groups: TaskGroups;
  readonly steering: ServiceSteering;
}

/**
 * Carries deployments with two revisions on, one step after the other. What it does next is only in what is stored,
 * so a cloud that was stopped goes on where it was.
 *
 *   PENDING ─▶ IN_PROGRESS ─▶ SUCCESSFUL
 *                 │  │
 *                 │  └▶ STOP_REQUESTED ─▶ STOPPED
 *                 └▶ ROLLBACK_REQUESTED ─▶ ROLLBACK_IN_PROGRESS ─▶ ROLLBACK_SUCCESSFUL, ROLLBACK_FAILED
 */
export interface Engine {
  readonly book: Book;
  readonly hooks: HookSteps;
  readonly endings: Endings;
  /** Looks at a deployment, as soon as the caller is done. */
  wake(state: PlaceState, arn: string): void;
  close(): void;
}

export function createEngine(parts: DeploymentParts): Engine {
  const { cloud, groups, steering } = parts;
  const { clock } = cloud;
  const book = new Book(cloud);
  const timers = new Map<string, Scheduled>();
  const running = new Set<string>();
  /** Woken while running: to be looked at once more. */
  const again = new Set<string>();
  /** Deployments that this process has begun to look at. */
  const known = new Map<string, PlaceState>();
  let isClosed = false;

  const wake = (state: PlaceState, arn: string) => {
    if (!isClosed) clock.schedule(clock.nowMs(), () => drive(state, arn));
  };
  const hooks = createHookSteps({ cloud, book, wake });
  const endings = createEndings({ cloud, book, steering });
  const tasks = createRevisionTasks({ groups, steering });
  const carryOut = createSteps({ cloud, book, tasks, hooks });
  const alarms = createAlarmWatch({ cloud, book, in: parts.in, wake });

  groups.onChange((id) => {
    for (const [arn, state] of known) {
      const at = book.open(state, arn);
      if (at === undefined) known.delete(arn);
      else if (concerns(at, id)) wake(state, arn);
    }
  });

  /** One at a time for each deployment. */
  const drive = async (state: PlaceState, arn: string) => {
    again.add(arn);
    if (running.has(arn)) return;
    running.add(arn);
    let untilMs: number | undefined;
    try {
      while (again.delete(arn)) untilMs = await advance(state, arn);
    } finally {
      running.delete(arn);
    }
    timers.get(arn)?.cancel();
    timers.delete(arn);
    if (untilMs !== undefined && !isClosed) {
      timers.set(
        arn,
        clock.schedule(untilMs, () => drive(state, arn)),
      );
    }
  };

  /** As far as it goes now. @returns when to look again at the latest; undefined when it is over. */
  const advance = async (state: PlaceState, arn: string): Promise<number | undefined> => {
    for (;;) {
      const at = isClosed ? undefined : book.open(state, arn);
      if (at === undefined) return undefined;
      if (!known.has(arn)) {
        known.set(arn, state);
        await alarms.ask(at);
        continue;
      }
      if (await decide(at)) continue;
      const step = stepOf(at);
      if (step === undefined) {
        endings.finish(at);
        continue;
      }
      const { stepStartedAtMs } = at.progress;
      if (stepStartedAtMs === undefined) {
        enter(at, step);
        continue;
      }
      const outcome = await carryOut(at, step, stepStartedAtMs);
      if (outcome.kind === "wait") return outcome.untilMs;
      leave(at, outcome);
    }
  };

  /** What comes before the next step. @returns whether something was changed. */
  const decide = async (at: Underway): Promise<boolean> => {
    const { row, progress } = at;
    switch (row.status) {
      case "STOP_REQUESTED":
        endings.stop(at, STOP_ABORT);
        return true;
      case "ROLLBACK_REQUESTED":
        endings.turnBack(at, row.statusReason ?? STOP_ROLLBACK);
        return true;
      case "PENDING":
        await alarms.begin(at);
        begin(at);
        return true;
      default:
    }
    if (row.alarms.status !== "TRIGGERED" || progress.turned !== undefined) return false;
    const rollsBack = row.configuration.alarms?.rollback ?? false;
    const reason = alarmsRaised(row.alarms.triggered, rollsBack);
    if (rollsBack) endings.turnBack(at, reason);
    else endings.stop(at, reason);
    return true;
  };

  const begin = ({ state, row: { arn } }: Underway) => {
    // A stop that came while the alarms were asked goes first.
    const at = book.open(state, arn);
    if (at?.row.status !== "PENDING") return;
    const { greenId } = at.progress;
    book.change(at, { row: { status: "IN_PROGRESS", startedAtMs: clock.nowMs() } });
    tellDeployment(cloud, state, at.row, {
      name: "SERVICE_DEPLOYMENT_IN_PROGRESS",
      deploymentId: greenId,
      reason: `ECS deployment ${greenId} in progress.`,
    });
  };

  const enter = (at: Underway, step: Step) => {
    const stepStartedAtMs = clock.nowMs();
    book.change(at, { row: { lifecycleStage: step.stage }, progress: { stepStartedAtMs } });
    if (step.kind === "hooks") hooks.enter(at, step.at);
  };

  const leave = (
    { state, row: { arn } }: Underway,
    outcome: Exclude<Outcome, { readonly kind: "wait" }>,
  ) => {
    // It may have been stopped or superseded while the step was carried out.
    const at = book.open(state, arn);
    if (at === undefined || at.row.status === "STOP_REQUESTED") return;
    const isTurned = at.progress.turned !== undefined;
    if (outcome.kind === "done" || isTurned) {
      const rollbackFailure =
        outcome.kind === "failed" ? outcome.reason : at.progress.rollbackFailure;
      const next = { step: at.progress.step + 1, stepStartedAtMs: undefined, rollbackFailure };
      // A stop that came meanwhile starts from what the step has done.
      if (at.row.status !== "ROLLBACK_REQUESTED" || isTurned) book.change(at, { progress: next });
      return;
    }
    if (at.row.status === "ROLLBACK_REQUESTED") return;
    if (outcome.staysHere === true) endings.stop(at, outcome.reason);
    else endings.turnBack(at, outcome.reason);
  };

  return {
    book,
    hooks,
    endings,
    wake,
    close() {
      isClosed = true;
      alarms.close();
      for (const timer of timers.values()) timer.cancel();
      timers.clear();
    },
  };
}

function stepOf({ row, progress }: Underway): Step | undefined {
  const plan =
    progress.turned === undefined
      ? forwardPlan(row.configuration, { reconciles: progress.takenOver.length > 0 })
      : rollbackPlan(progress.turned);
  return plan[progress.step];
}

function concerns({ progress }: Underway, groupId: string): boolean {
  return (
    progress.greenId === groupId ||
    progress.blueId === groupId ||
    progress.takenOver.some((left) => left.groupId === groupId)
  );
}
