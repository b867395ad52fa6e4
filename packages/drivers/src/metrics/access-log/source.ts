import { type MetricSource, type MetricWindow, RolloutError } from "@headgate/core";
import { withCustom } from "../with-custom.ts";
import type { CloudWatchAccess } from "../metric-pages.ts";
import { readingOf } from "../readings.ts";
import { wholeBuckets } from "../spans.ts";
import { type LineReader, lineReader, RECOMMENDED_FORMAT } from "./format.ts";
import { readEvents } from "./read-events.ts";
import { tallyBaseline, tallyBuckets, tallyWhole, type TimedRequest } from "./tally.ts";

/** A stage's access log as GetStage tells of it. */
export interface AccessLogSettings {
  readonly destinationArn?: string | undefined;
  readonly format?: string | undefined;
}

/** An access log tells of each request, so any grid would do. */
export const ACCESS_LOG_RESOLUTION_MS = 1000;
/**
 * Unverified: AWS says "near real time" of API Gateway's logs and gives no bound. Thirty seconds are taken; whoever
 * measured more sets `analysis.source.accessLogs.lag`.
 */
export const ACCESS_LOG_LAG_MS = 30_000;

/** A page has up to 1 MB or 10,000 lines: 400,000 lines are read at most. Ours. */
const MOST_PAGES = 40;
/** A baseline is read from the newest minutes: as many as give this many requests, and no more. */
const BASELINE_REQUESTS = 20_000;
const BASELINE_FIRST_MS = 60_000;
const BASELINE_PAGES = 8;

/**
 * Counts of deployments from a stage's access log: every request, by the second, with its exact latency. A canary's
 * requests are in the stage's own log group too, so that one group has both versions. Source: AWS docs,
 * canary-release ("both production and canary log groups").
 *
 * @param parts.settings reads the stage; asked again for every count, because formats change.
 * @param parts.platform counts all traffic of the stage, and the user's own metrics.
 */
export function accessLogSource(
  parts: CloudWatchAccess & {
    readonly settings: () => Promise<AccessLogSettings | undefined>;
    readonly platform: Pick<MetricSource, "history" | "read">;
    /** Counts the user's own metrics, by the same grid. */
    readonly custom: Pick<MetricSource, "count">;
    readonly lagMs: number;
  },
): MetricSource {
  const { clock, platform, custom, lagMs } = parts;
  const resolutionMs = ACCESS_LOG_RESOLUTION_MS;

  const read = async (window: MetricWindow, mostPages = MOST_PAGES) => {
    if (window.toMs <= window.fromMs) return { requests: [], isWhole: true };
    const log = readableLog(await parts.settings());
    const { events, isWhole } = await readEvents(parts, log.group, window, mostPages);
    const requests = events.flatMap(({ atMs, line }): TimedRequest[] => {
      const request = log.read(line);
      return request === undefined ? [] : [{ ...request, atMs }];
    });
    // A format that was changed a moment ago leaves lines of the old one; nothing but those is another matter.
    if (requests.length === 0 && events.length > 0) throw strange(log.group, events[0]?.line ?? "");
    return { requests, isWhole };
  };

  const readWhole = async (window: MetricWindow) => {
    const { requests, isWhole } = await read(window);
    if (isWhole) return requests;
    throw new RolloutError(
      "METRICS_UNREADABLE",
      `the access log has more than ${MOST_PAGES} pages in ${(window.toMs - window.fromMs) / 1000} s`,
      {
        hint: "Let CloudWatch count: metric filters with the dimension DeploymentId, and analysis.source.deploymentMetrics.",
      },
    );
  };

  return {
    resolutionMs,
    lagMs,
    countedBy: "router",
    async count(query) {
      const span = wholeBuckets(query.window, resolutionMs, clock.nowMs());
      const [requests, others] = await Promise.all([
        readWhole(span),
        query.custom.length === 0 ? [] : custom.count({ ...query, window: span }),
      ]);
      return withCustom(tallyBuckets(requests, query.versions, resolutionMs), others);
    },
    async baseline(version, window) {
      let spanMs = Math.min(BASELINE_FIRST_MS, window.toMs - window.fromMs);
      for (;;) {
        const part = { fromMs: window.toMs - spanMs, toMs: window.toMs };
        const { requests, isWhole } = await read(part, BASELINE_PAGES);
        const isAll = part.fromMs <= window.fromMs;
        if (!isWhole || isAll || requests.length * 4 > BASELINE_REQUESTS) {
          // Of more pages than are read the oldest lines are there: the time up to the last of them.
          const toMs = isWhole ? part.toMs : (requests.at(-1)?.atMs ?? part.toMs);
          return tallyBaseline(requests, version, { ...part, toMs });
        }
        spanMs = Math.min(4 * spanMs, window.toMs - window.fromMs);
      }
    },
    history: (window) => platform.history(window),
    async compare(versions, window) {
      const requests = await readWhole(window);
      const counted = versions.flatMap((version) => {
        const counts = tallyWhole(requests, version);
        return counts === undefined ? [] : [[version, counts] as const];
      });
      return { window, versions: new Map(counted) };
    },
    async read(query, window) {
      if (query.kind === "cloudWatch") return platform.read(query, window);
      return readingOf(query, tallyWhole(await readWhole(window), query.version));
    },
  };
}

interface ReadableLog {
  readonly group: string;
  readonly read: LineReader;
}

/** @throws {RolloutError} METRICS_UNREADABLE when the log cannot tell versions apart. */
function readableLog(settings: AccessLogSettings | undefined): ReadableLog {
  const { destinationArn = "", format = "" } = settings ?? {};
  const group = logGroupIn(destinationArn);
  const reader = lineReader(format);
  if (group !== undefined && reader !== undefined) return { group, read: reader };
  const what =
    group === undefined
      ? "the stage writes no access log to CloudWatch Logs"
      : "its format has no $context.deploymentId or no $context.status";
  throw new RolloutError("METRICS_UNREADABLE", `versions cannot be counted: ${what}`, {
    hint: `Set this format: ${RECOMMENDED_FORMAT}`,
  });
}

/** Undefined for no destination, and for a Firehose stream. */
export function logGroupIn(destinationArn: string): string | undefined {
  return /^arn:[^:]+:logs:[^:]*:[^:]*:log-group:(.+?)(?::\*)?$/.exec(destinationArn)?.[1];
}

function strange(group: string, line: string): RolloutError {
  return new RolloutError(
    "METRICS_UNREADABLE",
    `no line of log group ${group} has the stage's access log format; one of them is: ${line.slice(0, 200)}`,
    { hint: "Give the access log a log group of its own." },
  );
}
