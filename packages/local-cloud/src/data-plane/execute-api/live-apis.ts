import type { Place } from "../../telemetry/metric-sink.ts";
import type { BasePathMapping } from "./custom-domain.ts";
import type { DeploymentDefinition, StageDefinition, ThrottleSettings } from "./api-definition.ts";

/**
 * What the data plane asks the control plane at each request. Rows are immutable, so the same object
 * means that nothing changed, and what was compiled from it still holds.
 */
export interface LiveApis {
  stage(apiId: string, stageName: string): LiveStage | undefined;
  /** Where the paths of a custom domain name lead; undefined when there is no such name. */
  domainMappings(name: string): Iterable<BasePathMapping> | undefined;
  deployment(place: Place, apiId: string, id: string): DeploymentDefinition | undefined;
  /** The holder of an enabled key that a usage plan admits to this stage. */
  keyHolder(place: Place, value: string, apiId: string, stageName: string): KeyHolder | undefined;
  /** Counts one request. False when the plan's quota is used up: it was not counted then. */
  takeFromQuota(place: Place, holder: KeyHolder): boolean;
}

interface LiveStage {
  readonly place: Place;
  /** As it is now: deployments may have been made under other names. Metrics go by it. */
  readonly apiName: string;
  readonly stage: StageDefinition;
}

export interface KeyHolder {
  readonly keyId: string;
  readonly planId: string;
  readonly throttle: ThrottleSettings | undefined;
  /** By "{resource path}/{METHOD}". */
  readonly methodThrottle: Readonly<Record<string, ThrottleSettings>> | undefined;
  readonly quota:
    | {
        readonly limit: number;
        readonly offset: number;
        readonly period: "DAY" | "WEEK" | "MONTH";
      }
    | undefined;
}
