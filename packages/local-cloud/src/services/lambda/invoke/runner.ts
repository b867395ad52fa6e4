import type {
  ExecutionResult,
  FunctionWorkers,
} from "../../../data-plane/function-workers/function-workers.ts";
import type { Clock } from "../../../clock.ts";
import type { PlaceState } from "../state.ts";
import type { Admission, ConcurrencyGate, ThrottleReason } from "./concurrency.ts";
import type { FunctionMetrics, ResourceMetrics } from "./function-metrics.ts";
import type { Target } from "./target.ts";

interface RunRequest {
  readonly requestId: string;
  readonly payload: Uint8Array;
  readonly clientContext: string | undefined;
  readonly traceId: string | undefined;
}

export type RunResult =
  | { readonly kind: "ran"; readonly result: ExecutionResult }
  | { readonly kind: "throttled"; readonly reason: ThrottleReason };

export interface Runner {
  run(state: PlaceState, target: Target, request: RunRequest): Promise<RunResult>;
}

/** Runs functions within their concurrency limits and measures every run. */
export function createRunner(parts: {
  readonly clock: Clock;
  readonly workers: FunctionWorkers;
  readonly gate: ConcurrencyGate;
  readonly metrics: FunctionMetrics;
}): Runner {
  const { clock, workers, gate, metrics } = parts;
  return {
    async run(state, target, request) {
      const startMs = clock.nowMs();
      const measured = metrics.of(state.place, target.measured);
      const admission = gate.admit(state, target.row, target.version.version);
      if (admission.kind === "throttled") {
        measured.record("Throttles", 1, startMs);
        return admission;
      }
      recordConcurrency(measured, admission, startMs);
      try {
        const result = await workers.execute(target.version, {
          requestId: request.requestId,
          payload: request.payload,
          invokedFunctionArn: target.invokedArn,
          clientContext: request.clientContext,
          traceId: request.traceId,
        });
        // The timestamp of all of them is the start. Success is a sample of Errors too: zero.
        measured.record("Invocations", 1, startMs);
        measured.record("Errors", result.functionError === undefined ? 0 : 1, startMs);
        // In hundredths, as the function's REPORT line has it.
        measured.record("Duration", Math.round(result.durationMs * 100) / 100, startMs);
        return { kind: "ran", result };
      } finally {
        admission.release();
      }
    },
  };
}

function recordConcurrency(measured: ResourceMetrics, admission: Admission, atMs: number): void {
  measured.recordForAccount("ConcurrentExecutions", admission.accountInFlight, atMs);
  measured.recordForFunction("ConcurrentExecutions", admission.functionInFlight, atMs);
  measured.recordForAccount("UnreservedConcurrentExecutions", admission.unreservedInFlight, atMs);
  const { provisioned } = admission;
  if (provisioned === undefined) return;
  measured.record(
    provisioned.isUsed
      ? "ProvisionedConcurrencyInvocations"
      : "ProvisionedConcurrencySpilloverInvocations",
    1,
    atMs,
  );
  measured.record("ProvisionedConcurrentExecutions", provisioned.inUse, atMs);
  measured.record(
    "ProvisionedConcurrencyUtilization",
    provisioned.inUse / provisioned.capacity,
    atMs,
  );
}
