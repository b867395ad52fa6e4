/** Everything that decides how a function version runs. Two equal keys may share workers. */
export interface FunctionVersion {
  /** Changes whenever the code or the configuration does; names the pool of workers. */
  readonly key: string;
  readonly account: string;
  readonly region: string;
  readonly functionName: string;
  /** "$LATEST" or "3". */
  readonly version: string;
  /** "python3.13", "nodejs24.x", "provided.al2023". */
  readonly runtime: string;
  readonly handler: string;
  /** Blob of the zip, lower-case hexadecimal SHA-256. */
  readonly codeSha256: string;
  readonly environment: Readonly<Record<string, string>>;
  /**
   * Told to the function and, for Node.js, the size of its heap. Unlike on AWS, a process that uses more is
   * not ended, and CPU does not grow with it.
   */
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  readonly roleArn: string;
  readonly logGroup: string;
}

export interface Execution {
  readonly requestId: string;
  readonly payload: Uint8Array;
  /** With the qualifier that was asked for, as `context.invoked_function_arn` shows it. */
  readonly invokedFunctionArn: string;
  readonly clientContext?: string | undefined;
  readonly traceId?: string | undefined;
}

export interface ExecutionResult {
  /** Set when the function failed. The payload is then the error document of its runtime. */
  readonly functionError?: "Unhandled" | undefined;
  readonly payload: Uint8Array;
  /** Time inside the handler, milliseconds. */
  readonly durationMs: number;
  /** Present on a cold start. */
  readonly initDurationMs?: number | undefined;
  readonly maxMemoryMb: number;
  /** The last 4 KB of this invocation's log lines. */
  readonly logTail: string;
}

/**
 * Runs functions in real processes. AWS's concurrency limits are the caller's business: a call here gets a
 * worker, a warm idle one of the same key or a new one. Only when the machine's own limit of processes is
 * reached it waits for one, at the longest the function's timeout, and then fails as "Headgate.NoFreeWorker".
 */
export interface FunctionWorkers {
  /**
   * Never throws for what a function does: an exit, a timeout and a bad answer are results.
   * The caller has refused payloads above `REQUEST_BYTES_MAX` (limits.ts).
   * @throws {BadZipError} when the code was never unpacked and cannot be.
   */
  execute(version: FunctionVersion, execution: Execution): Promise<ExecutionResult>;
  /**
   * Keeps `count` workers of this key initialised and never reaped, until `count` 0 is asked for.
   * Resolves when they are ready or one could not load the function: then no more are tried.
   */
  keepWarm(version: FunctionVersion, count: number): Promise<WarmUp>;
  /**
   * Unpacks the code so that the first invocation need not.
   * @throws {BadZipError} when the zip is unreadable, unsafe or too large.
   */
  unpack(codeSha256: string): Promise<void>;
  /** Ends the workers of a key once they are idle: its version was changed or deleted. */
  retire(key: string): void;
  /** Ends every worker. */
  close(): Promise<void>;
}

/** How far `keepWarm` came. */
export interface WarmUp {
  /** Workers that are initialised, busy ones included. */
  readonly ready: number;
  /** The error document of the function that could not be loaded. */
  readonly failure?: Uint8Array | undefined;
}

/** Why a zip was refused; `message` is for the person who made it. */
export class BadZipError extends Error {
  override readonly name = "BadZipError";
}
