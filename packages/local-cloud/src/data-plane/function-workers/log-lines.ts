import { createHash } from "node:crypto";
import type { FunctionVersion } from "./function-workers.ts";

/**
 * The lines that the platform itself writes. Each ends with a line feed, as CloudWatch Logs shows them.
 * Source: recorded AWS answers (LocalStack snapshot test_invocation_with_logs); AWS docs, runtimes-logs.
 */

/** Unverified: our runtime version is always "v1", and its ARN's hash is our own. */
export function initStartLine(version: FunctionVersion): string {
  const hash = createHash("sha256").update(version.runtime).digest("hex");
  const name = version.runtime.replace(/^(nodejs|python|provided)\.?/, "$1:").replace(/\.x$/, "");
  return `INIT_START Runtime Version: ${name}.v1\tRuntime Version ARN: arn:aws:lambda:${version.region}::runtime:${hash}\n`;
}

export function initFailedLine(durationMs: number, errorType: string): string {
  return `INIT_REPORT Init Duration: ${durationMs.toFixed(2)} ms\tPhase: init\tStatus: error\tError Type: ${errorType}\n`;
}

export function startLine(requestId: string, version: string): string {
  return `START RequestId: ${requestId} Version: ${version}\n`;
}

export function endLine(requestId: string): string {
  return `END RequestId: ${requestId}\n`;
}

export interface Report {
  readonly requestId: string;
  readonly durationMs: number;
  readonly memoryMb: number;
  readonly maxMemoryMb: number;
  readonly initDurationMs?: number | undefined;
  /** Unverified: "Status: timeout" and "Status: error\tError Type: ..." where the platform ended it. */
  readonly status?: string | undefined;
}

export function reportLine(report: Report): string {
  const duration = report.durationMs.toFixed(2);
  // Billed time is whole milliseconds of what is shown.
  const billed = Math.max(1, Math.ceil(Number(duration)));
  let line =
    `REPORT RequestId: ${report.requestId}\tDuration: ${duration} ms\tBilled Duration: ${billed} ms` +
    `\tMemory Size: ${report.memoryMb} MB\tMax Memory Used: ${report.maxMemoryMb} MB\t`;
  if (report.initDurationMs !== undefined) {
    line += `Init Duration: ${report.initDurationMs.toFixed(2)} ms\t`;
  }
  if (report.status !== undefined) line += report.status;
  return `${line}\n`;
}

/** Unverified: the order of this line and END on today's platform. */
export function timedOutLine(nowMs: number, requestId: string, timeoutSeconds: number): string {
  const time = new Date(nowMs).toISOString();
  return `${time} ${requestId} Task timed out after ${timeoutSeconds.toFixed(2)} seconds\n`;
}

export function exitedLine(requestId: string, exitText: string): string {
  return `RequestId: ${requestId} Error: ${exitText}\nRuntime.ExitError\n`;
}
