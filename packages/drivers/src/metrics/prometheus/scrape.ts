import { type MetricWindow, RolloutError, type VersionId } from "@headgate/core";
import type { Clock } from "../../clock.ts";
import type { Histogram } from "./histogram.ts";
import type { Cell, Meters, PrometheusSpec } from "./meters.ts";
import { type Counter, readPage } from "./page.ts";

/** How long counts are kept, so that a window can be asked for again. */
const KEPT_MS = 3 * 3_600_000;

type Page = ReadonlyMap<string, Counter>;

/**
 * Counts from the versions' own pages. A page is read when it is asked for counts and a cell of the grid has
 * ended since the last time: what a counter rose by is counted in the cells between. What was counted before
 * the first reading is nobody's. One page that cannot be read is taken up later, by what its counters rose until
 * then; a version that has died is missed by its requests.
 */
export function scrapedMeters(
  spec: PrometheusSpec & { readonly scrape: readonly string[] },
  { clock }: { readonly clock: Clock },
): Meters {
  const gridMs = spec.interval;
  const endpoints = spec.scrape.map((url) => new Endpoint(new URL(url), spec));
  let cells: readonly Cell[] = [];
  let readToMs: number | undefined;
  /** The newest reading; whoever asks meanwhile waits for the same pages. */
  let reading: { readonly toMs: number; readonly done: Promise<void> } | undefined;

  const readUpTo = async (toMs: number, before: Promise<void> | undefined) => {
    await before?.catch(() => undefined);
    const risen = await allOf(endpoints);
    const fromMs = readToMs;
    readToMs = toMs;
    if (fromMs === undefined) return;
    const fresh = cellsOf(risen, { fromMs, toMs });
    cells = [...cells.filter((cell) => cell.fromMs >= toMs - KEPT_MS), ...fresh];
  };
  const read = async () => {
    const toMs = Math.floor(clock.nowMs() / gridMs) * gridMs;
    if (reading === undefined || reading.toMs < toMs) {
      reading = { toMs, done: readUpTo(toMs, reading?.done) };
    }
    const { done } = reading;
    try {
      await done;
    } catch (error) {
      // Whoever asks next tries again.
      if (reading.done === done) reading = undefined;
      throw error;
    }
  };
  return {
    async cells(versions, window) {
      await read();
      return cells.filter(
        ({ version, fromMs, toMs }) =>
          versions.includes(version) && fromMs >= window.fromMs && toMs <= window.toMs,
      );
    },
  };
}

/** One page and what its counters showed the last time. */
class Endpoint {
  readonly #url: URL;
  readonly #spec: PrometheusSpec;
  #last: Page | undefined;

  constructor(url: URL, spec: PrometheusSpec) {
    this.#url = url;
    this.#spec = spec;
  }

  /** By how much each counter rose; nothing the first time. */
  async risen(): Promise<readonly Counter[]> {
    const page = await readPage(this.#url, this.#spec);
    const last = this.#last;
    this.#last = page;
    if (last === undefined) return [];
    return [...page.values()].map((counter) => rise(counter, last.get(counter.key)));
  }
}

function rise(counter: Counter, last: Counter | undefined): Counter {
  const before = last?.value ?? 0;
  // A lower value is a process that started anew, from nothing.
  return { ...counter, value: counter.value < before ? counter.value : counter.value - before };
}

/** @throws {RolloutError} METRICS_UNREADABLE when no page can be read. */
async function allOf(endpoints: readonly Endpoint[]): Promise<readonly Counter[]> {
  const read = await Promise.allSettled(endpoints.map((endpoint) => endpoint.risen()));
  const reasons: unknown[] = [];
  const risen: Counter[] = [];
  for (const result of read) {
    if (result.status === "fulfilled") risen.push(...result.value);
    else if (result.reason instanceof RolloutError) reasons.push(result.reason);
    else throw result.reason;
  }
  if (reasons.length === read.length) throw reasons[0];
  return risen;
}

function cellsOf(risen: readonly Counter[], window: MetricWindow): readonly Cell[] {
  const byVersion = Map.groupBy(risen, ({ version }) => version);
  return [...byVersion].flatMap(([version, counters]) => {
    const cell = cellOf(version, counters, window);
    return cell.requests > 0 ? [cell] : [];
  });
}

function cellOf(version: VersionId, counters: readonly Counter[], window: MetricWindow): Cell {
  const sum = (kind: Counter["kinds"][number]) =>
    counters.reduce((total, { kinds, value }) => total + (kinds.includes(kind) ? value : 0), 0);
  const requests = Math.round(sum("request"));
  const cell = {
    ...window,
    version,
    requests,
    errors: Math.min(requests, Math.round(sum("error"))),
  };
  const histogram = histogramOf(counters, sum("sum"));
  return histogram === undefined ? cell : { ...cell, histogram };
}

function histogramOf(counters: readonly Counter[], sumMs: number): Histogram | undefined {
  const bounds = new Map<number, number>();
  for (const { upToMs, value } of counters) {
    if (upToMs !== undefined) bounds.set(upToMs, (bounds.get(upToMs) ?? 0) + value);
  }
  if (bounds.size === 0) return undefined;
  const buckets = [...bounds]
    .map(([upToMs, count]) => ({ upToMs, count }))
    .toSorted((left, right) => left.upToMs - right.upToMs);
  return { buckets, sumMs };
}
