// Protects who answers: users' traffic must reach its API by the names AWS gives, and by path.
import { describe, expect, it } from "vitest";
import { findDoor, findRegistry } from "../../src/data-plane/doors.ts";

describe("a door", () => {
  it.each([
    ["abc123.execute-api.eu-west-1.amazonaws.com", "execute-api", "abc123", "eu-west-1"],
    ["abc123.execute-api.eu-west-1.amazonaws.com:4566", "execute-api", "abc123", "eu-west-1"],
    ["abc123.execute-api.eu-west-1.localhost:4566", "execute-api", "abc123", "eu-west-1"],
    ["ABC123.Execute-Api.localhost:4566", "execute-api", "abc123", "us-east-1"],
    ["000000000000.dkr.ecr.eu-west-1.amazonaws.com", "registry", "000000000000", "eu-west-1"],
    ["xyz.lambda-url.us-west-2.on.aws", "lambda-url", "xyz", "us-west-2"],
  ])("by host %s", (host, door, id, region) => {
    const found = findDoor(host, "/prod/demo?x=1", "us-east-1");
    expect(found?.match).toEqual({ door, id, region, path: "/prod/demo?x=1" });
  });

  it.each([
    ["/_aws/execute-api/abc123/prod/demo?x=1", "abc123", "/prod/demo?x=1"],
    ["/_aws/execute-api/abc123", "abc123", "/"],
    ["/_aws/execute-api/abc123?x=1", "abc123", "/?x=1"],
  ])("by path %s", (target, id, path) => {
    const found = findDoor("127.0.0.1:4566", target, "us-east-1");
    expect(found).toEqual({
      service: "apigateway",
      match: { door: "execute-api", id, region: "us-east-1", path },
    });
  });

  it.each([
    [undefined, "/"],
    ["127.0.0.1:4566", "/2015-03-31/functions"],
    ["lambda.us-east-1.amazonaws.com", "/2015-03-31/functions"],
    ["abc.execute-api.example.com", "/"],
    ["127.0.0.1:4566", "/_aws/unknown/x"],
  ])("is not found for host %s and path %s", (host, target) => {
    expect(findDoor(host, target, "us-east-1")).toBeUndefined();
  });
});

describe("the registry by its path", () => {
  it.each(["/v2", "/v2/", "/v2/shop/tags/list?n=1", "/v2?x=1"])("is %s", (path) => {
    const found = findRegistry(path, "Basic QVdTOng=", "us-east-1");
    expect(found).toEqual({
      service: "ecr",
      match: { door: "registry", id: "", region: "us-east-1", path },
    });
  });

  it.each([
    ["/v2x/", undefined],
    ["/v20/shop", undefined],
    ["/v1/v2/", undefined],
    ["/v2/apis", "AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/apigateway/aws4_request"],
  ])("is not %s with the authorization %s", (path, authorization) => {
    expect(findRegistry(path, authorization, "us-east-1")).toBeUndefined();
  });
});
