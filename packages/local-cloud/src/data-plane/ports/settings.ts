import type { Place } from "../../telemetry/metric-sink.ts";

/** Parameters of Systems Manager, for services that hand them to what they run. */
export interface ParameterPort {
  /** By name, or by ARN. Undefined when there is none. */
  value(place: Place, nameOrArn: string): string | undefined;
}

/** Secrets, for services that hand them to what they run. */
export interface SecretPort {
  /**
   * By ARN as a task definition gives it: "arn:...:secret:NAME-SUFFIX[:JSON-KEY[:VERSION-STAGE[:VERSION-ID]]]".
   * Undefined when there is no such secret, version or key, or the secret is being deleted.
   */
  value(place: Place, valueFrom: string): string | undefined;
  /** The whole ARN of the secret that it names, its random end included. Undefined when there is none. */
  arnOf(place: Place, valueFrom: string): string | undefined;
}
