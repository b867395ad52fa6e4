import type { Cloud } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import type { JsonObject } from "../../../json-object.ts";

/** An event as its targets get it. Source: EventBridge user guide, "AWS service event metadata". */
export interface BusEvent extends JsonObject {
  readonly version: "0";
  readonly id: string;
  readonly "detail-type": string;
  readonly source: string;
  readonly account: string;
  /** "2026-11-21T10:15:30Z" */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: JsonObject;
}

export function newEvent(
  { random }: Pick<Cloud, "random">,
  { account, region }: Place,
  given: {
    readonly source: string;
    readonly detailType: string;
    readonly atMs: number;
    readonly resources: readonly string[];
    readonly detail: JsonObject;
  },
): BusEvent {
  return {
    version: "0",
    id: random.uuid(),
    "detail-type": given.detailType,
    source: given.source,
    account,
    time: wholeSecondText(given.atMs),
    region,
    resources: given.resources,
    detail: given.detail,
  };
}

export function wholeSecondText(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d+Z$/, "Z");
}
