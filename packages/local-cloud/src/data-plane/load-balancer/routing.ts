/** How a load balancer's listeners route, as its control plane stores it and its data plane follows it. */

export interface WeightedGroup {
  readonly groupArn: string;
  /** An integer from 0 to 999. */
  readonly weight: number;
}

export type Action =
  | {
      readonly kind: "forward";
      readonly groups: readonly WeightedGroup[];
      readonly stickiness: { readonly isOn: boolean; readonly seconds: number | undefined };
    }
  | {
      readonly kind: "redirect";
      /** All may have "#{protocol}", "#{host}", "#{port}", "#{path}" and "#{query}". */
      readonly protocol: string;
      readonly host: string;
      readonly port: string;
      readonly path: string;
      readonly query: string;
      readonly status: "HTTP_301" | "HTTP_302";
    }
  | {
      readonly kind: "fixedResponse";
      /** "503" */
      readonly status: string;
      readonly contentType: string | undefined;
      readonly body: string | undefined;
    };

/** The values of one are alternatives; all of a rule's conditions must hold. */
export type Condition =
  | {
      readonly kind: "host-header" | "path-pattern" | "http-request-method" | "source-ip";
      readonly values: readonly string[];
    }
  | { readonly kind: "http-header"; readonly name: string; readonly values: readonly string[] }
  | {
      readonly kind: "query-string";
      readonly pairs: readonly { readonly key: string | undefined; readonly value: string }[];
    };

export interface HealthCheck {
  readonly isEnabled: boolean;
  readonly protocol: "HTTP" | "HTTPS";
  /** "traffic-port", or a number. */
  readonly port: string;
  readonly path: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  /** "200", "200-299", "200,202" */
  readonly httpCode: string;
}
