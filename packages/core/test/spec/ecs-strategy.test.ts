// Protects what ECS is asked to do by itself: only strategies that it can carry out with just the weights that the
// specification says, and a refusal that says what it can for all others.
import { expect, it } from "vitest";
import { checkSpec, ecsStrategyOf, parseSpec } from "../../src/index.ts";

const specOf = (strategy: object, mode?: string) =>
  JSON.stringify({
    name: "web",
    target: {
      ecs: {
        cluster: "shop",
        service: "web",
        container: "app",
        listener: "shop:443",
        targetGroups: ["web-blue", "web-green"],
        mode,
      },
    },
    revision: { image: "web:2" },
    strategy,
    ...("budget" in strategy ? {} : { analysis: "none" }),
  });
const strategyOf = (strategy: object) =>
  ecsStrategyOf(parseSpec(specOf(strategy), "headgate.yaml").spec.strategy);
const weights = (...list: readonly string[]) => ({
  canary: { steps: list.flatMap((setWeight) => [{ setWeight }, { pause: "1m" }]) },
});

it.each([
  ["all at once", { allAtOnce: {} }, { kind: "blueGreen" }],
  ["blue/green", { blueGreen: { bake: "5m" } }, { kind: "blueGreen" }],
  ["a canary that gets all at once", weights("100%"), { kind: "blueGreen" }],
  ["one weight", weights("0.1%"), { kind: "canary", weight: 10 }],
  ["one weight, then all", weights("12.5%", "100%"), { kind: "canary", weight: 1250 }],
  ["steps of one size", { linear: { step: "3%", every: "1m" } }, { kind: "linear", step: 300 }],
  ["one big step", { linear: { step: "60%", every: "1m" } }, { kind: "linear", step: 6000 }],
  ["a step of everything", { linear: { step: "100%", every: "1m" } }, { kind: "blueGreen" }],
  ["a ladder by hand", weights("25%", "50%", "75%"), { kind: "linear", step: 2500 }],
  ["a ladder with a rest", weights("33.3%", "66.6%", "99.9%"), { kind: "linear", step: 3330 }],
])("takes %s", (_, strategy, expected) => {
  expect(strategyOf(strategy)).toEqual(expected);
});

it.each([
  ["a budget", { budget: {} }, "must know all weights beforehand"],
  ["two weights", weights("5%", "50%"), "and not 5%, 50%"],
  ["a ladder with its end missing", weights("10%", "20%"), "and not 10%, 20%"],
  ["a weight of hundredths", weights("0.15%"), "tenths of a percent, and not 0.15%"],
  ["small steps", { linear: { step: "2%", every: "1m" } }, "steps of 3% and more, and not of 2%"],
])("refuses %s", (_, strategy, why) => {
  const found = strategyOf(strategy);
  expect(found).toMatchObject({ kind: "impossible", why: expect.stringContaining(why) });
});

it("is refused where the specification names the mode, and left to the service otherwise", () => {
  const problems = (mode?: string) =>
    checkSpec(specOf(weights("5%", "50%"), mode))
      .findings.filter(({ severity }) => severity === "problem")
      .map(({ path }) => path);
  expect(problems("native")).toEqual(["strategy"]);
  expect(problems("taskSets")).toEqual([]);
  expect(problems()).toEqual([]);
});
