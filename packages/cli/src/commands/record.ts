import { readHistory } from "@headgate/controller";
import {
  type BucketLine,
  parseSpec,
  recordCounts,
  recordRollout,
  RolloutError,
} from "@headgate/core";
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { defineCommand, type Globals } from "../command.ts";
import { openAwsSession } from "../session/aws.ts";
import { DATA_DIR_OPTION, dataDirOf } from "../session/data-dir.ts";
import { ROLLOUT_ARGUMENT } from "../session/operate.ts";
import { readSpecFile } from "../spec-file.ts";

interface Recording {
  /** Null when the lines go to standard output. */
  readonly file: string | null;
  readonly runs: readonly string[];
  readonly buckets: number;
  /** The lines themselves; null when they went to a file. */
  readonly lines: readonly BucketLine[] | null;
}

interface SourceOptions {
  readonly spec: string | undefined;
  readonly stable: string | undefined;
  readonly canary: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

export const record = defineCommand({
  path: "record",
  description:
    "From the journal, what a rollout counted; with --spec, what CloudWatch, or the spec's own " +
    "analysis.source, holds for two versions of its target. " +
    "The result is what `headgate replay` reads.",
  examples: [
    [
      "headgate record checkout --out checkout.jsonl",
      "What the newest rollout of this name counted",
    ],
    ["headgate record | headgate replay -", "Replay the newest rollout"],
    [
      "headgate record --spec headgate.yaml --stable 4 --canary 5 --from 2026-11-20T08:00:00Z --to 2026-11-20T09:00:00Z",
      "An hour in which another tool moved the traffic",
    ],
  ],
  arguments: [ROLLOUT_ARGUMENT],
  options: {
    ...DATA_DIR_OPTION,
    spec: { type: "string", value: "file", help: "Ask where this spec's target is counted" },
    stable: { type: "string", value: "version", help: "With --spec: the version that served" },
    canary: { type: "string", value: "version", help: "With --spec: the new version" },
    from: {
      type: "string",
      value: "time",
      help: "With --spec: since when, as 2026-11-20T08:00:00Z",
    },
    to: { type: "string", value: "time", help: "With --spec: until when" },
    out: { type: "string", value: "file", help: "Write there (default: standard output)" },
  },
  run: async (options, { globals, arguments: [which] }): Promise<{ value: Recording }> => {
    const lines = isFromSource(options, which)
      ? await fromSource(options, globals)
      : await fromJournal(dataDirOf(options.dataDir), which);
    const runs = [...new Set(lines.map(({ run }) => run))];
    const found = { runs, buckets: lines.length };
    if (options.out === undefined) return { value: { file: null, ...found, lines } };
    await writeRecording(options.out, lines, globals);
    return { value: { file: options.out, ...found, lines: null } };
  },
  render: ({ file, runs, buckets, lines }, style) =>
    lines === null
      ? [
          `wrote ${buckets} ${buckets === 1 ? "bucket" : "buckets"} of ${runs.join(", ")} to ${style.bold(file ?? "")}`,
          `next: \`headgate replay ${file ?? ""}\``,
        ]
      : lines.map((line) => JSON.stringify(line)),
});

async function fromJournal(dataDir: string, which: string | undefined): Promise<BucketLine[]> {
  const { rollout, entries } = await readHistory(dataDir, which);
  const lines = recordRollout(
    rollout,
    entries.map(({ event }) => event),
  );
  if (lines.length > 0) return lines;
  throw refused(
    `${rollout.id} counted nothing by the bucket, so there is nothing to record`,
    "It compared no versions, or ended before the first bucket. Ask for any time with --spec, --from and --to.",
  );
}

/** @throws {RolloutError} USAGE when options of the one and of the other are mixed. */
function isFromSource(options: SourceOptions, which: string | undefined): boolean {
  const { spec, stable, canary, from, to } = options;
  if (spec === undefined) {
    const stray = Object.entries({ stable, canary, from, to }).find(
      ([, value]) => value !== undefined,
    );
    if (stray === undefined) return false;
    throw refused(
      `--${stray[0]} is given without --spec`,
      "Name the target with --spec headgate.yaml.",
    );
  }
  if (which === undefined) return true;
  throw refused(
    `both the rollout "${which}" and --spec are given; a recording comes from one of them`,
    "Leave out the rollout to ask for any time, or --spec to read the journal.",
  );
}

async function fromSource(options: SourceOptions, globals: Globals): Promise<BucketLine[]> {
  const { shown, path, text } = await readSpecFile(options.spec);
  const { spec } = parseSpec(text, shown);
  const stable = requiredOf("--stable", options.stable, "the version that served, such as 4");
  const canary = requiredOf("--canary", options.canary, "the new version, such as 5");
  const window = { fromMs: timeOf("--from", options.from), toMs: timeOf("--to", options.to) };
  if (window.toMs <= window.fromMs) {
    throw refused(
      `--to is ${options.to}; it must be after --from, ${options.from}`,
      "Exchange them.",
    );
  }
  const session = await openAwsSession(globals);
  try {
    const { metrics } = session.drivers(spec, path);
    const versions = [stable, canary].map((version) => ({ version, slowerThanMs: [] }));
    const buckets = await metrics.count({ versions, window, custom: [] });
    const lines = recordCounts({ run: spec.name, stable, canary }, buckets);
    if (lines.length > 0) return lines;
    throw refused(
      `no requests of version ${stable} or ${canary} were counted from ${options.from} to ${options.to}`,
      "Look at the versions, the region, and how long ago it was: CloudWatch keeps minutes for 15 days and seconds for 3 hours.",
    );
  } finally {
    session.close();
  }
}

function requiredOf(flag: string, value: string | undefined, what: string): string {
  if (value !== undefined && value !== "") return value;
  throw refused(
    `${flag} is missing; with --spec it must be ${what}`,
    "See `headgate record --help`.",
  );
}

/** With its zone: a time without one would mean another hour on another machine. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/;

function timeOf(flag: string, value: string | undefined): number {
  const ms = value !== undefined && TIME.test(value) ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw refused(
    `${flag} is ${value === undefined ? "missing" : `"${value}"`}; with --spec it must be a time with its zone`,
    `For example ${flag} 2026-11-20T08:00:00Z.`,
  );
}

async function writeRecording(
  file: string,
  lines: readonly BucketLine[],
  { yes }: Globals,
): Promise<void> {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  try {
    await writeFile(resolve(file), text, { flag: yes ? "w" : "wx" });
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    const message =
      code === "EEXIST"
        ? `${file} is there already; nothing was written`
        : `cannot write ${file} (${code})`;
    const hint = "Choose another place with --out, or overwrite what is there with --yes.";
    throw new RolloutError("USAGE", message, { hint, cause });
  }
}

function refused(message: string, hint: string): RolloutError {
  return new RolloutError("USAGE", message, { hint });
}
