// Protects the alarms of a stage from looking alive while they watch something else: another API, another stage, or
// dimensions under which API Gateway publishes nothing.
import { expect, it } from "vitest";
import { apiGatewayScope } from "../../src/alarms/api-gateway-scope.ts";

const VERSIONS = { stable: "abc123", canary: "def456" };

function judged(dimensions: Readonly<Record<string, string>>, api = "shop") {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const metric = { Namespace: "AWS/ApiGateway", MetricName: "5XXError", Dimensions };
  return apiGatewayScope({ api, stage: "prod" })(metric, VERSIONS);
}

it.each([
  [{ ApiName: "shop", Stage: "prod" }, "right"],
  [{ ApiName: "shop", Stage: "prod", Method: "GET", Resource: "/orders" }, "right"],
  [{ ApiName: "shop" }, "odd"],
  [{ ApiName: "shop", Stage: "prod/Canary" }, "odd"],
  [{ ApiName: "shop", Stage: "test" }, "wrong"],
  [{ ApiName: "other", Stage: "prod" }, "wrong"],
  [{ ApiId: "a1b2c3d4e5", Stage: "prod" }, "wrong"],
  [{ Stage: "prod" }, "wrong"],
  [{}, "wrong"],
] as const)("judges %j as %s", (dimensions, kind) => {
  const scope = judged(dimensions);
  expect(scope.kind).toBe(kind);
  expect(scope.hint.includes("ApiName=shop, Stage=prod")).toBe(kind === "wrong");
});

it("cannot judge the name of an API that is given by its id, and judges the stage all the same", () => {
  expect(judged({ ApiName: "anything", Stage: "prod" }, "a1b2c3d4e5").kind).toBe("right");
  expect(judged({ ApiName: "anything", Stage: "test" }, "a1b2c3d4e5").kind).toBe("wrong");
});

it("knows nothing of other namespaces", () => {
  const metric = { Namespace: "Shop", MetricName: "Errors", Dimensions: [] };
  expect(apiGatewayScope({ api: "shop", stage: "prod" })(metric, VERSIONS).kind).toBe("right");
});
