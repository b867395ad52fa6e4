import type { PeerCounts } from "../peers/run-totals.ts";
import { lineProblem, shownValue } from "./line-problem.ts";
import type { LineProblem } from "./line-problem.ts";

/** One line of a recording: what both versions did in one bucket of one run. */
export interface BucketLine {
  readonly run: string;
  /** When the bucket ended, milliseconds: of the epoch or of any other beginning. */
  readonly atMs: number;
  readonly weightBps: number;
  readonly stable: RecordedCounts;
  readonly canary: RecordedCounts;
}

export interface RecordedCounts extends PeerCounts {
  readonly latency?: LatencyHistogram;
}

/** How long requests took. */
export interface LatencyHistogram {
  /** Milliseconds, rising; evenly spaced in their logarithm, or thresholds are coarse where it matters. */
  readonly boundsMs: readonly number[];
  /** One more than there are bounds: up to each bound, and above the last. */
  readonly counts: readonly number[];
}

/** The name of a run whose lines give none. */
export const UNNAMED_RUN = "run";
/** More bounds than any latency needs; a recording is read a line at a time and its lines stay small. */
const MAX_BOUNDS = 1000;
const MAX_RUN_NAME = 200;

/** Reads one line. Keys it does not know are left alone. */
export function parseBucketLine(text: string): BucketLine | LineProblem {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return lineProblem("", `not JSON: ${why}`, "Write one JSON object on each line.");
  }
  if (!isObject(value)) return wrong("", value, "a JSON object");
  const run = value["run"] ?? UNNAMED_RUN;
  if (typeof run !== "string" || run === "" || run.length > MAX_RUN_NAME) {
    return wrong("run", run, `a text of 1 to ${MAX_RUN_NAME} characters, or be left out`);
  }
  const atMs = value["atMs"];
  if (!isCount(atMs)) return wrong("atMs", atMs, "a whole number of milliseconds, 0 or more");
  const weightBps = value["weightBps"];
  if (!isCount(weightBps) || weightBps > 10_000) {
    return wrong("weightBps", weightBps, "a whole number of basis points from 0 to 10000");
  }
  const stable = parseCounts("stable", value["stable"]);
  if ("problem" in stable) return stable;
  const canary = parseCounts("canary", value["canary"]);
  if ("problem" in canary) return canary;
  const bounds = stable.latency?.boundsMs;
  const others = canary.latency?.boundsMs;
  if (bounds !== undefined && others !== undefined && !isSameBounds(bounds, others)) {
    return wrong("canary.latency.boundsMs", others, "the same as stable.latency.boundsMs");
  }
  return { run, atMs, weightBps, stable, canary };
}

function parseCounts(version: string, value: unknown): RecordedCounts | LineProblem {
  if (!isObject(value)) {
    return wrong(version, value, `an object with requests and errors, both 0 when it was silent`);
  }
  const { requests, errors, latency } = value;
  if (!isCount(requests)) {
    return wrong(`${version}.requests`, requests, "a whole number, 0 or more");
  }
  if (!isCount(errors) || errors > requests) {
    const most = `${version}.requests, which is ${requests}`;
    return wrong(`${version}.errors`, errors, `a whole number from 0 to ${most}`);
  }
  if (latency === undefined) return { requests, errors };
  const histogram = parseHistogram(`${version}.latency`, latency);
  return "problem" in histogram ? histogram : { requests, errors, latency: histogram };
}

function parseHistogram(path: string, value: unknown): LatencyHistogram | LineProblem {
  if (!isObject(value)) return wrong(path, value, "an object with boundsMs and counts");
  const { boundsMs, counts } = value;
  if (!isListOf(boundsMs, isBound) || !isRising(boundsMs)) {
    const allowed = `1 to ${MAX_BOUNDS} numbers above 0, each larger than the one before`;
    return wrong(`${path}.boundsMs`, boundsMs, allowed);
  }
  if (!isListOf(counts, isCount) || counts.length !== boundsMs.length + 1) {
    const allowed = `${boundsMs.length + 1} whole numbers of 0 or more: one up to each bound and one above the last`;
    return wrong(`${path}.counts`, counts, allowed);
  }
  return { boundsMs, counts };
}

function wrong(field: string, got: unknown, allowed: string): LineProblem {
  const what = got === undefined ? "is missing" : `is ${shownValue(got)}`;
  const subject = field === "" ? "the line" : field;
  return lineProblem(
    field,
    `${subject} ${what}; it must be ${allowed}`,
    "Mend the line, or what wrote it; docs/replay.md has the format.",
  );
}

export function isSameBounds(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((bound, index) => bound === right[index]);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isBound(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}

function isListOf(
  value: unknown,
  isItem: (item: unknown) => item is number,
): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= MAX_BOUNDS + 1 &&
    value.every((item) => isItem(item))
  );
}

function isRising(values: readonly number[]): boolean {
  return (
    values.length <= MAX_BOUNDS &&
    values.every((value, index) => index === 0 || value > (values[index - 1] ?? 0))
  );
}
