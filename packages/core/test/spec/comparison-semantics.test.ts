// Protects a spec's author from weights that leave the comparison nothing to compare, and from settings without effect.
import { describe, expect, it } from "vitest";

import { checkSpec } from "../../src/spec/parse-spec.ts";

function findingsOf(rest: string): string[] {
  const head =
    "name: checkout\ntarget: { lambda: { function: checkout, alias: live } }\nrevision: { version: 2 }\n";
  return checkSpec(head + rest).findings.map(
    ({ severity, path, message }) => `${severity} ${path}: ${message}`,
  );
}

const steps = (...weights: readonly string[]) =>
  `strategy: { canary: { steps: [${weights.map((weight) => `{ setWeight: ${weight} }`).join()}] } }\n`;

describe("weights that the comparison cannot use", () => {
  it.each([
    [
      "100% as the first weight",
      steps("100%"),
      /^problem .*steps\[0\].setWeight: 100% as the first/,
    ],
    ["linear in one step", "strategy: { linear: { step: 100%, every: 1m } }", /^problem .*100% as/],
    [
      "a ramp to 100%",
      "strategy: { budget: { maxWeight: 100% } }",
      /^problem .*maxWeight: 100% leaves/,
    ],
    [
      "a ramp from above its end",
      "strategy: { budget: { minWeight: 5%, maxWeight: 1% } }",
      /^problem .*minWeight: 5% is above maxWeight 1%/,
    ],
    [
      "a ramp without a comparison",
      "strategy: { budget: {} }\nanalysis: none",
      /^problem strategy.budget: .*analysis: none/,
    ],
    ["a first weight above the half", steps("60%"), /^warning .*at 60% little is left/],
    [
      "a linear step above the half",
      "strategy: { linear: { step: 60%, every: 1m } }",
      /^warning .*at 60%/,
    ],
    [
      "a ramp above the half",
      "strategy: { budget: { maxWeight: 80% } }",
      /^warning .*maxWeight: at 80%/,
    ],
  ])("%s", (_, spec, expected) => {
    expect(findingsOf(spec)).toEqual([expect.stringMatching(expected)]);
  });

  it.each([
    ["a weight above the half after smaller ones", steps("10%", "80%")],
    ["100% after a smaller weight", steps("10%", "100%")],
    ["100% at once when nothing is compared", `${steps("100%")}analysis: none`],
    ["the defaults of a ramp", "strategy: { budget: {} }"],
  ])("says nothing about %s", (_, spec) => {
    expect(findingsOf(spec)).toEqual([]);
  });
});

describe("an analysis without effect", () => {
  it.each(["allAtOnce: {}", "blueGreen: { bake: 1m }"])("is named with %s", (strategy) => {
    const spec = `strategy: { ${strategy} }\nanalysis: { alpha: 2% }`;
    expect(findingsOf(spec)).toEqual([
      expect.stringMatching(/^warning analysis: it has no effect: .* leaves no version to compare/),
    ]);
  });

  it("is not its source, which counts for the checks too", () => {
    const source = "analysis: { source: { platform: { lag: 2m } } }";
    expect(findingsOf(`strategy: { allAtOnce: {} }\n${source}`)).toEqual([]);
  });
});

describe("names that are the comparison's own", () => {
  const metric = (name: string) =>
    `{ name: ${name}, values: { metric: { namespace: Shop, metricName: Basket }, thresholds: [5] } }`;
  const metrics = (...names: readonly string[]) =>
    `${steps("10%")}analysis: { metrics: [${names.map(metric).join()}] }`;

  it.each([
    [
      metrics("errors"),
      /^problem analysis.metrics\[0\].name: "errors" is a name of the comparison/,
    ],
    [metrics("basket", "basket"), /^problem analysis.metrics\[1\].name: "basket" is given twice/],
    [
      `${steps("10%")}checks: [{ name: comparison, metric: errors, max: 1 }]`,
      /^problem checks\[0\].name: "comparison" is a name of the comparison/,
    ],
  ])("are refused to others: %s", (spec, expected) => {
    expect(findingsOf(spec)).toEqual([expect.stringMatching(expected)]);
  });
});
