import {
  type BucketLine,
  parseBucketLine,
  replayBucket,
  type ReplayPoint,
  type ReplaySettings,
  RolloutError,
  type RunReplay,
} from "@headgate/core";
import { type NumberedLine, readLines } from "./lines.ts";

/** One run of a recording, read to its end. */
export interface RecordedRun {
  readonly replay: RunReplay;
  /** After every bucket; empty unless asked for. */
  readonly trace: readonly ReplayPoint[];
  /** Every bucket; empty unless asked for. */
  readonly lines: readonly BucketLine[];
}

export interface Keep {
  readonly trace: boolean;
  readonly lines: boolean;
}

/**
 * Replays every run of the file, in the order in which they begin. Of each run only its state is held, and what
 * `keep` asks for.
 * @throws {RolloutError} RECORDING_INVALID, TIMED_OUT.
 */
export async function readRecording(
  file: string,
  settings: ReplaySettings,
  { keep, signal }: { readonly keep: Keep; readonly signal: AbortSignal },
): Promise<readonly RecordedRun[]> {
  const runs = new Map<string, RunReplay>();
  const traces = new Map<string, ReplayPoint[]>();
  const kept = new Map<string, BucketLine[]>();
  await readLines(file, signal, ({ number, text }: NumberedLine) => {
    const line = parseBucketLine(text);
    if ("problem" in line) throw invalidLine(file, number, line.problem);
    const replay = replayBucket(runs.get(line.run), line, settings);
    if ("problem" in replay) throw invalidLine(file, number, replay.problem);
    runs.set(line.run, replay);
    if (keep.trace) append(traces, line.run, pointOf(replay));
    if (keep.lines) append(kept, line.run, line);
  });
  if (runs.size === 0) {
    throw new RolloutError("RECORDING_INVALID", `${file}: it holds no bucket; there must be one`, {
      hint: "Make a recording with `headgate record`; docs/replay.md has the format.",
    });
  }
  return [...runs].map(([run, replay]) => ({
    replay,
    trace: traces.get(run) ?? [],
    lines: kept.get(run) ?? [],
  }));
}

function pointOf({ latest }: RunReplay): ReplayPoint {
  const { atMs, rollbackLogE, promoteLogE, riskBound } = latest;
  return { atMs, rollbackLogE, promoteLogE, riskBound };
}

function append<Value>(lists: Map<string, Value[]>, run: string, value: Value): void {
  const list = lists.get(run);
  if (list === undefined) lists.set(run, [value]);
  else list.push(value);
}

function invalidLine(
  file: string,
  number: number,
  { message, hint }: { readonly message: string; readonly hint: string },
): RolloutError {
  return new RolloutError("RECORDING_INVALID", `${file}:${number}: ${message}`, { hint });
}
