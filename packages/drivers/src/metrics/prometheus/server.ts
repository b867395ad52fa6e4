import type { MetricWindow, VersionId } from "@headgate/core";
import { fetchText, shown, unreadable } from "./fetch-text.ts";
import type { Histogram } from "./histogram.ts";
import {
  boundMs,
  type Cell,
  type Meters,
  patternOf,
  type PrometheusSpec,
  unitMsOf,
} from "./meters.ts";
import { numberOf } from "./text-format.ts";

/** Source: prometheus.io, HTTP API: a range query gives at most 11 000 points a series. */
const POINTS_MAX = 10_000;

/** One series of an answer: its labels and its values by the end of their cell. */
interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: ReadonlyMap<number, number>;
}

/**
 * Counts from a Prometheus server. A cell of the grid is the difference between its two ends, exactly; a longer
 * stretch is increase(), which the server extrapolates: it sees through restarts in between.
 */
export function serverMeters(spec: PrometheusSpec & { readonly server: string }): Meters {
  return {
    async cells(versions, given, periodMs) {
      const window = {
        ...given,
        fromMs: Math.max(given.fromMs, given.toMs - POINTS_MAX * periodMs),
      };
      if (periodMs <= 0 || window.toMs <= window.fromMs) return [];
      const risen = periodMs === spec.interval ? difference : increase;
      const ask = (by: string, metric: string, matchers: string) =>
        queryRange(spec, `sum by (${by}) (${risen(`${metric}{${matchers}}`, periodMs)})`, {
          ...window,
          periodMs,
        });
      const { versionLabel: label, requests, duration, errorLabels } = spec;
      const ofVersions = `${label}=~${quoted(versions.map(literal).join("|"))}`;
      const [asked, failed, buckets, sums] = await Promise.all([
        ask(label, requests, ofVersions),
        ask(label, requests, [ofVersions, ...matchersOf(errorLabels)].join(",")),
        duration === undefined ? [] : ask(`${label},le`, `${duration}_bucket`, ofVersions),
        duration === undefined ? [] : ask(label, `${duration}_sum`, ofVersions),
      ]);
      if (asked.length === 0) await checkMetric(spec, window.toMs);
      return versions.flatMap((version) =>
        cellsOf(version, { spec, periodMs, asked, failed, buckets, sums }),
      );
    },
  };
}

function cellsOf(
  version: VersionId,
  found: {
    readonly spec: PrometheusSpec;
    readonly periodMs: number;
    readonly asked: readonly Series[];
    readonly failed: readonly Series[];
    readonly buckets: readonly Series[];
    readonly sums: readonly Series[];
  },
): readonly Cell[] {
  const { spec, periodMs } = found;
  const isOurs = ({ labels }: Series) => labels[spec.versionLabel] === version;
  const failed = found.failed.find(isOurs);
  const sums = found.sums.find(isOurs);
  const unitMs = unitMsOf(spec.duration ?? "");
  const bounds = found.buckets
    .filter(isOurs)
    .flatMap(({ labels, values }) => {
      const upToMs = boundMs(labels["le"], unitMs);
      return upToMs === undefined ? [] : [{ upToMs, values }];
    })
    .toSorted((left, right) => left.upToMs - right.upToMs);
  const histogramAt = (toMs: number): Histogram => {
    const buckets = bounds.map(({ upToMs, values }) => ({ upToMs, count: values.get(toMs) ?? 0 }));
    const sum = sums?.values.get(toMs);
    return sum === undefined ? { buckets } : { buckets, sumMs: sum * unitMs };
  };
  const cells: Cell[] = [];
  for (const [toMs, risen] of found.asked.find(isOurs)?.values ?? []) {
    const requests = Math.round(risen);
    if (requests <= 0) continue;
    const errors = Math.min(requests, Math.round(failed?.values.get(toMs) ?? 0));
    const cell = { version, fromMs: toMs - periodMs, toMs, requests, errors };
    cells.push(bounds.length === 0 ? cell : { ...cell, histogram: histogramAt(toMs) });
  }
  return cells;
}

/** @throws {RolloutError} METRICS_UNREADABLE */
async function queryRange(
  { server }: { readonly server: string },
  query: string,
  { fromMs, toMs, periodMs }: MetricWindow & { readonly periodMs: number },
): Promise<readonly Series[]> {
  const seconds = (ms: number) => String(ms / 1000);
  return seriesIn(
    await ask(server, "query_range", {
      query,
      start: seconds(fromMs + periodMs),
      end: seconds(toMs),
      step: seconds(periodMs),
    }),
  );
}

async function ask(
  server: string,
  path: string,
  parameters: Readonly<Record<string, string>>,
): Promise<unknown> {
  const url = new URL(server);
  url.pathname = `${url.pathname.replace(/\/$/, "")}/api/v1/${path}`;
  url.search = new URLSearchParams(parameters).toString();
  const { status, text } = await fetchText(url);
  const answer = jsonOf(text);
  const said = textIn(answer, "error");
  if (status !== 200 || textIn(answer, "status") !== "success") {
    throw unreadable(
      shown(url),
      `it answers ${status}${said === undefined ? "" : `: ${said}`} to ${parameters["query"]}`,
      "Check the server's address, and the metric and labels under analysis.source.prometheus.",
    );
  }
  return answer;
}

/** Tells versions without requests from a metric that is not there. */
async function checkMetric(
  spec: PrometheusSpec & { readonly server: string },
  atMs: number,
): Promise<void> {
  const { server, requests, versionLabel } = spec;
  const time = String(atMs / 1000);
  const known = async (query: string) =>
    seriesIn(await ask(server, "query", { query, time })).length > 0;
  const where = shown(new URL(server));
  if (!(await known(`count(${requests})`))) {
    throw unreadable(
      where,
      `it has no metric ${requests}`,
      "Name the metric of your requests under analysis.source.prometheus.requests.",
    );
  }
  if (await known(`count(${requests}{${versionLabel}!=""})`)) return;
  throw unreadable(
    where,
    `${requests} has no label ${versionLabel}`,
    "Put the version into a label, and the label's name into versionLabel.",
  );
}

/**
 * By how much each counter rose, to the last request. One that fell began anew from nothing. One that is new has
 * risen from nothing if its process was scraped before: the first error of a kind is a new counter. `up` says so,
 * the series that Prometheus keeps of each process it scrapes. Source: prometheus.io, "Jobs and instances".
 */
function difference(counter: string, periodMs: number): string {
  const before = `offset ${periodMs}ms`;
  return (
    `(${counter} - ${counter} ${before} >= 0) or (${counter} and ${counter} ${before}) ` +
    `or (${counter} and on (job, instance) (up ${before} == 1))`
  );
}

function increase(counter: string, periodMs: number): string {
  return `increase(${counter}[${periodMs}ms])`;
}

function matchersOf(labels: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(labels).map(([label, value]) => {
    const pattern = patternOf(value);
    return pattern === undefined ? `${label}=${quoted(value)}` : `${label}=~${quoted(pattern)}`;
  });
}

/** A text of PromQL, by the rules of Go's strings, which JSON's are a part of. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

/** Matches itself in a regular expression. */
function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textIn(value: unknown, key: string): string | undefined {
  const found = memberOf(value, key);
  return typeof found === "string" ? found : undefined;
}

function memberOf(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).find(([name]) => name === key)?.[1];
}

/** Of a matrix, or of a vector as one point each. Source: prometheus.io, HTTP API, "Expression query result formats". */
function seriesIn(answer: unknown): readonly Series[] {
  const result = memberOf(memberOf(answer, "data"), "result");
  if (!Array.isArray(result)) return [];
  return result.map((entry: unknown) => {
    const metric = memberOf(entry, "metric");
    const labels = Object.entries(typeof metric === "object" ? (metric ?? {}) : {}).flatMap(
      ([name, value]: [string, unknown]) =>
        typeof value === "string" ? [[name, value] as const] : [],
    );
    const values = memberOf(entry, "values") ?? [memberOf(entry, "value")];
    const points = (Array.isArray(values) ? values : []).flatMap((point: unknown) =>
      pointOf(point),
    );
    return { labels: Object.fromEntries(labels), values: new Map(points) };
  });
}

function pointOf(point: unknown): readonly (readonly [atMs: number, value: number])[] {
  if (!Array.isArray(point)) return [];
  const [atS, written]: readonly unknown[] = point;
  const value = typeof written === "string" ? numberOf(written) : undefined;
  if (typeof atS !== "number" || value === undefined || Number.isNaN(value)) return [];
  return [[Math.round(atS * 1000), value]];
}
