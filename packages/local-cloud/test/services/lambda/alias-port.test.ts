import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AliasPort } from "../../../src/data-plane/ports/aliases.ts";
import { PLACE, type TestCore, testCore } from "./cloud-core.ts";
import { arnOf } from "./lambda-cloud.ts";

// Protects how CodeDeploy moves a function's traffic: an alias is read and rewritten with UpdateAlias's own rules.

let test: TestCore;
let port: AliasPort;
const alias = { ...PLACE, functionName: "shop", name: "live" };

beforeEach(async () => {
  test = await testCore();
  const app = "def handler(event, context):\n    return 1\n";
  await test.create("shop", app, { Publish: true });
  await test.call("lambda", "UpdateFunctionConfiguration", {
    FunctionName: "shop",
    Description: "another",
  });
  // The change is made ready on the cloud's clock.
  await test.clock.advance(10_000);
  await test.call("lambda", "PublishVersion", { FunctionName: "shop" });
  await test.call("lambda", "CreateAlias", {
    FunctionName: "shop",
    Name: "live",
    FunctionVersion: "1",
  });
  port = await test.core.cloud.port("aliases");
});
afterEach(() => test.close());

const stored = () => test.call("lambda", "GetAlias", { FunctionName: "shop", Name: "live" });

describe("an alias", () => {
  it("is found by the function's name or ARN, or not at all", () => {
    const view = { functionVersion: "1", weights: {} };
    expect(port.find(alias)).toEqual(view);
    expect(port.find({ ...alias, functionName: arnOf("shop") })).toEqual(view);
    expect(port.find({ ...alias, name: "other" })).toBeUndefined();
    expect(port.find({ ...alias, functionName: "other" })).toBeUndefined();
    expect(port.find({ ...alias, region: "eu-west-1" })).toBeUndefined();
  });

  it("is split, moved, and made whole again", async () => {
    port.route(alias, { functionVersion: "1", weights: { "2": 0.1 } });
    expect(port.find(alias)).toEqual({ functionVersion: "1", weights: { "2": 0.1 } });
    expect(await stored()).toMatchObject({
      FunctionVersion: "1",
      RoutingConfig: { AdditionalVersionWeights: { "2": 0.1 } },
    });
    port.route(alias, { functionVersion: "2", weights: {} });
    expect(port.find(alias)).toEqual({ functionVersion: "2", weights: {} });
    expect(await stored()).toMatchObject({ FunctionVersion: "2", RoutingConfig: undefined });
  });

  it.each<[string, Parameters<AliasPort["route"]>[1], string]>([
    [
      "a version that is not there",
      { functionVersion: "3", weights: {} },
      "ResourceNotFoundException",
    ],
    [
      "the same version twice",
      { functionVersion: "1", weights: { "1": 0.5 } },
      "InvalidParameterValueException",
    ],
    [
      "three versions",
      { functionVersion: "1", weights: { "2": 0.5, "3": 0.1 } },
      "InvalidParameterValueException",
    ],
    [
      "a share above 1",
      { functionVersion: "1", weights: { "2": 10 } },
      "InvalidParameterValueException",
    ],
  ])("is not led to %s", (_what, to, code) => {
    expect(() => port.route(alias, to)).toThrow(expect.objectContaining({ code }));
    expect(port.find(alias)).toEqual({ functionVersion: "1", weights: {} });
  });

  it("has to exist to be moved", () => {
    const to = { functionVersion: "1", weights: {} };
    expect(() => port.route({ ...alias, name: "other" }, to)).toThrow(
      `Alias not found: ${arnOf("shop", "other")}`,
    );
  });
});

it("knows which versions a function has", () => {
  const version = (name: string, functionName = "shop") => ({
    ...PLACE,
    functionName,
    version: name,
  });
  expect(port.hasVersion(version("1"))).toBe(true);
  expect(port.hasVersion(version("2"))).toBe(true);
  expect(port.hasVersion(version("3"))).toBe(false);
  expect(port.hasVersion(version("1", "other"))).toBe(false);
});
