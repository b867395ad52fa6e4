import type { Attributes } from "../../data-plane/load-balancer/live-balancers.ts";
import { invalid } from "./errors.ts";

/** What an attribute may be. */
type Rule =
  | { readonly kind: "choice"; readonly values: readonly string[] }
  | { readonly kind: "range"; readonly min: number; readonly max: number; readonly also?: string }
  | { readonly kind: "text" };

interface Attribute {
  readonly byDefault: string;
  readonly rule: Rule;
}

const FLAG: Rule = { kind: "choice", values: ["true", "false"] };
const off: Attribute = { byDefault: "false", rule: FLAG };
const on: Attribute = { byDefault: "true", rule: FLAG };
const text: Attribute = { byDefault: "", rule: { kind: "text" } };

function range(byDefault: string, min: number, max: number, also?: string): Attribute {
  return {
    byDefault,
    rule: also === undefined ? { kind: "range", min, max } : { kind: "range", min, max, also },
  };
}

function choice(byDefault: string, ...others: readonly string[]): Attribute {
  return { byDefault, rule: { kind: "choice", values: [byDefault, ...others] } };
}

type Table = Readonly<Record<string, Attribute>>;

/** Source: botocore elbv2 model, LoadBalancerAttribute. */
export const BALANCER_ATTRIBUTES: Table = {
  "access_logs.s3.enabled": off,
  "access_logs.s3.bucket": text,
  "access_logs.s3.prefix": text,
  "client_keep_alive.seconds": range("3600", 60, 604_800),
  "connection_logs.s3.enabled": off,
  "connection_logs.s3.bucket": text,
  "connection_logs.s3.prefix": text,
  "deletion_protection.enabled": off,
  "health_check_logs.s3.enabled": off,
  "health_check_logs.s3.bucket": text,
  "health_check_logs.s3.prefix": text,
  "idle_timeout.timeout_seconds": range("60", 1, 4000),
  "load_balancing.cross_zone.enabled": choice("true"),
  "routing.http.desync_mitigation_mode": choice("defensive", "monitor", "strictest"),
  "routing.http.drop_invalid_header_fields.enabled": off,
  "routing.http.preserve_host_header.enabled": off,
  "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": off,
  "routing.http.xff_client_port.enabled": off,
  "routing.http.xff_header_processing.mode": choice("append", "preserve", "remove"),
  "routing.http2.enabled": on,
  "waf.fail_open.enabled": off,
  "zonal_shift.config.enabled": off,
};

/** Source: botocore elbv2 model, TargetGroupAttribute; the 0 of slow start: AWS docs, "Slow start mode". */
const ADDRESS_ATTRIBUTES: Table = {
  "deregistration_delay.timeout_seconds": range("300", 0, 3600),
  "load_balancing.algorithm.anomaly_mitigation": choice("off", "on"),
  "load_balancing.algorithm.type": choice(
    "round_robin",
    "least_outstanding_requests",
    "weighted_random",
  ),
  "load_balancing.cross_zone.enabled": choice("use_load_balancer_configuration", "true", "false"),
  "slow_start.duration_seconds": range("0", 30, 900, "0"),
  "stickiness.app_cookie.cookie_name": text,
  "stickiness.app_cookie.duration_seconds": range("86400", 1, 604_800),
  "stickiness.enabled": off,
  "stickiness.lb_cookie.duration_seconds": range("86400", 1, 604_800),
  "stickiness.type": choice("lb_cookie", "app_cookie"),
  "target_group_health.dns_failover.minimum_healthy_targets.count": range("1", 1, 1000, "off"),
  "target_group_health.dns_failover.minimum_healthy_targets.percentage": range(
    "off",
    1,
    100,
    "off",
  ),
  "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": range("1", 1, 1000),
  "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": range(
    "off",
    1,
    100,
    "off",
  ),
};

const FUNCTION_ATTRIBUTES: Table = { "lambda.multi_value_headers.enabled": off };

/** Source: botocore elbv2 model, ListenerAttribute. */
export const LISTENER_ATTRIBUTES: Table = { "routing.http.response.server.enabled": on };

export function groupAttributes(type: string): Table {
  return type === "lambda" ? FUNCTION_ATTRIBUTES : ADDRESS_ATTRIBUTES;
}

export function allAttributes(table: Table, set: Attributes): Attributes {
  const defaults = Object.entries(table).map(([key, { byDefault }]) => [key, byDefault]);
  return { ...Object.fromEntries(defaults), ...set };
}

export function attributeShapes(attributes: Attributes) {
  return Object.entries(attributes).map(([Key, Value]) => ({ Key, Value }));
}

/**
 * @param noun "Load balancer", "Target group", "Listener".
 * @throws {AwsError} ValidationError. Unverified: the text about a value.
 */
export function readAttributes(
  table: Table,
  noun: string,
  given: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] = [],
): Attributes {
  for (const { Key = "", Value = "" } of given) {
    const attribute = table[Key];
    if (attribute === undefined || !Object.hasOwn(table, Key)) {
      throw invalid(`${noun} attribute key '${Key}' is not recognized`);
    }
    const allowed = whyNot(attribute.rule, Value);
    if (allowed === undefined) continue;
    throw invalid(
      `The value '${Value}' of the attribute '${Key}' is not valid: it must be ${allowed}`,
    );
  }
  return Object.fromEntries(given.map(({ Key = "", Value = "" }) => [Key, Value]));
}

/** What is allowed, when the value is not. */
function whyNot(rule: Rule, value: string): string | undefined {
  switch (rule.kind) {
    case "text":
      return undefined;
    case "choice":
      return rule.values.includes(value) ? undefined : rule.values.join(", ");
    case "range": {
      const isIn = /^\d+$/.test(value) && Number(value) >= rule.min && Number(value) <= rule.max;
      const also = rule.also === undefined ? "" : `, or ${rule.also}`;
      return isIn || value === rule.also ? undefined : `from ${rule.min} to ${rule.max}${also}`;
    }
    default:
      return rule satisfies never;
  }
}
