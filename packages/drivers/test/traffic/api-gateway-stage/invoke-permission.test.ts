// Protects a release from functions that would refuse API Gateway, and from refusing a release whose functions would not:
// policies as people write them, against the ARN of one method.
import { expect, it } from "vitest";
import { mayInvoke } from "../../../src/traffic/api-gateway-stage/invoke-permission.ts";

const METHOD = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/GET/orders/*";
const DOOR = { Service: "apigateway.amazonaws.com" };
const ALLOW = { Effect: "Allow", Principal: DOOR, Action: "lambda:InvokeFunction" };

const source = (pattern: string | readonly string[], operator = "ArnLike") => ({
  Condition: { [operator]: { "AWS:SourceArn": pattern } },
});
const arn = (path: string) => `arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/${path}`;

it.each([
  ["without a condition", ALLOW],
  ["for the whole API", { ...ALLOW, ...source(arn("*")) }],
  ["for every stage and method", { ...ALLOW, ...source(arn("*/*/orders/*")) }],
  ["for this method", { ...ALLOW, ...source(arn("prod/GET/orders/*")) }],
  ["by another operator", { ...ALLOW, ...source(arn("prod/*"), "StringLike") }],
  ["for one of several", { ...ALLOW, ...source([arn("test/*"), arn("prod/*")]) }],
  ["for everybody", { ...ALLOW, Principal: "*" }],
  ["for all of Lambda's actions", { ...ALLOW, Action: ["lambda:Get*", "lambda:*"] }],
  [
    "for an account as well",
    { ...ALLOW, Condition: { StringEquals: { "AWS:SourceAccount": "1" } } },
  ],
])("lets it in %s", (_name, statement) => {
  expect(mayInvoke(JSON.stringify({ Statement: [statement] }), METHOD)).toBe(true);
});

it.each([
  ["for another stage", { ...ALLOW, ...source(arn("test/*")) }],
  ["for another method", { ...ALLOW, ...source(arn("prod/POST/orders/*")) }],
  ["for another API", { ...ALLOW, ...source("arn:aws:execute-api:us-east-1:123456789012:zzz/*") }],
  ["for another service", { ...ALLOW, Principal: { Service: "sns.amazonaws.com" } }],
  ["for another action", { ...ALLOW, Action: "lambda:GetFunction" }],
  ["with a dot that is no dot", { ...ALLOW, Action: "lambda.InvokeFunction" }],
])("keeps it out %s", (_name, statement) => {
  expect(mayInvoke(JSON.stringify({ Statement: [statement] }), METHOD)).toBe(false);
});

it("keeps it out when a second statement denies it, and when there is no policy", () => {
  const Statement = [ALLOW, { ...ALLOW, Effect: "Deny", ...source(arn("prod/*")) }];
  expect(mayInvoke(JSON.stringify({ Statement }), METHOD)).toBe(false);
  for (const policy of ["", "{}", "null", "[1]"]) expect(mayInvoke(policy, METHOD)).toBe(false);
});
