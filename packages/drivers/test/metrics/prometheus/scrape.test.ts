// Protects the counts that are read from the versions' own pages, over real HTTP: what rose between two
// readings and nothing else, through restarts, failing pages and pages that are something else.
import { RolloutError } from "@headgate/core";
import { describe, expect, it } from "vitest";
import type { PrometheusSpec } from "../../../src/metrics/prometheus/meters.ts";
import { prometheusSource } from "../../../src/metrics/prometheus/source.ts";
import { expectError } from "../../support/expect-error.ts";
import { type Answer, httpServer } from "../../support/http-server.ts";
import { testClock } from "../../support/test-clock.ts";
import { metricSourceContract } from "../source-contract.ts";

const INTERVAL = 5000;
const START = 1_800_000_000_000;
const SPEC: PrometheusSpec = {
  requests: "http_requests_total",
  errorLabels: { code: "/5../" },
  duration: "http_request_duration_seconds",
  versionLabel: "version",
  interval: INTERVAL,
};

/** Counters as one process keeps them. */
class Process {
  readonly #version: string;
  #requests = { "200": 0, "503": 0 };
  #seconds = 0;
  isDown = false;

  constructor(version: string) {
    this.#version = version;
  }

  serve(requests: number, errors = 0): void {
    this.#requests["200"] += requests - errors;
    this.#requests["503"] += errors;
    this.#seconds += requests * 0.03;
  }

  restart(): void {
    this.#requests = { "200": 0, "503": 0 };
    this.#seconds = 0;
  }

  answer(): Answer {
    if (this.isDown) return { status: 503 };
    const total = this.#requests["200"] + this.#requests["503"];
    const labels = (rest: string) => `{version="${this.#version}",${rest}}`;
    const lines = [
      "# TYPE http_requests_total counter",
      ...Object.entries(this.#requests).map(
        ([code, count]) => `http_requests_total${labels(`code="${code}",path="/"`)} ${count}`,
      ),
      "# TYPE http_request_duration_seconds histogram",
      `http_request_duration_seconds_bucket${labels('le="0.01"')} 0`,
      `http_request_duration_seconds_bucket${labels('le="0.05"')} ${total}`,
      `http_request_duration_seconds_bucket${labels('le="+Inf"')} ${total}`,
      `http_request_duration_seconds_sum{version="${this.#version}"} ${this.#seconds}`,
      `http_request_duration_seconds_count{version="${this.#version}"} ${total}`,
    ];
    return { status: 200, body: `${lines.join("\n")}\n` };
  }
}

const NOTHING_ELSE = {
  platform: {
    history: () => Promise.resolve([]),
    read: () => Promise.reject(new RolloutError("USAGE", "not asked", { hint: "none" })),
  },
  custom: { count: () => Promise.resolve([]) },
};

async function scraped(processes: readonly Process[], spec: Partial<PrometheusSpec> = {}) {
  const servers = await Promise.all(processes.map((process) => httpServer(() => process.answer())));
  const clock = testClock(START);
  const scrape = servers.map(({ url }) => `${url}/metrics`);
  const source = prometheusSource({ ...SPEC, scrape, ...spec }, { clock, ...NOTHING_ELSE });
  const countIn = (fromMs: number, toMs: number, slowerThanMs: readonly number[] = []) =>
    source.count({
      versions: ["1", "2"].map((version) => ({ version, slowerThanMs })),
      window: { fromMs, toMs },
      custom: [],
    });
  // The first reading: nothing before it is counted.
  await countIn(START - INTERVAL, START);
  return { source, servers, clock, countIn };
}

metricSourceContract("scraped pages", async () => {
  const processes = new Map(["1", "2"].map((version) => [version, new Process(version)]));
  const { source, clock, countIn } = await scraped([...processes.values()]);
  const reach = async (bucket: number) => {
    while (clock.nowMs() < START + bucket * INTERVAL) {
      await clock.sleep(INTERVAL);
      await countIn(START, clock.nowMs());
    }
  };
  return {
    source,
    startMs: START,
    async serve(version, bucket, { requests, errors }) {
      await reach(bucket);
      processes.get(version)?.serve(requests, errors);
    },
    pass: reach,
  };
});

describe("counters", () => {
  it("that fall are a process that started anew", async () => {
    const process = new Process("2");
    process.serve(100, 100);
    const { clock, countIn } = await scraped([process]);
    process.restart();
    process.serve(3, 1);
    await clock.sleep(INTERVAL);
    const [bucket] = await countIn(START, clock.nowMs(), [10, 40, 51]);
    expect(bucket?.counts).toEqual({ requests: 3, errors: 1, slow: [3, 0, 0] });
  });

  it("of several processes of one version are added", async () => {
    const processes = [new Process("2"), new Process("2")];
    const { source, clock, countIn } = await scraped(processes);
    processes.forEach((process, index) => process.serve(index + 1));
    await clock.sleep(INTERVAL);
    const window = { fromMs: START, toMs: clock.nowMs() };
    expect((await countIn(START, clock.nowMs()))[0]?.counts.requests).toBe(3);
    const { versions } = await source.compare(["2"], window);
    expect(versions.get("2")?.latency).toEqual({ p50Ms: 50, p99Ms: 50, averageMs: 30 });
    expect((await source.baseline("2", window))?.latencyMs).toEqual([50, 50, 50, 50, 50, 50, 50]);
  });

  it("of a page that failed are taken up when it is back", async () => {
    const processes = [new Process("1"), new Process("2")];
    const [stable, canary] = processes;
    const { clock, countIn } = await scraped(processes);
    if (!stable || !canary) throw new Error("unreachable");
    canary.isDown = true;
    stable.serve(5);
    canary.serve(2);
    await clock.sleep(INTERVAL);
    const during = await countIn(START, clock.nowMs());
    expect(during.map(({ version }) => version)).toEqual(["1"]);
    canary.isDown = false;
    canary.serve(4);
    await clock.sleep(INTERVAL);
    const after = await countIn(START + INTERVAL, clock.nowMs());
    expect(after.map(({ version, counts }) => [version, counts.requests])).toEqual([["2", 6]]);
  });

  it("are read once for a cell, whoever asks", async () => {
    const { servers, clock, countIn } = await scraped([new Process("2")]);
    await clock.sleep(INTERVAL);
    const asked = () => countIn(START, clock.nowMs());
    await Promise.all([asked(), asked(), asked()]);
    await clock.sleep(INTERVAL - 1);
    await asked();
    expect(servers[0]?.received).toHaveLength(2);
  });
});

describe("a page that cannot be used", () => {
  async function failure(answer: Answer, spec: Partial<PrometheusSpec> = {}) {
    const { url } = await httpServer(() => answer);
    const scrape = [`${url.replace("//", "//user:secret@")}/metrics`];
    const given = { ...SPEC, scrape, ...spec };
    const source = prometheusSource(given, { clock: testClock(START), ...NOTHING_ELSE });
    const window = { fromMs: START - INTERVAL, toMs: START };
    const versions = [{ version: "2", slowerThanMs: [] }];
    const error = await expectError(
      source.count({ versions, window, custom: [] }),
      "METRICS_UNREADABLE",
    );
    expect(error.message).not.toContain("secret");
    return error.message.replace(url, "URL");
  }

  it.each<[string, Answer, string]>([
    ["says no", { status: 404 }, "URL/metrics: it answers 404"],
    [
      "is something else",
      { status: 200, body: "<html></html>" },
      "URL/metrics: line 1: it does not begin with a metric's name: <html></html>",
    ],
    [
      "has other metrics",
      { status: 200, body: "# TYPE up gauge\nup 1\n" },
      "URL/metrics: it has no metric http_requests_total; it has up",
    ],
    [
      "does not tell the version",
      { status: 200, body: 'http_requests_total{code="200"} 1\n' },
      "URL/metrics: http_requests_total has no label version; it has the labels code",
    ],
  ])("because it %s is an error that says so", async (_, answer, message) => {
    expect(await failure(answer)).toBe(message);
  });

  it("because it is too long is an error that says so", async () => {
    const body = "# filling\n".repeat(1_700_000);
    expect(await failure({ status: 200, body })).toBe("URL/metrics: it answers more than 16 MB");
  });

  it("because nobody answers is an error that says so", async () => {
    const scrape = ["http://127.0.0.1:1/metrics"];
    const source = prometheusSource(
      { ...SPEC, scrape },
      { clock: testClock(START), ...NOTHING_ELSE },
    );
    const window = { fromMs: START - INTERVAL, toMs: START };
    const error = await expectError(source.compare(["2"], window), "METRICS_UNREADABLE");
    expect(error.message).toContain("http://127.0.0.1:1/metrics: ");
  });

  it("is none when its metric is declared and has no request yet", async () => {
    const body = [
      "# TYPE http_requests_total counter",
      "# TYPE http_request_duration_seconds histogram",
      "",
    ].join("\n");
    const { url } = await httpServer(() => ({ status: 200, body }));
    const scrape = [`${url}/metrics`];
    const source = prometheusSource(
      { ...SPEC, scrape },
      { clock: testClock(START), ...NOTHING_ELSE },
    );
    const window = { fromMs: START - INTERVAL, toMs: START };
    expect((await source.compare(["2"], window)).versions.size).toBe(0);
  });
});
