import type { HealthCheck } from "../../../data-plane/vpc-lattice/routing.ts";
import type { ProbeFailure } from "./health-book.ts";

/**
 * Asks a target whether it is well. In real time, whatever the cloud's clock does: the target is real.
 * @returns why it is not; undefined when it is.
 */
export async function probe(
  target: { readonly id: string; readonly port: number },
  check: HealthCheck,
): Promise<ProbeFailure | undefined> {
  const { Agent } = await import("undici");
  const timeout = check.timeoutSeconds * 1000;
  const agent = new Agent({
    connect: { rejectUnauthorized: false, timeout },
    headersTimeout: timeout,
    bodyTimeout: timeout,
  });
  const host = target.id.includes(":") ? `[${target.id}]` : target.id;
  const origin = `${check.protocol.toLowerCase()}://${host}:${check.port ?? target.port}`;
  try {
    const answer = await agent.request({
      origin,
      path: check.path,
      method: "GET",
      // Unverified: the name of AWS's prober.
      headers: { "user-agent": "VPC-Lattice-HealthChecker/1.0" },
      signal: AbortSignal.timeout(timeout),
    });
    return matches(check.httpCode, answer.statusCode) ? undefined : "ResponseCodeMismatch";
  } catch (error) {
    return isTimeout(error) ? "Timeout" : "FailedHealthChecks";
  } finally {
    await agent.destroy();
  }
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
