import type { HealthCheck } from "../../../data-plane/load-balancer/routing.ts";
import type { Cloud } from "../../../service.ts";
import { parseJsonObject } from "../../../json-object.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import type { ProbeFailure } from "./health-book.ts";

/** Source: AWS docs, "Health checks for Application Load Balancer target groups" (the prober's name). */
const AGENT = "ELB-HealthChecker/2.0";

/**
 * Asks a target whether it is well. In real time, whatever the cloud's clock does: the target is real.
 * @returns why it is not; undefined when it is.
 */
export async function probeAddress(
  target: { readonly host: string; readonly port: number },
  check: HealthCheck,
): Promise<ProbeFailure | undefined> {
  const { Agent } = await import("undici");
  const timeout = check.timeoutSeconds * 1000;
  const agent = new Agent({
    connect: { rejectUnauthorized: false, timeout },
    headersTimeout: timeout,
    bodyTimeout: timeout,
  });
  const host = target.host.includes(":") ? `[${target.host}]` : target.host;
  try {
    const answer = await agent.request({
      origin: `${check.protocol.toLowerCase()}://${host}:${target.port}`,
      path: check.path,
      method: "GET",
      headers: { "user-agent": AGENT, connection: "close" },
      signal: AbortSignal.timeout(timeout),
    });
    return mismatch(check.httpCode, answer.statusCode);
  } catch (error) {
    return isTimeout(error) ? TIMEOUT : FAILED;
  } finally {
    await agent.destroy();
  }
}

/** Source: AWS docs, "Health checks" of "Lambda functions as targets": the event of a GET, with the prober's name. */
export async function probeFunction(
  cloud: Cloud,
  place: Place,
  group: { readonly arn: string; readonly check: HealthCheck },
  functionArn: string,
): Promise<ProbeFailure | undefined> {
  const functions = await cloud.port("functions");
  const event = {
    requestContext: { elb: { targetGroupArn: group.arn } },
    httpMethod: "GET",
    path: group.check.path,
    queryStringParameters: {},
    headers: { "user-agent": AGENT },
    body: "",
    isBase64Encoded: false,
  };
  const result = await functions.invoke({
    ...place,
    functionName: functionArn,
    payload: Buffer.from(JSON.stringify(event)),
    invocationType: "RequestResponse",
    source: { principal: "elasticloadbalancing.amazonaws.com", arn: group.arn },
  });
  if (result.kind !== "answered" || result.functionError !== undefined) return FAILED;
  const status = Number(parseJsonObject(Buffer.from(result.payload).toString())?.["statusCode"]);
  return Number.isInteger(status) ? mismatch(group.check.httpCode, status) : FAILED;
}

const TIMEOUT: ProbeFailure = { reason: "Target.Timeout", description: "Request timed out" };
const FAILED: ProbeFailure = {
  reason: "Target.FailedHealthChecks",
  description: "Health checks failed",
};

function mismatch(wanted: string, status: number): ProbeFailure | undefined {
  if (matches(wanted, status)) return undefined;
  return {
    reason: "Target.ResponseCodeMismatch",
    description: `Health checks failed with these codes: [${status}]`,
  };
}

/** @param wanted "200", "200-299" or a list of both */
export function matches(wanted: string, status: number): boolean {
  return wanted.split(",").some((part) => {
    const [low = "", high = low] = part.split("-");
    return status >= Number(low) && status <= Number(high);
  });
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && /timeout/i.test(error.name);
}
