// Protects the warning before a release whose platform moves by itself faster than the requests are counted; it is
// about the source that the release really has, and so there is none on a local cloud.
import { type FeedTiming, parseSpec } from "@headgate/core";
import { expect, it } from "vitest";
import { preflight } from "../src/index.ts";
import { Platform } from "./support/platform.ts";

const VIA = { codeDeploy: { application: "shop", deploymentGroup: "prod" } };
const CHECK = "the platform's moves can be watched";

async function warnings(feed: FeedTiming, via: typeof VIA | undefined) {
  const text = JSON.stringify({
    name: "checkout",
    target: { lambda: { function: "checkout", alias: "live", via } },
    revision: { version: "2" },
    strategy: { canary: { steps: [{ setWeight: "10%" }, { pause: "1m" }] } },
    analysis: { minTime: "10s" },
  });
  const { drivers } = new Platform();
  const metrics = { ...drivers.metrics, ...feed };
  const { spec } = parseSpec(text, "headgate.yaml");
  const { findings } = await preflight(spec, { ...drivers, metrics }, undefined);
  return findings.filter(({ check }) => check === CHECK);
}

it("warns where AWS counts by the minute, with the figures and what to do", async () => {
  const found = await warnings({ resolutionMs: 60_000, lagMs: 120_000 }, VIA);
  expect(found).toMatchObject([{ outcome: "warning" }]);
  expect(found[0]?.detail).toContain("requests are counted by 1m, 2m late");
  expect(found[0]?.hint).toContain("5m or more");
});

it("says nothing where counts come by the second, or nothing moves by itself", async () => {
  expect(await warnings({ resolutionMs: 1000, lagMs: 1000 }, VIA)).toEqual([]);
  expect(await warnings({ resolutionMs: 60_000, lagMs: 120_000 }, undefined)).toEqual([]);
});
