import type { WorkerCloud } from "./worker-cloud.ts";
import { type LaunchError, launchFailedDocument } from "./error-documents.ts";
import type { Execution, ExecutionResult, FunctionVersion } from "./function-workers.ts";
import { endLine, initStartLine, reportLine, startLine } from "./log-lines.ts";
import { openWorkerLog } from "./worker-log.ts";

/** The result of an invocation for which no process could be started. */
export function launchFailure(
  cloud: WorkerCloud,
  version: FunctionVersion,
  execution: Execution,
  error: LaunchError,
): ExecutionResult {
  const { requestId } = execution;
  const log = openWorkerLog(cloud, version);
  log.platform(initStartLine(version));
  log.beginInvocation();
  log.platform(startLine(requestId, version.version));
  log.platform(`RequestId: ${requestId} Error: ${error.message}\n${error.errorType}\n`);
  log.platform(endLine(requestId));
  log.platform(
    reportLine({
      requestId,
      durationMs: 0,
      memoryMb: version.memoryMb,
      maxMemoryMb: 0,
      status: `Status: error\tError Type: ${error.errorType}`,
    }),
  );
  return {
    functionError: "Unhandled",
    payload: launchFailedDocument(requestId, error),
    durationMs: 0,
    maxMemoryMb: 0,
    logTail: log.endInvocation(),
  };
}
