// Protects what people see when `headgate.yaml` is wrong: every problem at once, each with its place, the
// value got and the values allowed.
import { describe, expect, it } from "vitest";

import { checkSpec, parseSpec, RolloutError, specJsonSchema } from "../../src/index.ts";

const GOOD = `name: checkout
target:
  lambda: { function: checkout, alias: live }
revision: { folder: src, handler: app.handler }
strategy:
  canary:
    steps:
      - setWeight: 10%
      - pause: 5m
      - approval: { message: "go?", deadline: 1h }
      - setWeight: 50
      - analysis: { checks: [rate], for: 10m }
checks:
  - { name: rate, metric: errorRate, max: 1% }
`;

function messageFor(text: string): string {
  try {
    parseSpec(text, "headgate.yaml");
  } catch (error) {
    if (error instanceof RolloutError && error.code === "SPEC_INVALID") return error.message;
    throw error;
  }
  throw new Error("the file was accepted");
}

const edited = (from: string, to: string) => {
  expect(GOOD).toContain(from);
  return GOOD.replace(from, to);
};

describe("parseSpec", () => {
  it("reads units and fills in defaults", () => {
    const { spec, warnings } = parseSpec(GOOD, "headgate.yaml");
    expect(warnings).toEqual([]);
    expect(spec.strategy.canary?.steps.slice(0, 4)).toEqual([
      { setWeight: 1000 },
      { pause: 300_000 },
      { approval: { message: "go?", deadline: 3_600_000, atDeadline: "abort" } },
      { setWeight: 5000 },
    ]);
    expect(spec.checks[0]).toEqual({
      name: "rate",
      metric: { kind: "builtIn", metric: "errorRate" },
      max: 1,
      interval: 60_000,
      initialDelay: 0,
      failureLimit: 0,
      inconclusiveLimit: 0,
      consecutiveErrorLimit: 4,
      dryRun: false,
    });
    expect(spec.poll).toEqual({ alarms: 1000, route: 5000, traffic: 5000 });
  });

  it.each([
    [
      "a step over 100 %",
      edited("10%", "110%"),
      `headgate.yaml:8:20: strategy.canary.steps[0].setWeight: got "110%", expected a percentage above 0% and up to 100%, with at most two decimals, such as "10%" or 10`,
    ],
    [
      "weights out of order",
      edited("50", "5"),
      "headgate.yaml:11:20: strategy.canary.steps[3].setWeight: 5% does not rise above the 10% before it: weights must go up",
    ],
    [
      "a weight twice",
      edited("50", "10"),
      "headgate.yaml:11:20: strategy.canary.steps[3].setWeight: 10% does not rise above the 10% before it: weights must go up",
    ],
    [
      "an unknown key",
      edited("strategy:", "stratgy:"),
      `headgate.yaml:1:1: strategy: is missing; expected a mapping with allAtOnce, canary, linear, budget, blueGreen
headgate.yaml:5:1: unknown key "stratgy". Did you mean "strategy"? Known keys: name, target, revision, probe, strategy, analysis, checks, alarms, hooks, onWeightChangedElsewhere, bake, notify, link, deadline, poll.`,
    ],
    [
      "an unknown check",
      edited("[rate]", "[rat]"),
      `headgate.yaml:12:30: strategy.canary.steps[4].analysis.checks[0]: unknown check "rat". Did you mean "rate"? Known: rate.`,
    ],
    [
      "an analysis that never ends",
      edited(", for: 10m", ""),
      `headgate.yaml:12:30: strategy.canary.steps[4].analysis.checks[0]: check "rate" has no count, so the analysis would never end: give it a count, or the analysis a "for"`,
    ],
    [
      "a pause without an end",
      edited("pause: 5m", "pause: {}"),
      `headgate.yaml:9:16: strategy.canary.steps[1].pause.duration: is missing; expected a duration longer than 0, such as "90s", "5m", "1h30m" or "500ms"`,
    ],
    [
      "a wrong unit",
      edited("pause: 5m", "pause: 5 minutes"),
      `headgate.yaml:9:16: strategy.canary.steps[1].pause: got "5 minutes", expected a duration longer than 0, such as "90s", "5m", "1h30m" or "500ms", or a mapping with duration`,
    ],
    [
      "an approval without a deadline",
      edited(", deadline: 1h", ""),
      `headgate.yaml:10:19: strategy.canary.steps[2].approval.deadline: is missing; expected a duration longer than 0, such as "90s", "5m", "1h30m" or "500ms"`,
    ],
    [
      "two kinds in one step",
      edited("- setWeight: 50", "- setWeight: 50\n        pause: 1m"),
      `headgate.yaml:11:9: strategy.canary.steps[3]: got {"setWeight":50,"pause":"1m"}, expected exactly one of setWeight, pause, approval, hook, analysis`,
    ],
    [
      "an unknown metric",
      edited("metric: errorRate, max: 1%", "metric: errors_rate, max: 1"),
      `headgate.yaml:14:27: checks[0].metric: got "errors_rate", expected one of errorRate, errors, requests, latencyP50, latencyP99, latencyAverage, or a mapping with cloudWatch`,
    ],
    [
      "a percentage of something that has none",
      edited("errorRate, max", "latencyP99, max"),
      `headgate.yaml:14:44: checks[0].max: got "1%", expected a number without %: only errorRate is a percentage`,
    ],
    [
      "a check without a bound",
      edited(", max: 1%", ""),
      `headgate.yaml:14:5: checks[0]: "rate" needs a min, a max or both`,
    ],
    [
      "a name given twice",
      `${GOOD}  - { name: rate, metric: errors, max: 1 }\n`,
      `headgate.yaml:15:13: checks[1].name: "rate" is given twice`,
    ],
    [
      "no steps",
      `${GOOD.slice(0, GOOD.indexOf("    steps"))}    steps: []\n`,
      "headgate.yaml:7:12: strategy.canary.steps: got [], expected at least one step: setWeight, pause, approval, hook or analysis",
    ],
    [
      "two revisions",
      edited("folder: src", "folder: src, zip: a.zip"),
      `headgate.yaml:4:11: revision: got {"folder":"src","zip":"a.zip","handler":"app.handler"}, expected exactly one of zip, folder, version, deployment, openApi, apiAsItIs, targetGroup, image, taskDefinition`,
    ],
    [
      "a key given twice",
      edited("revision:", "name: again\nrevision:"),
      "headgate.yaml:4:1: not valid YAML: Map keys must be unique",
    ],
    [
      "broken YAML",
      "name: [checkout\n",
      "headgate.yaml:2:1: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]",
    ],
  ])("refuses %s", (_, text, message) => {
    expect(messageFor(text)).toBe(message);
  });

  it.each(["", "- a\n", "just text"])("refuses a file that is no mapping: %j", (text) => {
    expect(messageFor(text)).toMatch(
      /^headgate\.yaml:1:1: got .*, expected a mapping with name, target/,
    );
  });

  it("lists every problem, and says how many", () => {
    const text = edited("10%", "110%").replace("alias: live", "allias: live");
    expect(messageFor(text).split("\n")).toHaveLength(3);
    expect(() => parseSpec(text, "x.yaml")).toThrow(
      expect.objectContaining({ hint: "Mend these 3 places in x.yaml, then try again." }),
    );
  });

  it("warns when the steps cannot end before the deadline, and of a hook that never runs", () => {
    const text = `${GOOD}deadline: 10m\nhooks: [{ name: idle, when: step, lambda: f }]\n`;
    expect(checkSpec(text).findings.map(({ severity, message }) => [severity, message])).toEqual([
      ["warning", 'no step names hook "idle": it never runs'],
      [
        "warning",
        "the steps take at least 15m, which is not less than the deadline of 10m: the rollout would be aborted",
      ],
    ]);
  });
});

describe("specJsonSchema", () => {
  it("describes the file as it is written, and refuses unknown keys", () => {
    const schema = specJsonSchema();
    expect(schema).toMatchObject({
      title: "headgate.yaml",
      type: "object",
      additionalProperties: false,
      required: ["name", "target", "revision", "strategy"],
    });
    const { strategy, deadline } = schema["properties"] as Record<string, unknown>;
    expect(strategy).toMatchObject({ minProperties: 1, maxProperties: 1 });
    expect(deadline).toMatchObject({ type: "string" });
  });
});
