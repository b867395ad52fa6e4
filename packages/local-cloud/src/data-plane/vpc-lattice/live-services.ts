import type { Place } from "../../telemetry/metric-sink.ts";
import type { Action, RuleMatch, TargetGroupConfig } from "./routing.ts";

/** What the data plane asks the control plane at each request. */
export interface LiveServices {
  /** An active service; undefined for one that is being made or removed, too. */
  service(serviceId: string): LiveService | undefined;
}

export interface LiveService {
  readonly place: Place;
  readonly id: string;
  readonly arn: string;
  /** An auth policy's text; "" lets nobody in. Undefined when the auth type is NONE: nobody is refused. */
  readonly auth: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly listeners: readonly LiveListener[];
  /** The first service network that it is associated with. */
  readonly network: LiveNetwork | undefined;
  /** Where its access logs go. */
  readonly logGroups: readonly string[];
  group(groupId: string): LiveGroup | undefined;
}

export interface LiveNetwork {
  readonly id: string;
  readonly arn: string;
  readonly auth: string | undefined;
  /** Where clients are said to be: the first VPC of the network. */
  readonly vpcId: string | undefined;
}

export interface LiveListener {
  readonly id: string;
  readonly arn: string;
  readonly protocol: "HTTP" | "HTTPS";
  readonly port: number;
  /** By priority, the first to be tried first. */
  readonly rules: readonly LiveRule[];
  readonly defaultAction: Action;
}

interface LiveRule {
  readonly match: RuleMatch;
  readonly action: Action;
}

export interface LiveGroup {
  readonly id: string;
  readonly arn: string;
  readonly type: "IP" | "LAMBDA" | "INSTANCE" | "ALB";
  readonly config: TargetGroupConfig;
  /** Without those that drain. */
  readonly targets: readonly LiveTarget[];
}

export interface LiveTarget {
  readonly id: string;
  readonly port: number | undefined;
  /** True also where health is not checked. */
  readonly isHealthy: boolean;
}
