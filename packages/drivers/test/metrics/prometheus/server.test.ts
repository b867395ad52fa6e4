// Protects what a Prometheus server is asked and how its answers are read, over real HTTP: whole cells, the
// right labels, and a reason for every answer that has nothing in it.
import { RolloutError } from "@headgate/core";
import { describe, expect, it } from "vitest";
import type { PrometheusSpec } from "../../../src/metrics/prometheus/meters.ts";
import { prometheusSource } from "../../../src/metrics/prometheus/source.ts";
import { expectError } from "../../support/expect-error.ts";
import { httpServer } from "../../support/http-server.ts";
import { testClock } from "../../support/test-clock.ts";

const START = 1_800_000_000_000;
const INTERVAL = 10_000;
const SPEC: PrometheusSpec = {
  requests: "http_requests_total",
  errorLabels: { code: "/5../", job: 'the "shop"' },
  duration: "http_request_duration_seconds",
  versionLabel: "version",
  interval: INTERVAL,
};
const WINDOW = { fromMs: START, toMs: START + 3 * INTERVAL };

interface Asked {
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
}

type Series = readonly [labels: Readonly<Record<string, string>>, points: readonly Point[]];
type Point = readonly [seconds: number, value: string];

/** A server whose answers are chosen by what they are asked. */
async function server(answer: (query: string) => readonly Series[] | string) {
  const asked: Asked[] = [];
  const { url } = await httpServer(({ path }) => {
    const { pathname, searchParams } = new URL(path, "http://server");
    asked.push({ path: pathname, parameters: Object.fromEntries(searchParams) });
    const found = answer(searchParams.get("query") ?? "");
    if (typeof found === "string") {
      return { status: 400, body: JSON.stringify({ status: "error", error: found }) };
    }
    const isRange = pathname.endsWith("query_range");
    const result = found.map(([metric, points]) =>
      isRange ? { metric, values: points } : { metric, value: points[0] },
    );
    const data = { resultType: isRange ? "matrix" : "vector", result };
    return { status: 200, body: JSON.stringify({ status: "success", data }) };
  });
  const parts = {
    clock: testClock(START),
    platform: {
      history: () => Promise.resolve([]),
      read: () => Promise.reject(new RolloutError("USAGE", "not asked", { hint: "none" })),
    },
    custom: { count: () => Promise.resolve([]) },
  };
  return { asked, source: prometheusSource({ ...SPEC, server: `${url}/prom/` }, parts) };
}

function byText(left: string, right: string): number {
  return left < right ? -1 : 1;
}

/** At the end of the cell with this number, from 0. */
function end(cell: number): number {
  return (START + (cell + 1) * INTERVAL) / 1000;
}

function answerTo(query: string): readonly Series[] {
  if (query.includes("_bucket")) {
    return [
      [{ version: "v1.2", le: "+Inf" }, [[end(0), "3.9"]]],
      [{ version: "v1.2", le: "0.1" }, [[end(0), "1.1"]]],
    ];
  }
  if (query.includes("_sum")) return [[{ version: "v1.2" }, [[end(0), "0.8"]]]];
  if (query.includes("code=~"))
    return [
      [
        { version: "v1.2" },
        [
          [end(0), "2.2"],
          [end(2), "NaN"],
        ],
      ],
    ];
  return [
    [
      { version: "v1.2" },
      [
        [end(0), "3.9"],
        [end(1), "0.2"],
        [end(2), "5"],
      ],
    ],
    [{ version: "v1" }, [[end(2), "7"]]],
  ];
}

const QUERY = {
  versions: [
    { version: "v1.2", slowerThanMs: [100, 200] },
    { version: "v1", slowerThanMs: [] },
  ],
  window: WINDOW,
  custom: [],
};

describe("a Prometheus server", () => {
  it("is asked for what both versions served in each cell", async () => {
    const { asked, source } = await server(answerTo);
    await source.count(QUERY);
    expect(asked.map(({ path }) => path)).toEqual(
      Array.from({ length: 4 }, () => "/prom/api/v1/query_range"),
    );
    const queries = asked.map(({ parameters }) => parameters["query"] ?? "").toSorted(byText);
    const both = String.raw`version=~"v1\\.2|v1"`;
    const failed = String.raw`${both},code=~"5..",job="the \"shop\""`;
    const risen = (counter: string) =>
      `(${counter} - ${counter} offset 10000ms >= 0) or (${counter} and ${counter} offset 10000ms) ` +
      `or (${counter} and on (job, instance) (up offset 10000ms == 1))`;
    expect(queries).toEqual([
      `sum by (version) (${risen(`http_request_duration_seconds_sum{${both}}`)})`,
      `sum by (version) (${risen(`http_requests_total{${failed}}`)})`,
      `sum by (version) (${risen(`http_requests_total{${both}}`)})`,
      `sum by (version,le) (${risen(`http_request_duration_seconds_bucket{${both}}`)})`,
    ]);
    for (const { parameters } of asked) {
      // A point is the cell that ends there.
      expect(parameters).toMatchObject({
        start: String(end(0)),
        end: String(end(2)),
        step: "10",
      });
    }
  });

  it("gives whole counts, and cells without requests left out", async () => {
    const { source } = await server(answerTo);
    const buckets = await source.count(QUERY);
    expect(buckets).toEqual([
      {
        version: "v1.2",
        fromMs: START,
        toMs: START + INTERVAL,
        stratum: "all",
        counts: { requests: 4, errors: 2, slow: [3, 0] },
      },
      {
        version: "v1.2",
        fromMs: START + 2 * INTERVAL,
        toMs: START + 3 * INTERVAL,
        stratum: "all",
        // No latency is known of this cell.
        counts: { requests: 5, errors: 0 },
      },
      {
        version: "v1",
        fromMs: START + 2 * INTERVAL,
        toMs: START + 3 * INTERVAL,
        stratum: "all",
        counts: { requests: 7, errors: 0 },
      },
    ]);
  });

  it("gives a baseline of a long window as one increase", async () => {
    const { asked, source } = await server((query) =>
      query.includes("_bucket")
        ? [
            [{ version: "v1", le: "0.1" }, [[end(2), "90"]]],
            [{ version: "v1", le: "0.5" }, [[end(2), "100"]]],
            [{ version: "v1", le: "+Inf" }, [[end(2), "100"]]],
          ]
        : [[{ version: "v1" }, [[end(2), query.includes("code=~") ? "4" : "100"]]]],
    );
    const window = { fromMs: WINDOW.toMs - 3 * 3_600_000, toMs: WINDOW.toMs };
    const counts = { version: "v1", requests: 100, errors: 4 };
    const latencyMs = [100, 100, 100, 500, 500, 500, 500];
    expect(await source.baseline("v1", window)).toEqual({ ...counts, window, latencyMs });
    expect(asked[0]?.parameters["query"]).toBe(
      'sum by (version) (increase(http_requests_total{version=~"v1"}[10800000ms]))',
    );
    const { versions } = await source.compare(["v1"], WINDOW);
    expect(versions.get("v1")).toMatchObject({ requests: 100, errors: 4 });
  });
});

describe("an answer with nothing in it", () => {
  async function failure(answers: (query: string) => readonly Series[] | string) {
    const { source } = await server(answers);
    const error = await expectError(source.count(QUERY), "METRICS_UNREADABLE");
    return error.message;
  }
  const ONE: readonly Series[] = [[{}, [[end(0), "1"]]]];

  it.each<[string, (query: string) => readonly Series[] | string, string]>([
    ["no such metric", () => [], "it has no metric http_requests_total"],
    [
      "no label",
      (query) => (query === "count(http_requests_total)" ? ONE : []),
      "http_requests_total has no label version",
    ],
    ["a refusal", () => "parse error", "it answers 400: parse error to sum by"],
  ])("because of %s is an error that says so", async (_, answers, message) => {
    expect(await failure(answers)).toContain(message);
  });

  it("because these versions had no requests is none", async () => {
    const { source } = await server((query) => (query.startsWith("count(") ? ONE : []));
    expect(await source.count(QUERY)).toEqual([]);
  });

  it("of something else is an error that says so", async () => {
    const { url } = await httpServer(() => ({ status: 200, body: "<html></html>" }));
    const source = prometheusSource(
      { ...SPEC, server: url },
      {
        clock: testClock(START),
        platform: { history: () => Promise.resolve([]), read: () => Promise.reject(new Error()) },
        custom: { count: () => Promise.resolve([]) },
      },
    );
    const error = await expectError(source.count(QUERY), "METRICS_UNREADABLE");
    expect(error.message).toContain("it answers 200 to sum by");
  });
});
