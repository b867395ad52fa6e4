// Protects that a spec's source is the one that counts, with the delay it gives, and that the target's history
// and its metric checks stay where they are whatever the source.
import { parseSpec } from "@headgate/core";
import { describe, expect, it } from "vitest";
import { chosenSource, type SourceSpec } from "../../src/metrics/chosen-source.ts";
import { LAMBDA_FEED, lambdaAliasCounters } from "../../src/metrics/cloudwatch-lambda.ts";
import { expectError } from "../support/expect-error.ts";
import { httpServer } from "../support/http-server.ts";
import { type MetricCloud, metricCloud } from "../support/published-metrics.ts";

const HOUR = 3_600_000;

/** As the parser gives it. */
function specOf(source: string): SourceSpec | undefined {
  const { analysis } = parseSpec(
    `
name: shop
target: { lambda: { function: shop, alias: live } }
revision: { version: "2" }
strategy: { linear: { step: 10%, every: 1m } }
analysis: { source: ${source} }
`,
    "headgate.yaml",
  ).spec;
  return analysis.kind === "compare" ? analysis.source : undefined;
}

function chosen({ cloud }: MetricCloud, source: string | undefined, embeddedLagMs?: number) {
  return chosenSource(source === undefined ? undefined : specOf(source), {
    ...cloud,
    platform: {
      ...lambdaAliasCounters({ functionName: "shop", alias: "live" }),
      namespace: "Test",
    },
    platformFeed: LAMBDA_FEED,
    embeddedLagMs,
  });
}

const EMBEDDED = "{ embedded: { namespace: Shop } }";
const SCRAPE = '{ prometheus: { scrape: ["http://127.0.0.1:1/metrics"], interval: 10s } }';

describe("the source of a spec", () => {
  it.each([
    [undefined, 60_000, 120_000, "router"],
    ["{ platform: { lag: 90s } }", 60_000, 90_000, "router"],
    [EMBEDDED, 1000, 15_000, "version"],
    ["{ embedded: { namespace: Shop, lag: 4s } }", 1000, 4000, "version"],
    [SCRAPE, 10_000, 0, "version"],
    ['{ prometheus: { server: "http://127.0.0.1:1" } }', 5000, 5000, "version"],
  ])("%s counts as fine and as late as it says", async (source, resolutionMs, lagMs, countedBy) => {
    const found = chosen(await metricCloud(), source);
    expect(found).toMatchObject({ resolutionMs, lagMs, countedBy });
  });

  it("is nearly at once where embedded metrics are", async () => {
    expect(chosen(await metricCloud(), EMBEDDED, 1000).lagMs).toBe(1000);
  });

  it("leaves the target's history with the platform", async () => {
    const metrics = await metricCloud();
    const { cloud, startMs: atMs, publish } = metrics;
    const dimensions = { FunctionName: "shop", Resource: "shop:live" };
    await publish({ namespace: "Test", metricName: "Invocations", dimensions, atMs, values: [4] });
    await cloud.advance(3 * HOUR);
    const window = { fromMs: atMs, toMs: atMs + 3 * HOUR };
    const history = [{ fromMs: atMs, toMs: atMs + HOUR, requests: 4, errors: 0 }];
    for (const source of [undefined, EMBEDDED, SCRAPE]) {
      expect(await chosen(metrics, source).history(window)).toEqual(history);
    }
  });

  it("leaves metric checks and the user's own metrics with CloudWatch", async () => {
    const metrics = await metricCloud();
    const { cloud, startMs, publish } = metrics;
    let requests = 0;
    const { url } = await httpServer(() => ({
      status: 200,
      body: `http_requests_total{version="2",code="200"} ${(requests += 10)}\n`,
    }));
    const source = chosen(metrics, `{ prometheus: { scrape: ["${url}"], interval: 5s } }`);
    const query = {
      versions: [{ version: "2", slowerThanMs: [] }],
      window: { fromMs: startMs, toMs: startMs + 5000 },
      custom: [
        {
          kind: "outcomes" as const,
          name: "orders",
          successes: { namespace: "Shop", metricName: "Placed", dimensions: {} },
          failures: { namespace: "Shop", metricName: "Refused", dimensions: {} },
        },
      ],
    };
    await source.count(query);
    const placed = { namespace: "Shop", metricName: "Placed", dimensions: {}, atMs: startMs };
    await publish({ ...placed, values: [3], resolution: 1 });
    await cloud.advance(5000);
    const buckets = await source.count(query);
    expect(buckets.map(({ counts }) => counts)).toEqual([
      { requests: 10, errors: 0, custom: { orders: { trials: 3, bad: [0] } } },
    ]);
    const check = { ...placed, kind: "cloudWatch", statistic: "Sum" } as const;
    await cloud.advance(60_000);
    const window = { fromMs: startMs, toMs: startMs + 60_000 };
    expect((await source.read(check, window)).value).toBe(3);
  });

  it("refuses an interval that CloudWatch cannot count the user's own metrics by", async () => {
    const metrics = await metricCloud();
    const source = chosen(metrics, SCRAPE.replace("10s", "7s"));
    const { startMs } = metrics;
    const custom = [
      {
        kind: "outcomes" as const,
        name: "orders",
        successes: { namespace: "Shop", metricName: "Placed", dimensions: {} },
        failures: { namespace: "Shop", metricName: "Refused", dimensions: {} },
      },
    ];
    const window = { fromMs: startMs, toMs: startMs + 70_000 };
    const error = await expectError(source.count({ versions: [], window, custom }), "SPEC_INVALID");
    expect(error.message).toContain("by 7000 ms");
  });
});
