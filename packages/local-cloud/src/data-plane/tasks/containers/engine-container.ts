import { isJsonObject, type JsonObject } from "../../../json-object.ts";
import { healthCommand } from "../container-command.ts";
import { OutputLines } from "../output-lines.ts";
import type { ContainerExit, ContainerLaunch, RunningContainer } from "../task-runtime.ts";
import { type Engine, EngineError } from "./engine.ts";
import { Demultiplexer } from "./multiplexed.ts";

/** How long the engine may take beyond the time that it was given for something. */
const SLACK_MS = 30_000;
/** How long the last lines may take after a container has ended. */
const OUTPUT_WAIT_MS = 5000;
const USAGE_TIMEOUT_MS = 5000;
/** Of a command's output; health checks keep less. */
const OUTPUT_CHARS_MAX = 64 * 1024;
const NS_PER_MS = 1e6;
/** After SIGKILL; told too when the engine has gone and nobody can say how a container ended. */
const KILLED = 137;

export interface EngineContainer {
  readonly engine: Engine;
  readonly id: string;
  readonly addresses: RunningContainer["addresses"];
  /** Aborted when the runtime closes. */
  readonly signal: AbortSignal;
  readonly hasMemoryLimit: boolean;
  /** Aborted when it is asked to end. */
  readonly asked: AbortController;
}

/** Follows a container that has just been started, to its end: what it says, and how it ends. */
export async function followContainer(
  { engine, id, signal, hasMemoryLimit, asked }: EngineContainer,
  onLine: ContainerLaunch["onLine"],
): Promise<ContainerExit> {
  const logs = followLogs(engine, id, onLine, signal);
  const exitCode = await waitForEnd(engine, id, signal);
  const state = await stateOf(engine, id);
  await Promise.race([logs.ended, delay(OUTPUT_WAIT_MS)]);
  logs.stop();
  await logs.ended;
  // Podman does not say it on cgroup v1: a kill that nobody here asked for was the kernel's, for the limit.
  const isLikely = exitCode === KILLED && hasMemoryLimit && !asked.signal.aborted;
  return { exitCode, isOutOfMemory: state?.["OOMKilled"] === true || isLikely };
}

/** A container of an engine. `ended` is when nothing of it is left. */
export function engineContainer(
  { engine, id, addresses, signal, asked }: EngineContainer,
  ended: Promise<ContainerExit>,
): RunningContainer {
  return {
    runtimeId: id,
    addresses,
    exited: ended,
    async stop(graceMs) {
      asked.abort();
      const path =
        graceMs === 0
          ? `/containers/${id}/kill?signal=SIGKILL`
          : `/containers/${id}/stop?t=${Math.ceil(graceMs / 1000)}`;
      // 304, 404 and 409 say that it has ended already; so does what the wait for its end will find.
      await engine.call({ method: "POST", path, timeoutMs: graceMs + SLACK_MS });
      return ended;
    },
    execute: (command, timeoutMs) => execute(engine, id, { command, timeoutMs, signal }),
    async usage() {
      const path = `/containers/${id}/stats?stream=false&one-shot=true`;
      const { status, json } = await engine
        .call({ method: "GET", path, timeoutMs: USAGE_TIMEOUT_MS })
        .catch(() => ({ status: 0, json: undefined }));
      return status === 200 ? usageIn(json) : undefined;
    },
  };
}

/** Source: Docker Engine API, ContainerStats. Undefined of a container that has ended: all is 0 then. */
function usageIn(json: JsonObject | undefined) {
  const cpu = json?.["cpu_stats"];
  const memory = json?.["memory_stats"];
  const used = isJsonObject(cpu) ? cpu["cpu_usage"] : undefined;
  const totalNs = isJsonObject(used) ? used["total_usage"] : undefined;
  const bytes = isJsonObject(memory) ? memory["usage"] : undefined;
  if (typeof totalNs !== "number" || typeof bytes !== "number" || totalNs === 0) return undefined;
  return { cpuMs: totalNs / NS_PER_MS, memoryBytes: bytes };
}

function followLogs(
  engine: Engine,
  id: string,
  onLine: ContainerLaunch["onLine"],
  signal: AbortSignal,
): { readonly ended: Promise<void>; stop(): void } {
  const stopped = new AbortController();
  const path = `/containers/${id}/logs?follow=true&stdout=true&stderr=true`;
  const lines = {
    stdout: new OutputLines((line) => onLine(line, "stdout")),
    stderr: new OutputLines((line) => onLine(line, "stderr")),
  };
  const read = async () => {
    const both = AbortSignal.any([signal, stopped.signal]);
    const stream = await engine.stream({ method: "GET", path }, both);
    const split = new Demultiplexer((bytes, name) => lines[name].write(bytes));
    for await (const chunk of stream) split.write(asBuffer(chunk));
  };
  const ended = read()
    // Cut short: what was read is told all the same.
    .catch(() => {})
    .then(() => {
      lines.stdout.end();
      lines.stderr.end();
    });
  return { ended, stop: () => stopped.abort() };
}

/** Source: Docker Engine API, ContainerWait: an answer as late as the container's end. */
async function waitForEnd(engine: Engine, id: string, signal: AbortSignal): Promise<number> {
  const path = `/containers/${id}/wait?condition=not-running`;
  try {
    const stream = await engine.stream({ method: "POST", path }, signal);
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(asBuffer(chunk));
    const answer: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    const code = isJsonObject(answer) ? answer["StatusCode"] : undefined;
    if (typeof code === "number") return code;
  } catch {
    // The engine was stopped, or has gone on without this connection: its own word on the container counts.
  }
  const state = await stateOf(engine, id);
  const code = state?.["ExitCode"];
  return typeof code === "number" && state?.["Running"] === false ? code : KILLED;
}

async function stateOf(engine: Engine, id: string): Promise<JsonObject | undefined> {
  const path = `/containers/${id}/json`;
  const answer = await engine.call({ method: "GET", path }).catch(() => undefined);
  const state = answer?.json?.["State"];
  return isJsonObject(state) ? state : undefined;
}

interface Execution {
  readonly command: readonly string[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A command that takes too long is left alone, as engines have no way to end it: it ends with its container. */
async function execute(
  engine: Engine,
  id: string,
  { command, timeoutMs, signal }: Execution,
): Promise<{ exitCode: number | undefined; output: string }> {
  let output = "";
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const made = await engine.require(
      {
        method: "POST",
        path: `/containers/${id}/exec`,
        json: { Cmd: healthCommand(command), AttachStdout: true, AttachStderr: true },
      },
      201,
    );
    const exec = String(made.json?.["Id"]);
    const stream = await engine.stream(
      { method: "POST", path: `/exec/${exec}/start`, json: { Detach: false, Tty: false } },
      AbortSignal.any([late, signal]),
    );
    const split = new Demultiplexer((bytes) => {
      if (output.length < OUTPUT_CHARS_MAX) output += bytes.toString("utf8");
    });
    for await (const chunk of stream) split.write(asBuffer(chunk));
    const { json } = await engine.require({ method: "GET", path: `/exec/${exec}/json` }, 200);
    const code = json?.["ExitCode"];
    return {
      exitCode: typeof code === "number" ? code : undefined,
      output: output.slice(0, OUTPUT_CHARS_MAX),
    };
  } catch (error) {
    if (late.aborted) return { exitCode: undefined, output };
    // What a shell answers for a command that cannot be run.
    if (error instanceof EngineError) return { exitCode: 126, output: error.message };
    throw error;
  }
}

function asBuffer(chunk: unknown): Buffer {
  return chunk instanceof Uint8Array ? Buffer.from(chunk) : Buffer.from(String(chunk));
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
