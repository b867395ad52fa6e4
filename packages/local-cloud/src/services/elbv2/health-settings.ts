import type { CreateTargetGroupInput } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { HealthCheck } from "../../data-plane/load-balancer/routing.ts";
import { invalid } from "./errors.ts";
import type { GroupRow } from "./state.ts";

type Given = Pick<
  CreateTargetGroupInput,
  | "HealthCheckEnabled"
  | "HealthCheckIntervalSeconds"
  | "HealthCheckPath"
  | "HealthCheckPort"
  | "HealthCheckProtocol"
  | "HealthCheckTimeoutSeconds"
  | "HealthyThresholdCount"
  | "Matcher"
  | "UnhealthyThresholdCount"
>;

/** Source: botocore elbv2 model, CreateTargetGroupInput. */
const ADDRESSES: HealthCheck = {
  isEnabled: true,
  protocol: "HTTP",
  port: "traffic-port",
  path: "/",
  intervalSeconds: 30,
  timeoutSeconds: 5,
  healthyThreshold: 5,
  unhealthyThreshold: 2,
  httpCode: "200",
};
const FUNCTIONS: HealthCheck = {
  ...ADDRESSES,
  isEnabled: false,
  intervalSeconds: 35,
  timeoutSeconds: 30,
  unhealthyThreshold: 5,
};

/** @param before what stays as it is when it is not named. */
export function readHealthCheck(
  type: GroupRow["type"],
  given: Given,
  before: HealthCheck = type === "lambda" ? FUNCTIONS : ADDRESSES,
): HealthCheck {
  const check: HealthCheck = {
    isEnabled: given.HealthCheckEnabled ?? before.isEnabled,
    protocol: readProtocol(given.HealthCheckProtocol ?? before.protocol),
    port: given.HealthCheckPort ?? before.port,
    path: given.HealthCheckPath ?? before.path,
    intervalSeconds: given.HealthCheckIntervalSeconds ?? before.intervalSeconds,
    timeoutSeconds: given.HealthCheckTimeoutSeconds ?? before.timeoutSeconds,
    healthyThreshold: given.HealthyThresholdCount ?? before.healthyThreshold,
    unhealthyThreshold: given.UnhealthyThresholdCount ?? before.unhealthyThreshold,
    httpCode: given.Matcher?.HttpCode ?? before.httpCode,
  };
  if (type !== "lambda" && !check.isEnabled) {
    throw invalid(`Health check enabled must be true for target groups with target type '${type}'`);
  }
  if (check.timeoutSeconds >= check.intervalSeconds) {
    throw invalid(
      `Health check timeout '${check.timeoutSeconds}' must be smaller than the interval '${check.intervalSeconds}'`,
    );
  }
  if (!check.path.startsWith("/")) {
    throw invalid(`Health check path '${check.path}' must start with '/'`);
  }
  const isPort =
    /^\d{1,5}$/.test(check.port) && Number(check.port) >= 1 && Number(check.port) <= 65_535;
  if (check.port !== "traffic-port" && !isPort) {
    throw invalid(
      `Health check port '${check.port}' must be 'traffic-port' or in the range 1 - 65535`,
    );
  }
  requireCodes(check.httpCode);
  return check;
}

function readProtocol(protocol: string): HealthCheck["protocol"] {
  if (protocol === "HTTP" || protocol === "HTTPS") return protocol;
  throw invalid(`Health check protocol '${protocol}' must be one of 'HTTP', 'HTTPS'`);
}

/** "200", "200-299" or a list of both. Source: botocore elbv2 model, Matcher. */
function requireCodes(codes: string): void {
  const isValid = codes.split(",").every((part) => {
    const [low = "", high = low] = part.split("-");
    const inRange = (code: string) =>
      /^\d{3}$/.test(code) && Number(code) >= 200 && Number(code) <= 599;
    return inRange(low) && inRange(high) && Number(low) <= Number(high);
  });
  if (!isValid) {
    throw invalid(`Health check matcher HTTP code '${codes}' must be within '200-599' inclusive`);
  }
}

export function healthShape({ type, check }: GroupRow) {
  const isFunction = type === "lambda";
  return {
    HealthCheckEnabled: check.isEnabled,
    HealthCheckProtocol: isFunction ? undefined : check.protocol,
    HealthCheckPort: isFunction ? undefined : check.port,
    HealthCheckPath: check.path,
    HealthCheckIntervalSeconds: check.intervalSeconds,
    HealthCheckTimeoutSeconds: check.timeoutSeconds,
    HealthyThresholdCount: check.healthyThreshold,
    UnhealthyThresholdCount: check.unhealthyThreshold,
    Matcher: { HttpCode: check.httpCode },
  };
}
