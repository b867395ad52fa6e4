import { RESPONSE_BYTES_MAX } from "./limits.ts";

/** What a caller sees of a failure that the runtime could not report itself. Member order is AWS's. */
function document(members: Record<string, string>): Uint8Array {
  return Buffer.from(JSON.stringify(members));
}

/** Source: recorded AWS answer (LocalStack snapshot test_lambda_invoke_with_timeout). */
export function timedOutDocument(requestId: string, timeoutSeconds: number): Uint8Array {
  return document({
    errorType: "Sandbox.Timedout",
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`,
  });
}

/**
 * `how` is undefined for exit status 0.
 * Source: recorded AWS answers (LocalStack snapshots test_lambda_runtime_exit, test_lambda_runtime_wrapper_not_found).
 */
export function exitedDocument(requestId: string, how: string | undefined): Uint8Array {
  return document({
    errorType: "Runtime.ExitError",
    errorMessage: `RequestId: ${requestId} Error: ${exitText(how)}`,
  });
}

export function exitText(how: string | undefined): string {
  return how === undefined
    ? "Runtime exited without providing a reason"
    : `Runtime exited with error: ${how}`;
}

/** Source: recorded AWS answer (LocalStack snapshot test_lambda_too_large_response). */
export function responseTooLargeDocument(): Uint8Array {
  return document({
    errorMessage: `Response payload size exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`,
    errorType: "Function.ResponseSizeTooLarge",
  });
}

export function launchFailedDocument(requestId: string, error: LaunchError): Uint8Array {
  return document({
    errorType: error.errorType,
    errorMessage: `RequestId: ${requestId} Error: ${error.message}`,
  });
}

/** A worker that could not even be started; the caller of the function sees it as the function's failure. */
export class LaunchError extends Error {
  override readonly name = "LaunchError";
  readonly errorType: string;

  constructor(message: string, errorType = "Runtime.InvalidEntrypoint") {
    super(message);
    this.errorType = errorType;
  }
}
