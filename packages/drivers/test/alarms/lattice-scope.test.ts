// Protects that an alarm which can never fire because of a VPC Lattice release is not taken for a guard.
import { expect, it } from "vitest";
import { latticeScope } from "../../src/alarms/lattice-scope.ts";

const scopeOf = latticeScope("svc-1");
const versions = { stable: "tg-1", canary: "tg-2" };

function on(dimensions: Readonly<Record<string, string>>, Namespace = "AWS/VpcLattice") {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  return { Namespace, MetricName: "HTTPCode_5XX_Count", Dimensions };
}

it.each([
  [{ Service: "svc-1" }, "right"],
  [{ Service: "svc-1", AvailabilityZone: "us-east-1a" }, "right"],
  [{ TargetGroup: "tg-2" }, "right"],
  [{ Service: "svc-2" }, "wrong"],
  [{ TargetGroup: "tg-1" }, "wrong"],
  [{ TargetGroup: "tg-9" }, "wrong"],
  [{ Service: "svc-1", TargetGroup: "tg-2" }, "wrong"],
  [{}, "wrong"],
])("%j is %s", (dimensions, kind) => {
  const scope = scopeOf(on(dimensions), versions);
  expect(scope.kind).toBe(kind);
  expect(scope.hint).toContain(kind === "wrong" ? "Service=svc-1" : "");
});

it("knows less before there is a canary", () => {
  expect(scopeOf(on({ TargetGroup: "tg-9" }), { stable: "tg-1" }).kind).toBe("odd");
  expect(scopeOf(on({ TargetGroup: "tg-1" }), { stable: "tg-1" }).kind).toBe("wrong");
});

it("judges no service when its own could not be read", () => {
  expect(latticeScope(undefined)(on({ Service: "svc-2" }), versions).kind).toBe("right");
});

it("takes the function's own metrics, and doubts those of one version", () => {
  expect(scopeOf(on({ FunctionName: "orders" }, "AWS/Lambda"), versions).kind).toBe("right");
  const ofVersion = { FunctionName: "orders", Resource: "orders:2" };
  expect(scopeOf(on(ofVersion, "AWS/Lambda"), versions).kind).toBe("odd");
  expect(scopeOf(on({ Order: "any" }, "Shop"), versions).kind).toBe("right");
});
