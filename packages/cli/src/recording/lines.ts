import { RolloutError } from "@headgate/core/errors";
import { createReadStream } from "node:fs";
import { addAbortSignal, type Readable } from "node:stream";
import { hasTimedOut } from "../session/take-out.ts";

/** What stands for standard input in place of a file. */
export const STANDARD_INPUT = "-";
/** A line is held in memory whole. One bucket with a thousand latency bounds takes a fiftieth of this. */
const MAX_LINE_CHARACTERS = 1_000_000;

/** One line of a file, counted from 1. */
export interface NumberedLine {
  readonly number: number;
  readonly text: string;
}

/**
 * Every line of the file that is not blank, as it is read: the file may be larger than the memory.
 * @throws {RolloutError} RECORDING_INVALID, or TIMED_OUT when `signal` aborts.
 */
export async function readLines(
  file: string,
  signal: AbortSignal,
  onLine: (line: NumberedLine) => void,
): Promise<void> {
  let number = 0;
  let rest = "";
  const take = (text: string) => {
    number += 1;
    if (text.length > MAX_LINE_CHARACTERS) throw tooLong(file, number);
    if (text.trim() !== "") onLine({ number, text });
  };
  try {
    for await (const chunk of openStream(file, signal)) {
      const lines = `${rest}${String(chunk)}`.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) take(line);
      if (rest.length > MAX_LINE_CHARACTERS) throw tooLong(file, number + 1);
    }
  } catch (cause) {
    throw cause instanceof RolloutError ? cause : unreadable(file, signal, cause);
  }
  take(rest);
}

function openStream(file: string, signal: AbortSignal): Readable {
  if (file !== STANDARD_INPUT) return createReadStream(file, { encoding: "utf8", signal });
  process.stdin.setEncoding("utf8");
  return addAbortSignal(signal, process.stdin);
}

function tooLong(file: string, number: number): RolloutError {
  const message = `${file}:${number}: the line has more than ${MAX_LINE_CHARACTERS} characters, which is the most`;
  return new RolloutError("RECORDING_INVALID", message, {
    hint: "Write one bucket on each line; docs/replay.md has the format.",
  });
}

function unreadable(file: string, signal: AbortSignal, cause: unknown): RolloutError {
  if (signal.aborted) {
    const why = hasTimedOut(signal) ? "--timeout has passed" : "interrupted";
    return new RolloutError("TIMED_OUT", `${why} before ${file} was read to its end`, {
      hint: "Give it more time with --timeout, or a shorter recording.",
      cause,
    });
  }
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
  const why = code === "ENOENT" ? "there is no such file" : `it cannot be read (${code})`;
  return new RolloutError("RECORDING_INVALID", `${file}: ${why}`, {
    hint: "Make one with `headgate record`, or give - for standard input.",
    cause,
  });
}
