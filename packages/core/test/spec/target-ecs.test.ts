// Protects what may be said of an ECS service: which keys exclude each other, and which revisions it takes.
import { expect, it } from "vitest";
import { checkSpec } from "../../src/index.ts";

const ECS = {
  cluster: "shop",
  service: "web",
  container: "app",
  listener: "shop:443",
  targetGroups: ["web-blue", "web-green"],
};
const RULE =
  "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener-rule/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee";

function problemsOf(ecs: object, revision: object = { image: "web:2" }): readonly string[] {
  const spec = { name: "web", target: { ecs }, revision, strategy: { allAtOnce: {} } };
  return checkSpec(JSON.stringify(spec))
    .findings.filter(({ severity }) => severity === "problem")
    .map(({ path, message }) => `${path}: ${message}`);
}

it.each([
  ["an image", {}, { image: "web:2" }],
  ["an image with its environment", {}, { image: "web:2", environment: { LEVEL: "info" } }],
  ["a task definition", {}, { taskDefinition: "web:7" }],
  ["a rule", { listener: undefined, rule: RULE }, { image: "web:2" }],
  [
    "a port, a mode and testers",
    { port: 8080, mode: "native", testers: { header: "x", value: "y" } },
    { image: "web:2" },
  ],
])("takes %s", (_, ecs, revision) => {
  expect(problemsOf({ ...ECS, ...ecs }, revision)).toEqual([]);
});

it.each([
  ["neither listener nor rule", { listener: undefined }, {}, "exactly one of listener, rule"],
  ["listener and rule", { rule: RULE }, {}, "exactly one of listener, rule"],
  ["one target group", { targetGroups: ["web-blue"] }, {}, "a list of two target groups"],
  ["three target groups", { targetGroups: ["a", "b", "c"] }, {}, "a list of two target groups"],
  ["the same target group twice", { targetGroups: ["a", "a"] }, {}, "two different target groups"],
  ["a listener without a port", { listener: "shop" }, {}, `such as "shop:443"`],
  ["a port of 0", { port: 0 }, {}, "a port from 1 to 65535"],
  ["another mode", { mode: "codedeploy" }, {}, "taskSets"],
  ["a folder", {}, { folder: "src" }, "give one of image, taskDefinition"],
  ["a family without a revision", {}, { taskDefinition: "web" }, `such as "web:7"`],
  [
    "a task definition with an environment",
    {},
    { taskDefinition: "web:7", environment: {} },
    "nothing here",
  ],
  ["an image with a handler", {}, { image: "web:2", handler: "app.handler" }, "nothing here"],
])("refuses %s", (_, ecs, revision, message) => {
  const given = Object.keys(revision).length === 0 ? { image: "web:2" } : revision;
  expect(problemsOf({ ...ECS, ...ecs }, given).join("\n")).toContain(message);
});
