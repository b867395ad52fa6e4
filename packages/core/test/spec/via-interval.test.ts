// Protects teams on AWS from a deployment configuration that is faster than AWS's metrics: what cannot be watched, and
// what would turn every release back, is said beforehand, with the figures and what to choose instead.
import { describe, expect, it } from "vitest";
import { parseSpec, unwatchedCourse } from "../../src/index.ts";

function parse(minutes: number, more: Readonly<Record<string, unknown>> = {}) {
  const via = { codeDeploy: { application: "shop", deploymentGroup: "prod" } };
  const spec = {
    name: "checkout",
    target: { lambda: { function: "checkout", alias: "live", via } },
    revision: { version: "2" },
    strategy: { canary: { steps: [{ setWeight: "10%" }, { pause: `${minutes}m` }] } },
    analysis: { minTime: "10s" },
    ...more,
  };
  return parseSpec(JSON.stringify(spec), "headgate.yaml");
}

const warned = (...parts: Parameters<typeof parse>) =>
  parse(...parts).warnings.map(({ path, message }) => `${path}: ${message}`);

const SECONDS = { resolutionMs: 1000, lagMs: 1000 };
const CHECK = { name: "errors", metric: "errorRate", max: 5 };

describe("lint", () => {
  it.each([1, 2, 3, 4])("warns of a canary that is compared for %d minutes only", (minutes) => {
    const [warning, ...others] = warned(minutes);
    expect(others).toEqual([]);
    expect(warning).toBe(
      `strategy.canary.steps[1].pause: on AWS requests are counted by 1m, 2m late, so that the first whole 1m of a weight may be known only after 4m; CodeDeploy has moved everything after ${minutes}m: what is good is turned back too, for want of proof. Take a deployment configuration with 5m or more before the last weight (Headgate decides 20s before each move), or count by the second: analysis.source.embedded or prometheus.`,
    );
  });

  it("is content with five minutes, and with nothing that is counted", () => {
    expect(warned(5)).toEqual([]);
    expect(warned(1, { analysis: "none" })).toEqual([]);
    expect(warned(1, { strategy: { allAtOnce: {} }, analysis: "none" })).toEqual([]);
  });

  it("says how far a linear course has gone on before a fault is met", () => {
    const strategy = { linear: { step: "10%", every: "1m" } };
    const [warning] = warned(0, { strategy });
    expect(warning).toContain("strategy.linear.every: on AWS requests are counted by 1m, 2m late");
    expect(warning).toContain("up to 5 moves higher");
    expect(warned(0, { strategy: { linear: { step: "25%", every: "5m" } } })).toEqual([]);
  });

  it("says that a check comes too late, which holds what cannot be held", () => {
    const [warning] = warned(3, { analysis: "none", checks: [CHECK] });
    expect(warning).toContain("check errors, over 1m, may be measured first after 4m");
    expect(warned(5, { analysis: "none", checks: [CHECK] })).toEqual([]);
    const long = { ...CHECK, interval: "5m" };
    expect(warned(5, { analysis: "none", checks: [long] })[0]).toContain("with 9m or more");
    expect(warned(1, { analysis: "none", checks: [{ ...CHECK, dryRun: true }] })).toEqual([]);
  });

  it.each([
    [{ embedded: { namespace: "Shop" } }, 0],
    [{ embedded: { namespace: "Shop", lag: "1m" } }, 1],
    [{ prometheus: { server: "http://localhost:9090" } }, 0],
    [{ platform: { lag: "10s" } }, 1],
  ])("goes by the source %j", (source, warnings) => {
    expect(warned(1, { analysis: { minTime: "10s", source } })).toHaveLength(warnings);
  });

  it("says what underpowered: promote makes of it", () => {
    const [warning] = warned(1, { analysis: { minTime: "10s", underpowered: "promote" } });
    expect(warning).toContain("what is bad goes out unproved");
  });
});

describe("where counts come by the second", () => {
  it("a minute is enough to compare, and for a check of less than one", () => {
    const { spec } = parse(1, { checks: [{ ...CHECK, interval: "10s" }] });
    expect(unwatchedCourse(spec, SECONDS)).toEqual([]);
  });
});
