import { ERRORS, RolloutError } from "@headgate/core/errors";
import { CommanderError } from "commander";
import type { Command, Globals } from "./command.ts";
import { EXIT } from "./exit-codes.ts";
import { buildProgram, findEntry, type ParsedCall } from "./program.ts";
import {
  type EndingProgress,
  plainProgress,
  silentProgress,
  terminalProgress,
} from "./terminal/progress.ts";
import { styleFor } from "./terminal/style.ts";

/** Runs one command line and sets the process's exit code. The only place that ends the process. */
export async function main(argv: readonly string[]): Promise<void> {
  // A reader that has read enough (`headgate history | head`) must not end a rollout in the middle.
  process.stdout.on("error", (error) => {
    if (!("code" in error) || error.code !== "EPIPE") throw error;
  });
  const call = await parse(argv);
  if (typeof call === "number") {
    process.exitCode = call;
    return;
  }
  process.exitCode = await execute(call);
}

/** The parsed call, or the exit code when there is nothing to run (help, version, wrong usage). */
async function parse(argv: readonly string[]): Promise<ParsedCall | number> {
  const entry = findEntry(argv);
  const loaded = entry === undefined ? undefined : { entry, command: await entry.load() };
  let call: ParsedCall | undefined;
  const program = buildProgram(loaded, (parsed) => {
    call = parsed;
  });
  try {
    program.parse(argv.length === 0 ? ["--help"] : [...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has printed the message or the help already.
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  if (call !== undefined) return call;
  program.outputHelp();
  return EXIT.usage;
}

async function execute({
  command,
  options,
  arguments: words,
  globals,
}: ParsedCall): Promise<number> {
  const stop = stopSignal(globals.timeoutMs);
  const progress = progressFor(globals);
  try {
    const { value, exitCode } = await command.run(options as never, {
      globals,
      arguments: words,
      style: styleFor(process.stdout, process.env),
      progress,
      signal: stop.signal,
    });
    progress.done();
    print(command, value, globals);
    return exitCode ?? EXIT.ok;
  } catch (error) {
    progress.done();
    return report(error, globals);
  } finally {
    stop.release();
  }
}

function print(command: Command, value: unknown, globals: Globals): void {
  if (globals.json) {
    process.stdout.write(`${JSON.stringify(value)}\n`);
    return;
  }
  for (const line of command.render(value, styleFor(process.stdout, process.env))) {
    process.stdout.write(`${line}\n`);
  }
}

function report(error: unknown, globals: Globals): number {
  if (!(error instanceof RolloutError)) {
    process.stderr.write(
      `headgate: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return EXIT.failed;
  }
  if (globals.json) {
    const { code, message, hint } = error;
    process.stdout.write(`${JSON.stringify({ error: { code, message, hint } })}\n`);
  }
  const style = styleFor(process.stderr, process.env);
  process.stderr.write(`${style.bad("error")} ${error.message}\n`);
  if (error.hint !== "") process.stderr.write(`${style.dim("  do:")} ${error.hint}\n`);
  return ERRORS[error.code].exitCode;
}

function progressFor(globals: Globals): EndingProgress {
  if (globals.json) return silentProgress;
  const isLive = process.stdout.isTTY && process.env["TERM"] !== "dumb";
  return isLive ? terminalProgress(process.stdout) : plainProgress(process.stdout);
}

/** Aborts at Ctrl-C, at SIGTERM and after `timeoutMs`. A second Ctrl-C ends the process at once. */
function stopSignal(timeoutMs: number | undefined): {
  readonly signal: AbortSignal;
  release(): void;
} {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(EXIT.failed);
    controller.abort(new DOMException("interrupted", "AbortError"));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(
          () => controller.abort(new DOMException("timed out", "TimeoutError")),
          timeoutMs,
        );
  return {
    signal: controller.signal,
    release() {
      clearTimeout(timer);
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
