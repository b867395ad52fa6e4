import type { Cloud } from "../../service.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import type { MethodSettings, StageDefinition } from "./api-definition.ts";
import type { CompiledMethod } from "./compiled-api.ts";
import {
  type Answered,
  compileAccessLog,
  executionLogGroup,
  executionLogLines,
} from "./gateway-logs.ts";
import { type Measurement, Meters, methodDimensions, stageDimensions } from "./meters.ts";

interface OutletParts {
  readonly cloud: Cloud;
  readonly place: Place;
  readonly stage: StageDefinition;
  readonly api: { readonly apiId: string; readonly name: string };
  readonly isCanary: boolean;
}

/**
 * Where requests of a stage are measured and logged. A canary has a second one beside the stage's own, with
 * "/Canary" after the names; its requests go into both.
 * Source: AWS docs, "Set up a canary release deployment" (log groups). Unverified: that the metrics' Stage
 * has the same suffix.
 */
export class StageOutlet {
  readonly #parts: OutletParts;
  readonly #name: string;
  readonly #meters: Meters;
  readonly #methodMeters = new Map<CompiledMethod, Meters>();
  readonly #writeAccessLog: ((answered: Answered) => void) | undefined;
  readonly #logStream: string;

  constructor(parts: OutletParts) {
    const { cloud, place, stage, api, isCanary } = parts;
    const suffix = isCanary ? "/Canary" : "";
    this.#parts = parts;
    this.#name = `${stage.stageName}${suffix}`;
    // The API as a whole counts each request once.
    const sets = stageDimensions(api.name, this.#name).slice(isCanary ? 1 : 0);
    this.#meters = new Meters(cloud.metrics, place, sets);
    this.#logStream = cloud.random.hex(32);
    this.#writeAccessLog = compileAccessLog(stage.accessLog, {
      logs: cloud.logs,
      stream: this.#logStream,
      suffix,
    });
  }

  record(answered: Answered, measurement: Measurement, settings: MethodSettings | undefined): void {
    this.#meters.record(measurement);
    const { method } = answered.exchange.route ?? {};
    if (method !== undefined && settings?.metricsEnabled === true) {
      this.#metersOf(method).record(measurement);
    }
    this.#writeAccessLog?.(answered);
    this.#writeExecutionLog(answered, settings?.loggingLevel);
  }

  #metersOf(compiled: CompiledMethod): Meters {
    let meters = this.#methodMeters.get(compiled);
    if (meters === undefined) {
      const { cloud, place, api } = this.#parts;
      const { resource, method } = compiled;
      const sets = methodDimensions(api.name, this.#name, method.httpMethod, resource.path);
      meters = new Meters(cloud.metrics, place, sets);
      this.#methodMeters.set(compiled, meters);
    }
    return meters;
  }

  #writeExecutionLog(answered: Answered, level: string | undefined): void {
    if (level !== "INFO" && level !== "ERROR") return;
    const lines = executionLogLines(answered, level);
    if (lines.length === 0) return;
    const { cloud, place, api } = this.#parts;
    const { startedAtMs } = answered.exchange;
    const events = lines.map((message) => ({ atMs: startedAtMs, message }));
    cloud.logs.append(place, executionLogGroup(api.apiId, this.#name), this.#logStream, events);
  }
}
