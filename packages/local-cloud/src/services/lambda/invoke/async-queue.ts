import type { Scheduled } from "../../../clock.ts";
import type { Cloud } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { AwsError } from "../../../aws-error.ts";
import { functionArn, type FunctionReference, LATEST, parseReference } from "../function-name.ts";
import {
  ASYNC_ERROR_DELAYS_MS,
  ASYNC_MAX_AGE_DEFAULT_SECONDS,
  ASYNC_RETRIES_DEFAULT,
  ASYNC_THROTTLE_DELAY_MAX_MS,
  ASYNC_THROTTLE_DELAY_MS,
} from "../limits.ts";
import { type AsyncEventRow, keyOf, type LambdaState, type PlaceState } from "../state.ts";
import {
  type Condition,
  deadLetter,
  deliver,
  invocationRecord,
  type LastAttempt,
} from "./destinations.ts";
import type { FunctionMetrics, MetricName } from "./function-metrics.ts";
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
 * Asynchronous invocation: attempts, retries, age, destinations, dead letters.
 * Source: AWS docs, "Asynchronous invocation".
 *
 *     due → ran well              → success destination, gone
 *         → ran and failed        → due again after 1, then 2 minutes; then failure destination, gone
 *         → throttled             → due again after 1 s, doubling up to 5 minutes
 *         → too old, or throttled by a reservation of 0 → failure destination, gone
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

  const measure = (state: PlaceState, event: AsyncEventRow, name: MetricName, value: number) => {
    const { functionName, qualifier } = event;
    const resource = qualifier === undefined ? functionName : keyOf(functionName, qualifier);
    metrics
      .of(state.place, { functionName, resource, executedVersion: undefined })
      .record(name, value, clock.nowMs());
  };

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
    const target = find(state, event);
    if (target === undefined) {
      // The function, its version or its alias was deleted: nobody is left to tell.
      measure(state, event, "AsyncEventsDropped", 1);
      state.asyncEvents.delete(event.id);
      return;
    }
    if (startedAtMs - event.queuedAtMs > maxAgeMs(state, event)) {
      end(state, event, { condition: "EventAgeExceeded", target, last: undefined });
      return;
    }
    const { id: requestId, payload, clientContext, traceId } = event;
    const run = await runner.run(state, target, { requestId, payload, clientContext, traceId });
    if (isClosed) return;
    // On a virtual clock a function takes no time: its retry is due one minute after it was tried.
    const endedAtMs = clock.kind === "virtual" ? startedAtMs : clock.nowMs();
    afterRun(state, event, target, { run, endedAtMs });
  };

  const afterRun = (
    state: PlaceState,
    event: AsyncEventRow,
    target: Target,
    { run, endedAtMs }: { readonly run: RunResult; readonly endedAtMs: number },
  ) => {
    if (run.kind === "throttled") return afterThrottle(state, event, target, endedAtMs);
    const { functionError, payload } = run.result;
    const last = { executedVersion: target.version.version, functionError, payload };
    if (functionError === undefined) {
      end(state, event, { condition: "Success", target, last });
      return;
    }
    const failures = event.failures + 1;
    const delayMs = ASYNC_ERROR_DELAYS_MS[failures - 1];
    const dueAtMs = endedAtMs + (delayMs ?? 0);
    const failed = { ...event, failures, throttles: 0, dueAtMs };
    if (delayMs === undefined || failures > maxRetries(state, event)) {
      end(state, failed, { condition: "RetriesExhausted", target, last });
    } else if (dueAtMs - event.queuedAtMs > maxAgeMs(state, event)) {
      end(state, failed, { condition: "EventAgeExceeded", target, last });
    } else {
      again(state, failed);
    }
  };

  const afterThrottle = (
    state: PlaceState,
    event: AsyncEventRow,
    target: Target,
    endedAtMs: number,
  ) => {
    if (target.row.reservedConcurrency === 0) {
      end(state, event, { condition: "ZeroReservedConcurrency", target, last: undefined });
      return;
    }
    const delayMs = ASYNC_THROTTLE_DELAY_MS * 2 ** event.throttles;
    const dueAtMs = endedAtMs + Math.min(delayMs, ASYNC_THROTTLE_DELAY_MAX_MS);
    if (dueAtMs - event.queuedAtMs > maxAgeMs(state, event)) {
      end(state, event, { condition: "EventAgeExceeded", target, last: undefined });
      return;
    }
    again(state, { ...event, throttles: event.throttles + 1, dueAtMs });
  };

  const end = (
    state: PlaceState,
    event: AsyncEventRow,
    ended: {
      readonly condition: Condition;
      readonly target: Target;
      readonly last: LastAttempt | undefined;
    },
  ) => {
    const { condition, target, last } = ended;
    state.asyncEvents.delete(event.id);
    const isSuccess = condition === "Success";
    if (!isSuccess) measure(state, event, "AsyncEventsDropped", 1);
    const config = configOf(state, event);
    const destination = isSuccess ? config?.onSuccess : config?.onFailure;
    if (destination !== undefined) {
      const { functionName, qualifier = LATEST } = event;
      const record = invocationRecord(event, {
        condition,
        functionArn: functionArn(state.place, functionName, qualifier),
        attempts: event.failures + (isSuccess ? 1 : 0),
        last,
        atMs: clock.nowMs(),
      });
      const isDelivered = deliver(cloud, state, destination, record, (arn, payload) =>
        enqueueFor(state.place, arn, payload),
      );
      if (!isDelivered) measure(state, event, "DestinationDeliveryFailures", 1);
    }
    const deadLetterArn = deadLetterOf(state, target);
    if (!isSuccess && deadLetterArn !== undefined) {
      const isSent = deadLetter(cloud, state, deadLetterArn, event, last);
      if (!isSent) measure(state, event, "DeadLetterErrors", 1);
    }
  };

  /** A destination is a function of the same account and region. */
  const enqueueFor = (place: Place, arn: string, payload: Uint8Array): boolean => {
    try {
      const reference = parseReference(place, arn);
      const state = lambda.in(place);
      resolveTarget(state, reference, cloud.random);
      queue.enqueue(state, reference, {
        id: cloud.random.uuid(),
        payload,
        clientContext: undefined,
        traceId: undefined,
      });
      return true;
    } catch (error) {
      if (error instanceof AwsError) return false;
      throw error;
    }
  };

  const find = (state: PlaceState, { functionName, qualifier }: AsyncEventRow) => {
    try {
      return resolveTarget(state, { name: functionName, qualifier }, cloud.random);
    } catch (error) {
      if (error instanceof AwsError) return undefined;
      throw error;
    }
  };

  const queue: AsyncQueue = {
    enqueue(state, { name, qualifier }, event) {
      const queuedAtMs = clock.nowMs();
      const row = {
        ...event,
        functionName: name,
        qualifier,
        queuedAtMs,
        dueAtMs: queuedAtMs,
        failures: 0,
        throttles: 0,
      };
      again(state, row);
      measure(state, row, "AsyncEventsReceived", 1);
    },
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
  return queue;
}

function configOf(state: PlaceState, event: AsyncEventRow) {
  return state.eventInvokeConfigs.get(keyOf(event.functionName, event.qualifier));
}

function maxRetries(state: PlaceState, event: AsyncEventRow): number {
  return configOf(state, event)?.maximumRetryAttempts ?? ASYNC_RETRIES_DEFAULT;
}

function maxAgeMs(state: PlaceState, event: AsyncEventRow): number {
  const seconds = configOf(state, event)?.maximumEventAgeSeconds ?? ASYNC_MAX_AGE_DEFAULT_SECONDS;
  return seconds * 1000;
}

/** The dead-letter queue is part of a version's configuration: it is frozen when that is published. */
function deadLetterOf(state: PlaceState, target: Target): string | undefined {
  const { functionName, version } = target.version;
  return state.versions.get(keyOf(functionName, version))?.serving?.configuration.deadLetterArn;
}
