// Protects how the file says that a function is spoken with: as Headgate does, as ECS does, or by CodeDeploy; and that
// what could never be asked is found before anything is released.
import { describe, expect, it } from "vitest";
import {
  CODE_DEPLOY_HOOK_MS,
  codeDeployHooksOf,
  parseSpec,
  planOf,
  type RolloutSpec,
} from "../../src/index.ts";

const VIA = { codeDeploy: { application: "shop", deploymentGroup: "prod" } };
const LAMBDA = { lambda: { function: "checkout", alias: "live" } };
const LAMBDA_VIA = { lambda: { ...LAMBDA.lambda, via: VIA } };
const SERVICE = {
  cluster: "shop",
  service: "web",
  container: "app",
  listener: "shop:443",
  targetGroups: ["blue", "green"],
};
const ECS = { ecs: SERVICE };
const ECS_VIA = { ecs: { ...SERVICE, via: VIA } };

function read(target: object, ...hooks: readonly object[]): RolloutSpec {
  const spec = {
    name: "checkout",
    target,
    revision: "ecs" in target ? { image: "web:2" } : { version: "2" },
    strategy: { allAtOnce: {} },
    hooks: hooks.map((hook, index) => Object.assign({ name: `hook-${index}` }, hook)),
  };
  return parseSpec(JSON.stringify(spec), "headgate.yaml").spec;
}

const byCodeDeploy = (when: string, name = "smoke") => ({
  when,
  lambda: { function: name, protocol: "codeDeploy" },
});

describe("the protocol of a function", () => {
  it("is Headgate's for a name alone, and for a mapping that does not say", () => {
    const target = { kind: "lambda", functionName: "smoke" };
    const lambdas = ["smoke", { function: "smoke" }, { function: "smoke", protocol: "headgate" }];
    for (const lambda of lambdas) {
      const [hook] = read(LAMBDA, { when: "beforeTraffic", lambda }).hooks;
      expect(hook).toMatchObject({ target, deadline: 300_000 });
    }
  });

  it("is ECS's, with details of the file's own", () => {
    const lambda = { function: "smoke", protocol: "ecs", details: { bucket: "b", tries: 3 } };
    const [hook] = read(ECS, { when: "beforeTraffic", lambda, deadline: "1h" }).hooks;
    expect(hook?.deadline).toBe(3_600_000);
    expect(hook?.target).toEqual({
      kind: "ecsFunction",
      functionName: "smoke",
      details: '{"bucket":"b","tries":3}',
    });
  });

  it("is CodeDeploy's, with its hour, and in the AppSpec at the event of its point", () => {
    const points = [
      "beforeInstall",
      "afterInstall",
      "afterTestTraffic",
      "beforeTraffic",
      "afterTraffic",
    ];
    const spec = read(ECS_VIA, ...points.map((when) => byCodeDeploy(when, `f-${when}`)));
    expect(spec.hooks.map(({ deadline }) => deadline)).toEqual(points.map(() => 3_600_000));
    expect(codeDeployHooksOf(spec).map(({ event, functionName }) => [event, functionName])).toEqual(
      [
        ["BeforeInstall", "f-beforeInstall"],
        ["AfterInstall", "f-afterInstall"],
        ["AfterAllowTestTraffic", "f-afterTestTraffic"],
        ["BeforeAllowTraffic", "f-beforeTraffic"],
        ["AfterAllowTraffic", "f-afterTraffic"],
      ],
    );
    expect(CODE_DEPLOY_HOOK_MS).toBe(3_600_000);
  });

  it("leaves the hooks that others ask out of the AppSpec", () => {
    const own = { when: "beforeTraffic", lambda: "own" };
    const spec = read(LAMBDA_VIA, own, byCodeDeploy("beforeTraffic"));
    expect(codeDeployHooksOf(spec)).toEqual([
      { name: "hook-1", event: "BeforeAllowTraffic", functionName: "smoke" },
    ]);
  });
});

it("plans CodeDeploy's hooks where CodeDeploy asks them", () => {
  const own = (when: string) => ({ when, lambda: "own" });
  const points = ["beforeInstall", "afterInstall", "beforeTraffic", "afterTraffic"];
  const spec = read(ECS_VIA, ...points.flatMap((when) => [byCodeDeploy(when), own(when)]));
  const steps = planOf(spec).map((step) =>
    step.kind === "hook" ? `${step.askedBy ?? "headgate"} ${step.when}` : step.kind,
  );
  expect(steps).toEqual([
    "headgate beforeInstall",
    "codeDeploy beforeInstall",
    "codeDeploy afterInstall",
    "headgate afterInstall",
    "headgate beforeTraffic",
    "codeDeploy beforeTraffic",
    "promote",
    "codeDeploy afterTraffic",
    "headgate afterTraffic",
  ]);
});

describe("what cannot be asked", () => {
  it.each([
    ["an unknown protocol", LAMBDA, { lambda: { function: "f", protocol: "sns" } }, /protocol/],
    [
      "a mapping without a function",
      LAMBDA,
      { lambda: { protocol: "headgate" } },
      /lambda\.function: is missing/,
    ],
    ["an empty name", LAMBDA, { lambda: "" }, /a function's name or ARN/],
    [
      "details that nobody hands on",
      LAMBDA,
      { lambda: { function: "f", details: { a: 1 } } },
      /lambda\.details: .*protocol: ecs/,
    ],
    [
      "ECS's protocol where there is no service",
      LAMBDA,
      { lambda: { function: "f", protocol: "ecs" } },
      /lambda\.protocol: protocol ecs tells a function about a deployment of an ECS service/,
    ],
    [
      "CodeDeploy's without a deployment",
      LAMBDA,
      byCodeDeploy("beforeTraffic"),
      /lambda\.protocol: .*needs target\.lambda\.via.*protocol: headgate/,
    ],
    [
      "another time than CodeDeploy's hour",
      LAMBDA_VIA,
      { ...byCodeDeploy("beforeTraffic"), deadline: "5m" },
      /deadline: CodeDeploy waits 1h .*leave the deadline out/,
    ],
    [
      "what cannot be undone",
      LAMBDA_VIA,
      { ...byCodeDeploy("afterTraffic"), reversible: false },
      /reversible: CodeDeploy itself ends a deployment/,
    ],
    [
      "a point that CodeDeploy has not for functions",
      LAMBDA_VIA,
      byCodeDeploy("afterInstall"),
      /when: .*of Lambda; it does at beforeTraffic \(BeforeAllowTraffic\), afterTraffic/,
    ],
    [
      "a step",
      ECS_VIA,
      byCodeDeploy("step"),
      /when: CodeDeploy asks no function at step in a deployment of ECS/,
    ],
  ])("is %s", (_, target, hook, message) => {
    expect(() => read(target, { when: "beforeTraffic", ...hook })).toThrow(message);
  });

  it("is a second function at one event", () => {
    const [one, two] = [byCodeDeploy("beforeTraffic"), byCodeDeploy("beforeTraffic", "other")];
    expect(() => read(LAMBDA_VIA, one, two)).toThrow(
      /hooks\[1\]\.when: an AppSpec has one function for BeforeAllowTraffic, and hook "hook-0" is it/,
    );
    expect(read(LAMBDA_VIA, one, byCodeDeploy("afterTraffic")).hooks).toHaveLength(2);
  });
});
