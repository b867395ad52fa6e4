import {
  type Baseline,
  type CountQuery,
  LATENCY_QUANTILES,
  type MetricSource,
  type MetricWindow,
  RolloutError,
  type VersionBucket,
  type VersionCounts,
} from "@headgate/core";
import type { Clock } from "../../clock.ts";
import { neverRising } from "../buckets.ts";
import { ALL_STRATA } from "../counter-definition.ts";
import { readingOf } from "../readings.ts";
import { isPeriod } from "../spans.ts";
import { withCustom } from "../with-custom.ts";
import { addedHistograms, quantileOf, slowerThan, totalOf } from "./histogram.ts";
import type { Cell, Meters, PrometheusSpec } from "./meters.ts";
import { scrapedMeters } from "./scrape.ts";
import { serverMeters } from "./server.ts";

/**
 * Counts from Prometheus. The versions count themselves. The user's own metrics and what the target had before
 * stay with `platform`, which has to count by the same grid.
 */
export function prometheusSource(
  spec: PrometheusSpec,
  parts: {
    readonly clock: Clock;
    readonly platform: Pick<MetricSource, "history" | "read">;
    /** Counts the user's own metrics, by the same grid. */
    readonly custom: Pick<MetricSource, "count">;
  },
): MetricSource {
  const { platform, custom } = parts;
  const meters = metersOf(spec, parts.clock);
  const resolutionMs = spec.interval;
  const together = async (version: string, window: MetricWindow) => {
    const spanMs = window.toMs - window.fromMs;
    const isShort = spanMs <= EXACT_CELLS * resolutionMs;
    return addedCells(await meters.cells([version], window, isShort ? resolutionMs : spanMs));
  };
  const countCustom = async (query: CountQuery) => {
    if (isPeriod(resolutionMs)) return custom.count(query);
    throw new RolloutError(
      "SPEC_INVALID",
      `CloudWatch cannot count analysis.metrics by ${resolutionMs} ms, the interval of source.prometheus`,
      { hint: "Set the interval to 1s, 5s, 10s, 30s or whole minutes." },
    );
  };
  return {
    resolutionMs,
    lagMs: spec.scrape === undefined ? SERVER_LAG_MS : 0,
    countedBy: "version",
    async count(query) {
      const window = wholeCells(query.window, resolutionMs);
      if (window.toMs <= window.fromMs) return [];
      const versions = query.versions.map(({ version }) => version);
      const [cells, others] = await Promise.all([
        meters.cells(versions, window, resolutionMs),
        query.custom.length === 0 ? [] : countCustom({ ...query, window }),
      ]);
      const slowerThanMs = new Map(query.versions.map((one) => [one.version, one.slowerThanMs]));
      const counted = cells.map((cell) => bucketOf(cell, slowerThanMs.get(cell.version) ?? []));
      return withCustom(counted, others);
    },
    async baseline(version, window): Promise<Baseline | undefined> {
      const cell = await together(version, wholeCells(window, resolutionMs));
      if (cell === undefined) return undefined;
      const { requests, errors, histogram } = cell;
      const counts = { version, window, requests, errors };
      const latencyMs = LATENCY_QUANTILES.map((quantile) =>
        histogram === undefined ? undefined : quantileOf(histogram, quantile),
      ).filter((value) => value !== undefined);
      return latencyMs.length < LATENCY_QUANTILES.length ? counts : { ...counts, latencyMs };
    },
    history: (window) => platform.history(window),
    async compare(versions, window) {
      const whole = wholeCells(window, resolutionMs);
      const found = new Map<string, VersionCounts>();
      for (const version of versions) {
        const cell = await together(version, whole);
        if (cell !== undefined) found.set(version, countsOf(cell));
      }
      return { window, versions: found };
    },
    async read(query, window) {
      if (query.kind === "cloudWatch") return platform.read(query, window);
      const cell = await together(query.version, wholeCells(window, resolutionMs));
      return readingOf(query, cell && countsOf(cell));
    },
  };
}

/** A server's own scrape may come this much after the grid's end. */
const SERVER_LAG_MS = 5000;

/** A longer window is read in one piece, which a server can only extrapolate. */
const EXACT_CELLS = 1000;

function metersOf(spec: PrometheusSpec, clock: Clock): Meters {
  const { scrape, server } = spec;
  if (scrape !== undefined) return scrapedMeters({ ...spec, scrape }, { clock });
  if (server !== undefined) return serverMeters({ ...spec, server });
  throw new RolloutError(
    "SPEC_INVALID",
    "analysis.source.prometheus names no server and no scrape",
    {
      hint: "Give one of them.",
    },
  );
}

function wholeCells({ fromMs, toMs }: MetricWindow, gridMs: number): MetricWindow {
  return { fromMs: Math.ceil(fromMs / gridMs) * gridMs, toMs: Math.floor(toMs / gridMs) * gridMs };
}

function bucketOf(cell: Cell, slowerThanMs: readonly number[]): VersionBucket {
  const { version, fromMs, toMs, requests, errors, histogram } = cell;
  const counts = { requests, errors };
  const isTimed = histogram !== undefined && totalOf(histogram) > 0 && slowerThanMs.length > 0;
  const slower = (ms: number) =>
    isTimed ? Math.min(requests, Math.round(slowerThan(histogram, ms))) : 0;
  const slow = isTimed ? neverRising(slowerThanMs.map(slower)) : undefined;
  return {
    version,
    fromMs,
    toMs,
    stratum: ALL_STRATA,
    counts: slow === undefined ? counts : { ...counts, slow },
  };
}

function addedCells(cells: readonly Cell[]): Cell | undefined {
  const [first] = cells;
  const last = cells.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const sum = (pick: (cell: Cell) => number) =>
    cells.reduce((total, cell) => total + pick(cell), 0);
  const requests = sum((cell) => cell.requests);
  if (requests === 0) return undefined;
  const histogram = addedHistograms(
    cells.map((cell) => cell.histogram).filter((one) => one !== undefined),
  );
  return {
    version: first.version,
    fromMs: first.fromMs,
    toMs: last.toMs,
    requests,
    errors: sum((cell) => cell.errors),
    ...(histogram === undefined ? {} : { histogram }),
  };
}

function countsOf({ requests, errors, histogram }: Cell): VersionCounts {
  const counts = { requests, errors };
  if (histogram?.sumMs === undefined) return counts;
  const total = totalOf(histogram);
  const p50Ms = quantileOf(histogram, 0.5);
  const p99Ms = quantileOf(histogram, 0.99);
  if (total === 0 || p50Ms === undefined || p99Ms === undefined) return counts;
  return { ...counts, latency: { p50Ms, p99Ms, averageMs: histogram.sumMs / total } };
}
