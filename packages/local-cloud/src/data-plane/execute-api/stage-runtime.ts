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

/** What of a stage's settings applies to one method, found once. */
interface MethodRuntime {
  /** The key of the settings that apply; undefined when there are none. */
  readonly settingsKey: string | undefined;
  readonly settings: MethodSettings | undefined;
  /** When detailed metrics are on. */
  readonly meters: Meters | undefined;
}

/** One stage made ready to serve. A changed stage is a new row and so gets a new runtime. */
export class StageRuntime {
  readonly place: Place;
  readonly stage: StageDefinition;
  readonly #cloud: Cloud;
  readonly #apiId: string;
  readonly #apiName: string;
  readonly #meters: Meters;
  readonly #methods = new Map<CompiledMethod, MethodRuntime>();
  readonly #writeAccessLog: ((answered: Answered) => void) | undefined;
  readonly #logStream: string;

  constructor(
    cloud: Cloud,
    place: Place,
    stage: StageDefinition,
    api: { readonly apiId: string; readonly name: string },
  ) {
    this.place = place;
    this.stage = stage;
    this.#cloud = cloud;
    this.#apiId = api.apiId;
    this.#apiName = api.name;
    this.#meters = new Meters(cloud.metrics, place, stageDimensions(api.name, stage.stageName));
    this.#logStream = cloud.random.hex(32);
    this.#writeAccessLog = compileAccessLog(stage.accessLog, cloud.logs, this.#logStream);
  }

  /** The settings of a method, its own before those of the whole stage. */
  settingsOf(method: CompiledMethod): MethodRuntime {
    let runtime = this.#methods.get(method);
    if (runtime === undefined) {
      runtime = this.#openMethod(method);
      this.#methods.set(method, runtime);
    }
    return runtime;
  }

  /** Metrics and logs of one answered request. */
  observe(answered: Answered, measurement: Measurement): void {
    this.#meters.record(measurement);
    const { exchange } = answered;
    const { route } = exchange;
    const method = route && this.settingsOf(route.method);
    method?.meters?.record(measurement);
    this.#writeAccessLog?.(answered);
    const level = (method?.settings ?? this.stage.methodSettings["*/*"])?.loggingLevel;
    if (level !== "INFO" && level !== "ERROR") return;
    const lines = executionLogLines(answered, level);
    if (lines.length === 0) return;
    const group = executionLogGroup(this.#apiId, this.stage.stageName);
    const events = lines.map((message) => ({ atMs: exchange.startedAtMs, message }));
    this.#cloud.logs.append(this.place, group, this.#logStream, events);
  }

  #openMethod({ resource, method }: CompiledMethod): MethodRuntime {
    const { methodSettings, stageName } = this.stage;
    // "~1orders~1{id}/GET"; some tools leave out the first "~1".
    const encoded = resource.path.replaceAll("/", "~1");
    const own = `${encoded}/${method.httpMethod}`;
    const settingsKey = [own, own.replace(/^~1(?=.+\/)/, ""), "*/*"].find(
      (key) => methodSettings[key] !== undefined,
    );
    const settings = settingsKey === undefined ? undefined : methodSettings[settingsKey];
    const dimensions = methodDimensions(this.#apiName, stageName, method.httpMethod, resource.path);
    const isDetailed = settings?.metricsEnabled === true;
    return {
      settingsKey,
      settings,
      meters: isDetailed ? new Meters(this.#cloud.metrics, this.place, dimensions) : undefined,
    };
  }
}
