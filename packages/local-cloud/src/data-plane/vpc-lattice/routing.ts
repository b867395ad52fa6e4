/** How a listener routes: what the control plane stores, and the data plane reads at each request. */

export type Action =
  | { readonly kind: "forward"; readonly targetGroups: readonly WeightedGroup[] }
  | { readonly kind: "fixedResponse"; readonly statusCode: number };

export interface WeightedGroup {
  readonly groupId: string;
  /** 0 to 999; a group's share is its weight over the sum of all. */
  readonly weight: number;
}

export interface RuleMatch {
  readonly method: string | undefined;
  readonly path: PathMatch | undefined;
  readonly headers: readonly HeaderMatch[];
}

export interface PathMatch {
  readonly kind: "exact" | "prefix";
  readonly value: string;
  readonly caseSensitive: boolean;
}

export interface HeaderMatch {
  readonly name: string;
  readonly kind: "exact" | "prefix" | "contains";
  readonly value: string;
  readonly caseSensitive: boolean;
}

/** A target group's settings, with the defaults filled in. */
export interface TargetGroupConfig {
  readonly port: number | undefined;
  readonly protocol: "HTTP" | "HTTPS" | "TCP" | undefined;
  readonly protocolVersion: "HTTP1" | "HTTP2" | "GRPC" | undefined;
  readonly ipAddressType: "IPV4" | "IPV6" | undefined;
  readonly vpcIdentifier: string | undefined;
  readonly healthCheck: HealthCheck | undefined;
  readonly lambdaEventStructureVersion: "V1" | "V2" | undefined;
}

export interface HealthCheck {
  readonly enabled: boolean;
  readonly protocol: "HTTP" | "HTTPS";
  readonly protocolVersion: "HTTP1" | "HTTP2";
  /** Undefined: the port that the target serves on. */
  readonly port: number | undefined;
  readonly path: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  /** "200", "200-299", "200,301" */
  readonly httpCode: string;
}
