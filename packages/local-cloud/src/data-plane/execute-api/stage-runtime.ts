import type { Cloud } from "../../service.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import type { MethodSettings, StageDefinition } from "./api-definition.ts";
import type { CompiledMethod } from "./compiled-api.ts";
import type { Answered } from "./gateway-logs.ts";
import type { Measurement } from "./meters.ts";
import { StageOutlet } from "./stage-outlet.ts";

/** What of a stage's settings applies to one method, found once. */
interface MethodRuntime {
  /** The key of the settings that apply; undefined when there are none. */
  readonly settingsKey: string | undefined;
  readonly settings: MethodSettings | undefined;
}

/** One stage made ready to serve. A changed stage is a new row and so gets a new runtime. */
export class StageRuntime {
  readonly place: Place;
  readonly stage: StageDefinition;
  readonly apiName: string;
  readonly #methods = new Map<CompiledMethod, MethodRuntime>();
  readonly #outlet: StageOutlet;
  readonly #canaryOutlet: StageOutlet | undefined;

  constructor(
    cloud: Cloud,
    place: Place,
    stage: StageDefinition,
    api: { readonly apiId: string; readonly name: string },
  ) {
    this.place = place;
    this.stage = stage;
    this.apiName = api.name;
    const parts = { cloud, place, stage, api };
    this.#outlet = new StageOutlet({ ...parts, isCanary: false });
    if (stage.canary !== undefined) {
      this.#canaryOutlet = new StageOutlet({ ...parts, isCanary: true });
    }
  }

  /** The settings of a method, its own before those of the whole stage. */
  settingsOf(method: CompiledMethod): MethodRuntime {
    let runtime = this.#methods.get(method);
    if (runtime === undefined) {
      runtime = findSettings(this.stage, method);
      this.#methods.set(method, runtime);
    }
    return runtime;
  }

  /** Metrics and logs of one answered request. */
  observe(answered: Answered, measurement: Measurement): void {
    const { route, isCanary } = answered.exchange;
    const own = route && this.settingsOf(route.method).settings;
    const settings = own ?? this.stage.methodSettings["*/*"];
    this.#outlet.record(answered, measurement, settings);
    if (isCanary) this.#canaryOutlet?.record(answered, measurement, settings);
  }
}

function findSettings(
  { methodSettings }: StageDefinition,
  { resource, method }: CompiledMethod,
): MethodRuntime {
  // "~1orders~1{id}/GET"; some tools leave out the first "~1".
  const encoded = resource.path.replaceAll("/", "~1");
  const own = `${encoded}/${method.httpMethod}`;
  const settingsKey = [own, own.replace(/^~1(?=.+\/)/, ""), "*/*"].find(
    (key) => methodSettings[key] !== undefined,
  );
  const settings = settingsKey === undefined ? undefined : methodSettings[settingsKey];
  return { settingsKey, settings };
}
