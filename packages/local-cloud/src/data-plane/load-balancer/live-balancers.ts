import type { Place } from "../../telemetry/metric-sink.ts";
import type { Action, Condition } from "./routing.ts";

/** What the data plane asks the control plane at each request. */
export interface LiveBalancers {
  /** By the first label of its host name; undefined for one that is being made. */
  byLabel(label: string): LiveBalancer | undefined;
  byArn(place: Place, arn: string): LiveBalancer | undefined;
}

export type Attributes = Readonly<Record<string, string>>;

export interface LiveBalancer {
  readonly place: Place;
  readonly arn: string;
  /** "app/orders/50dc6c495c0c9188" */
  readonly dimension: string;
  readonly zone: string;
  readonly attributes: Attributes;
  readonly listeners: readonly LiveListener[];
  group(groupArn: string): LiveGroup | undefined;
}

export interface LiveListener {
  readonly arn: string;
  readonly protocol: "HTTP" | "HTTPS";
  readonly port: number;
  readonly attributes: Attributes;
  /** By priority, the first to be tried first. */
  readonly rules: readonly {
    readonly priority: number;
    readonly conditions: readonly Condition[];
    readonly action: Action;
  }[];
  readonly defaultAction: Action;
}

export interface LiveGroup {
  readonly arn: string;
  /** "targetgroup/orders/73e2d6bc24d8a067" */
  readonly dimension: string;
  readonly type: "ip" | "instance" | "lambda";
  readonly protocol: "HTTP" | "HTTPS";
  readonly attributes: Attributes;
  /** Without those that drain. */
  readonly targets: readonly LiveTarget[];
}

export interface LiveTarget {
  /** Names it within its group. */
  readonly key: string;
  /** An address, or a function's ARN. */
  readonly id: string;
  readonly port: number;
  /** True also where health is not checked. */
  readonly isHealthy: boolean;
  /** When it became healthy: slow start counts from there. */
  readonly healthySinceMs: number;
}
