import { AwsError } from "../../../aws-error.ts";
import type { Scheduled } from "../../../clock.ts";
import type { Cloud } from "../../../service.ts";
import { type FunctionReference, parseReference } from "../function-name.ts";
import { type AsyncEventRow, keyOf, type LambdaState, type PlaceState } from "../state.ts";
import { type Ending, tellEnding } from "./destinations.ts";
import type { FunctionMetrics, MetricName } from "./function-metrics.ts";
import { type Attempt, isTooOld, nextStep } from "./retry-plan.ts";
import type { Runner, RunResult } from "./runner.ts";
import { resolveTarget, type Target } from "./target.ts";

export interface AsyncQueue {
  /** Accepts an event: from here on it is not lost, also not by kill -9. */
  enqueue(
    state: PlaceState,
    reference: FunctionReference,
    event: Pick<AsyncEventRow, "id" | "payload" | "clientContext" | "traceId">,
  ): void;
  /** Goes on with the events that were queued when the cloud stopped. */
  resume(): void;
  close(): void;
}

/**
 * Asynchronous invocation: every event is stored until it has ended, and tried when it is due.
 *
 *     due → ran well              → success destination, gone
 *         → ran and failed        → due again after 1, then 2 minutes; then failure destination, gone
 *         → throttled             → due again after 1 s, doubling up to 5 minutes
 *         → too old, or throttled by a reservation of 0 → failure destination, gone
 *
 * What comes next is decided in `retry-plan.ts`.
 */
export function createAsyncQueue(parts: {
  readonly cloud: Cloud;
  readonly lambda: LambdaState;
  readonly runner: Runner;
  readonly metrics: FunctionMetrics;
}): AsyncQueue {
  const { cloud, lambda, runner, metrics } = parts;
  const { clock } = cloud;
  const scheduled = new Set<Scheduled>();
  let isClosed = false;

  const schedule = (state: PlaceState, event: AsyncEventRow) => {
    const task = clock.schedule(event.dueAtMs, async () => {
      scheduled.delete(task);
      await attempt(state, event);
    });
    scheduled.add(task);
  };

  const again = (state: PlaceState, event: AsyncEventRow) => {
    state.asyncEvents.set(event.id, event);
    schedule(state, event);
  };

  const attempt = async (state: PlaceState, event: AsyncEventRow) => {
    const startedAtMs = clock.nowMs();
    measure(state, event, "AsyncEventAge", startedAtMs - event.queuedAtMs);
    const target = findTarget(cloud, state, event);
    if (target === undefined) {
      // The function, its version or its alias was deleted: nobody is left to tell.
      measure(state, event, "AsyncEventsDropped", 1);
      state.asyncEvents.delete(event.id);
      return;
    }
    const config = state.eventInvokeConfigs.get(keyOf(event.functionName, event.qualifier));
    if (isTooOld(event, config, startedAtMs)) {
      await end(state, { event, condition: "EventAgeExceeded", target, last: undefined });
      return;
    }
    const run = await runner
      .run(state, target, { ...event, requestId: event.id })
      .catch(unlessClosed);
    if (isClosed || run === undefined) return;
    // On a virtual clock a function takes no time: its retry is due one minute after it was tried.
    const endedAtMs = clock.kind === "virtual" ? startedAtMs : clock.nowMs();
    const step = nextStep(event, attemptOf(run, target), config, endedAtMs);
    if (step.kind === "again") again(state, step.event);
    else await end(state, { ...step, target, last: lastOf(run, target) });
  };

  /** Workers end with the cloud. The event stays stored and is tried again at the next start. */
  const unlessClosed = (error: unknown) => {
    if (!isClosed) throw error;
    return undefined;
  };

  const end = async (state: PlaceState, ending: Ending) => {
    const { event, condition } = ending;
    state.asyncEvents.delete(event.id);
    if (condition !== "Success") measure(state, event, "AsyncEventsDropped", 1);
    const failures = await tellEnding(cloud, state, ending, (arn, payload) =>
      toFunction(state, arn, payload),
    );
    if (isClosed) return;
    for (const metric of failures) measure(state, event, metric, 1);
  };

  /** Queues a record for a destination, which is a function of the same account and region. */
  const toFunction = (state: PlaceState, arn: string, payload: Uint8Array): boolean => {
    const reference = parseReference(state.place, arn);
    const { name: functionName, qualifier } = reference;
    if (findTarget(cloud, state, { functionName, qualifier }) === undefined) return false;
    const id = cloud.random.uuid();
    enqueue(state, reference, { id, payload, clientContext: undefined, traceId: undefined });
    return true;
  };

  const measure = (state: PlaceState, event: AsyncEventRow, name: MetricName, value: number) => {
    const { functionName, qualifier } = event;
    const resource = qualifier === undefined ? functionName : keyOf(functionName, qualifier);
    metrics
      .of(state.place, { functionName, resource, executedVersion: undefined })
      .record(name, value, clock.nowMs());
  };

  const enqueue: AsyncQueue["enqueue"] = (state, { name, qualifier }, event) => {
    const nowMs = clock.nowMs();
    const times = { queuedAtMs: nowMs, dueAtMs: nowMs, failures: 0, throttles: 0 };
    const row = { ...event, ...times, functionName: name, qualifier };
    again(state, row);
    measure(state, row, "AsyncEventsReceived", 1);
  };

  return {
    enqueue,
    resume() {
      for (const state of lambda.places()) {
        for (const event of state.asyncEvents.values()) schedule(state, event);
      }
    },
    close() {
      isClosed = true;
      for (const task of scheduled) task.cancel();
    },
  };
}

/** What an event leads to now; undefined when that was deleted. */
function findTarget(
  { random }: Cloud,
  state: PlaceState,
  event: Pick<AsyncEventRow, "functionName" | "qualifier">,
): Target | undefined {
  try {
    return resolveTarget(state, { name: event.functionName, qualifier: event.qualifier }, random);
  } catch (error) {
    if (error instanceof AwsError) return undefined;
    throw error;
  }
}

function attemptOf(run: RunResult, { row }: Target): Attempt {
  if (run.kind === "throttled") return row.reservedConcurrency === 0 ? "stopped" : "throttled";
  return run.result.functionError === undefined ? "succeeded" : "failed";
}

function lastOf(run: RunResult, { version }: Target): Ending["last"] {
  if (run.kind === "throttled") return undefined;
  const { functionError, payload } = run.result;
  return { executedVersion: version.version, functionError, payload };
}
