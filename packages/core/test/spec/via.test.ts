// Protects what a specification may say of a target that CodeDeploy moves: no wish that CodeDeploy cannot fulfil.
import { describe, expect, it } from "vitest";
import { parseSpec, scheduleOfStrategy, viaOf } from "../../src/index.ts";

const LAMBDA = { function: "checkout", alias: "live" };
const ECS = {
  cluster: "shop",
  service: "web",
  container: "app",
  listener: "shop:443",
  targetGroups: ["blue", "green"],
};
const VIA = { codeDeploy: { application: "shop", deploymentGroup: "prod" } };
const STEPS = { canary: { steps: [{ setWeight: "10%" }, { pause: "5m" }] } };

function read(more: Readonly<Record<string, unknown>> = {}) {
  const spec = {
    name: "checkout",
    target: { lambda: { ...LAMBDA, via: VIA } },
    revision: { version: "2" },
    strategy: STEPS,
    ...more,
  };
  return parseSpec(JSON.stringify(spec), "headgate.yaml").spec;
}

describe("via codeDeploy", () => {
  it("is read of both kinds of targets, with a configuration of its own", () => {
    expect(viaOf(read().target)).toEqual(VIA);
    const config = "CodeDeployDefault.ECSCanary10Percent5Minutes";
    const via = { codeDeploy: { ...VIA.codeDeploy, config } };
    const spec = read({ target: { ecs: { ...ECS, via } }, revision: { image: "web:2" } });
    expect(viaOf(spec.target)).toEqual(via);
  });

  it.each([
    [{ allAtOnce: {} }, [[0, 10_000]]],
    [
      STEPS,
      [
        [0, 1000],
        [300_000, 10_000],
      ],
    ],
    [
      { linear: { step: "30%", every: "2m" } },
      [
        [0, 3000],
        [120_000, 6000],
        [240_000, 9000],
        [360_000, 10_000],
      ],
    ],
  ])("takes the strategy %j with its times", (strategy, schedule) => {
    const found = scheduleOfStrategy(read({ strategy }).strategy);
    expect(found?.map(({ afterMs, weight }) => [afterMs, weight])).toEqual(schedule);
  });

  it.each([
    [{ strategy: { budget: {} } }, /strategy: CodeDeploy knows/],
    [{ strategy: { blueGreen: { bake: "5m" } } }, /strategy: CodeDeploy knows/],
    [
      {
        strategy: {
          canary: { steps: [{ setWeight: "10%" }, { pause: "5m" }, { setWeight: "50%" }] },
        },
      },
      /strategy\.canary\.steps: CodeDeploy knows/,
    ],
    [
      { strategy: { canary: { steps: [{ setWeight: "12.5%" }, { pause: "5m" }] } } },
      /setWeight: a whole number of percent/,
    ],
    [{ strategy: { linear: { step: "10%", every: "90s" } } }, /every: a whole number of minutes/],
    [{ analysis: { promoteEarly: true } }, /promoteEarly: CodeDeploy keeps its times/],
    [{ analysis: { minTime: "10m" } }, /minTime: CodeDeploy has moved everything after 5m/],
    [{ onWeightChangedElsewhere: "reassert" }, /onWeightChangedElsewhere: CodeDeploy sets/],
    [
      { hooks: [{ name: "move", when: "beforeTraffic", lambda: "move", reversible: false }] },
      /hooks\[0\]\.reversible: CodeDeploy cannot be held/,
    ],
    [
      { target: { ecs: { ...ECS, via: VIA, mode: "native" } }, revision: { image: "web:2" } },
      /mode/,
    ],
    [
      {
        target: { ecs: { ...ECS, via: VIA, testers: { header: "x-test", value: "1" } } },
        revision: { image: "web:2" },
      },
      /testers: CodeDeploy leads testers by its test listener/,
    ],
  ])("refuses what CodeDeploy cannot do: %j", (more, message) => {
    expect(() => read(more)).toThrow(message);
  });
});
