import type { Session } from "../../identity.ts";
import type { WorkerCloud } from "./worker-cloud.ts";
import { type Ending, type Outcome, outcomeOf, outranks } from "./endings.ts";
import { workerEnvironment, wrapperOf } from "./environment.ts";
import { frameChannel } from "./frame-channel.ts";
import type { Execution, ExecutionResult, FunctionVersion } from "./function-workers.ts";
import { endLine, initFailedLine, initStartLine, reportLine, startLine } from "./log-lines.ts";
import { RuntimeApi } from "./runtime-api.ts";
import type { RuntimeAnswer, RuntimeChannel, RuntimeListener } from "./runtime-channel.ts";
import type { Launch } from "./runtimes.ts";
import { traceIdOf } from "./trace-id.ts";
import { WorkerLog, openWorkerLog } from "./worker-log.ts";
import { WorkerProcess } from "./worker-process.ts";

export interface WorkerSetup {
  readonly cloud: WorkerCloud;
  readonly version: FunctionVersion;
  readonly launch: Launch;
  readonly taskRoot: string;
  readonly nodeModules: string;
  readonly credentials: Session;
  readonly isProvisioned: boolean;
  readonly initTimeoutMs: number;
  /** Called once, when the worker can take no other event. */
  readonly onGone: (worker: Worker) => void;
}

interface Invocation {
  readonly execution: Execution;
  readonly startMs: number;
  readonly timer: NodeJS.Timeout;
  readonly resolve: (result: ExecutionResult) => void;
}

/** Peak memory is read from the system at most this often, so that it costs a warm invocation nothing. */
const MEMORY_SAMPLE_EVERY_MS = 1000;

/**
 * One runtime process with its channel and its log: what AWS calls an execution environment. It takes one
 * event at a time.
 *
 *     initialising ── ready ──▶ idle ◀── answer ── busy
 *          │                      └──── run ───────▶ │
 *          └── failed, exit, timeout ──▶ gone ◀──────┘ (also after a fatal answer, or stop)
 *
 * What a process wrote before its answer or its exit is readable by the time we hear of the latter, but
 * may come later in the same turn of the event loop. So an ending is settled in the turn's check phase
 * (`setImmediate`), when everything that was readable has been read.
 */
export class Worker {
  readonly #setup: WorkerSetup;
  readonly #log: WorkerLog;
  readonly #bornMs = performance.now();
  #process: WorkerProcess | undefined;
  #channel: RuntimeChannel | undefined;
  #invocation: Invocation | undefined;
  #ending: Ending | undefined;
  #isSettling = false;
  #isGone = false;
  #isStopped = false;
  #initTimer: NodeJS.Timeout | undefined;
  /** Set when the function is loaded. */
  #initDurationMs: number | undefined;
  /** Settled: `#ending` says why for good. */
  #hasInitFailed = false;
  #isInitReported = false;
  #onInitialised: () => void = () => {};
  #memoryMb = 0;
  #memoryReadMs = Number.NEGATIVE_INFINITY;
  /** When it last became idle, by `performance.now()`. */
  idleSinceMs = 0;

  constructor(setup: WorkerSetup) {
    this.#setup = setup;
    this.#log = openWorkerLog(setup.cloud, setup.version);
  }

  /** Starts the process. Resolves when the function is loaded or that has failed: see `initFailure`. */
  async initialise(): Promise<void> {
    const initialised = new Promise<void>((resolve) => {
      this.#onInitialised = resolve;
    });
    await this.#launch();
    return initialised;
  }

  get isLoaded(): boolean {
    return this.#initDurationMs !== undefined;
  }

  /** It can take an event. */
  get isUsable(): boolean {
    return !this.#isGone && this.#invocation === undefined && this.#initDurationMs !== undefined;
  }

  get credentialsExpireAtMs(): number {
    return this.#setup.credentials.expiresAtMs;
  }

  /** Why the function could not be loaded; logged when first asked for. */
  initFailure(requestId: string): Outcome | undefined {
    if (this.#initDurationMs !== undefined) return undefined;
    const outcome = this.#outcome(requestId);
    if (!this.#isInitReported) {
      this.#isInitReported = true;
      const durationMs = performance.now() - this.#bornMs;
      this.#log.platform(initFailedLine(durationMs, outcome.errorType ?? "Runtime.Unknown"));
    }
    return outcome;
  }

  /** Runs one invocation, or reports the failed init as its result. Never rejects. */
  run(execution: Execution): Promise<ExecutionResult> {
    const { version, cloud } = this.#setup;
    const isFailed = this.initFailure(execution.requestId) !== undefined;
    if (!isFailed) this.#log.beginInvocation();
    this.#log.platform(startLine(execution.requestId, version.version));
    const startMs = performance.now();
    if (isFailed) return Promise.resolve(this.#finish(execution, startMs - this.#bornMs));
    if (!this.#isGone) this.#ending = undefined;
    return new Promise((resolve) => {
      const timeoutMs = version.timeoutSeconds * 1000;
      const timer = setTimeout(() => this.#end({ kind: "timedOut" }), timeoutMs);
      this.#invocation = { execution, startMs, timer, resolve };
      if (this.#isGone) return this.#settleSoon();
      this.#channel?.send({
        requestId: execution.requestId,
        payload: execution.payload,
        invokedFunctionArn: execution.invokedFunctionArn,
        clientContext: execution.clientContext,
        traceId: execution.traceId ?? traceIdOf(execution.requestId, cloud.clock),
        timeoutMs,
      });
    });
  }

  /** Ends the process; an invocation under way ends as exited. Resolves when its log is out. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.kill();
    await this.#process?.exited();
    await new Promise(setImmediate);
    this.#log.flush();
  }

  /** For the end of our own process, when nothing can be awaited. */
  kill(): void {
    this.#process?.kill();
  }

  async #launch(): Promise<void> {
    const { cloud, version, launch, taskRoot, credentials, nodeModules, initTimeoutMs } =
      this.#setup;
    this.#log.platform(initStartLine(version));
    const listener: RuntimeListener = {
      onReady: () => this.#ready(),
      onInitFailed: (document, errorType) => this.#end({ kind: "initFailed", document, errorType }),
      onAnswer: (answer) => this.#answered(answer),
    };
    const api = launch.channel === "runtimeApi" ? await RuntimeApi.listen(listener) : undefined;
    if (this.#isStopped) {
      api?.close();
      return this.#end({ kind: "exited", how: "signal: killed" });
    }
    const environment = workerEnvironment(cloud, version, credentials, {
      taskRoot,
      nodeModules,
      executable: launch.executable,
      runtimeApi: api?.address ?? "127.0.0.1:9001",
      logStream: this.#log.stream,
      isProvisioned: this.#setup.isProvisioned,
    });
    const wrapper = launch.channel === "frames" ? wrapperOf(version, taskRoot) : [];
    try {
      this.#process = new WorkerProcess({
        command: [...wrapper, launch.executable, ...launch.arguments],
        directory: taskRoot,
        environment,
        onOutput: (chunk) => this.#log.output(chunk),
        onExit: (how) => this.#exited(how),
      });
    } catch (error) {
      api?.close();
      throw error;
    }
    this.#channel = api ?? frameChannel(this.#process.events, this.#process.answers, listener);
    // On AWS an init that takes longer starts again under the function's own timeout; here it goes on.
    const budgetMs = initTimeoutMs + version.timeoutSeconds * 1000;
    this.#initTimer = setTimeout(() => this.#end({ kind: "timedOut" }), budgetMs);
  }

  #ready(): void {
    this.#initDurationMs = performance.now() - this.#bornMs;
    clearTimeout(this.#initTimer);
    this.#sampleMemory();
    // What the function wrote while it was loaded is read first, so that START comes after it.
    setImmediate(() => this.#onInitialised());
  }

  #answered(answer: RuntimeAnswer): void {
    // An answer to nothing: the invocation has ended otherwise, or an idle function has crashed.
    if (this.#invocation === undefined) return;
    this.#end({ kind: "answered", answer, atMs: performance.now() });
  }

  #exited(how: string | undefined): void {
    this.#end({ kind: "exited", how });
    this.#leave();
  }

  #end(ending: Ending): void {
    // The exit after a failed init is our kill, not the reason.
    if (this.#hasInitFailed) return;
    if (outranks(ending, this.#ending)) this.#ending = ending;
    this.#settleSoon();
  }

  #settleSoon(): void {
    if (this.#isSettling) return;
    this.#isSettling = true;
    setImmediate(() => {
      this.#isSettling = false;
      this.#settle();
    });
  }

  #settle(): void {
    const ending = this.#ending;
    if (ending === undefined) return;
    if (ending.kind !== "answered" || ending.answer.isLast) this.#retire();
    if (this.#initDurationMs === undefined) {
      this.#hasInitFailed = true;
      clearTimeout(this.#initTimer);
      return this.#onInitialised();
    }
    const invocation = this.#invocation;
    // It ended while idle: whatever it still wrote goes out now.
    if (invocation === undefined) return this.#log.flush();
    this.#invocation = undefined;
    clearTimeout(invocation.timer);
    const endMs = ending.kind === "answered" ? ending.atMs : performance.now();
    invocation.resolve(this.#finish(invocation.execution, endMs - invocation.startMs));
  }

  #retire(): void {
    this.#sampleMemory();
    this.#process?.kill();
    this.#leave();
  }

  #leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#channel?.close();
    this.#setup.onGone(this);
  }

  #finish(execution: Execution, measuredMs: number): ExecutionResult {
    const { version, isProvisioned } = this.#setup;
    const { requestId } = execution;
    const outcome = this.#outcome(requestId);
    const hasTimedOut = this.#ending?.kind === "timedOut";
    const durationMs = hasTimedOut ? version.timeoutSeconds * 1000 : measuredMs;
    const isCold = !this.#isInitReported && !isProvisioned;
    this.#isInitReported = true;
    const initDurationMs = isCold ? this.#initDurationMs : undefined;
    const maxMemoryMb = this.#sampleMemory();
    const { memoryMb } = version;
    if (outcome.line !== undefined) this.#log.platform(outcome.line);
    this.#log.platform(endLine(requestId));
    this.#log.platform(
      reportLine({
        requestId,
        durationMs,
        memoryMb,
        maxMemoryMb,
        initDurationMs,
        status: outcome.status,
      }),
    );
    return {
      functionError: outcome.isError ? "Unhandled" : undefined,
      payload: outcome.payload,
      durationMs,
      initDurationMs,
      maxMemoryMb,
      logTail: this.#log.endInvocation(),
    };
  }

  #outcome(requestId: string): Outcome {
    const { version, cloud } = this.#setup;
    return outcomeOf(this.#ending ?? { kind: "exited", how: undefined }, {
      requestId,
      timeoutSeconds: version.timeoutSeconds,
      nowMs: cloud.clock.nowMs(),
    });
  }

  #sampleMemory(): number {
    const nowMs = performance.now();
    if (!this.#isGone && nowMs - this.#memoryReadMs > MEMORY_SAMPLE_EVERY_MS) {
      this.#memoryReadMs = nowMs;
      this.#memoryMb = Math.max(this.#memoryMb, this.#process?.peakMemoryMb() ?? 0);
    }
    return this.#memoryMb;
  }
}
