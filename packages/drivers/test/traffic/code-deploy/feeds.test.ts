// Protects the figures that `headgate lint` warns with: it asks nobody, and must count as late as the drivers do.
import { type FeedTiming, parseSpec, unwatchedCourse } from "@headgate/core";
import { expect, it } from "vitest";
import { LAMBDA_FEED } from "../../../src/metrics/cloudwatch-lambda.ts";
import { EMBEDDED_LAG_MS, EMBEDDED_RESOLUTION_MS } from "../../../src/metrics/embedded-metrics.ts";
import { ALB_FEED } from "../../../src/traffic/ecs/options.ts";

const VIA = { codeDeploy: { application: "shop", deploymentGroup: "prod" } };
const LAMBDA = {
  target: { lambda: { function: "checkout", alias: "live", via: VIA } },
  revision: { version: "2" },
};
const ECS = {
  target: {
    ecs: {
      cluster: "shop",
      service: "web",
      container: "app",
      listener: "shop:80",
      targetGroups: ["blue", "green"],
      via: VIA,
    },
  },
  revision: { image: "web:two" },
};
const EMBEDDED = { embedded: { namespace: "Shop" } };
/** A check that is too late for any source. */
const SLOW = [{ name: "errors", metric: "errorRate", max: 5, interval: "10m" }];

it.each<[string, object, object, FeedTiming]>([
  ["a function", LAMBDA, {}, LAMBDA_FEED],
  ["a service", ECS, {}, ALB_FEED],
  [
    "versions that count themselves",
    LAMBDA,
    { source: EMBEDDED },
    { resolutionMs: EMBEDDED_RESOLUTION_MS, lagMs: EMBEDDED_LAG_MS },
  ],
])("counts %s as late as its driver does", (_, parts, analysis, feed) => {
  const text = JSON.stringify({
    name: "checkout",
    ...parts,
    strategy: { canary: { steps: [{ setWeight: "10%" }, { pause: "1m" }] } },
    analysis: { minTime: "10s", ...analysis },
    checks: SLOW,
  });
  const { spec, warnings } = parseSpec(text, "headgate.yaml");
  const said = unwatchedCourse(spec, feed).map(({ detail, hint }) => `on AWS ${detail}. ${hint}`);
  expect(said).not.toEqual([]);
  expect(warnings.map(({ message }) => message)).toEqual(said);
});
