import { describe, expect, it } from "vitest";
import { matchesArn } from "../../../../src/services/arn-like.ts";
import { isAllowed } from "../../../../src/services/lambda/invoke/resource-policy.ts";
import type { Statement } from "../../../../src/services/lambda/state.ts";

// Protects who may invoke: principals, ArnLike with wildcards, account conditions.
const ARN = "arn:aws:execute-api:us-east-1:000000000000:abc123/prod/GET/orders/7";

describe("ArnLike", () => {
  it.each([
    ["arn:aws:execute-api:us-east-1:000000000000:abc123/*/*", true],
    ["arn:aws:execute-api:us-east-1:000000000000:abc123/*/GET/orders/*", true],
    ["arn:aws:execute-api:*:000000000000:abc123/*", true],
    ["arn:aws:execute-api:us-east-?:000000000000:abc123/*", true],
    ["arn:aws:execute-api:us-east-1:000000000000:*", true],
    [ARN, true],
    ["arn:aws:execute-api:us-east-1:000000000000:abc123/*/POST/*", false],
    ["arn:aws:execute-api:us-east-1:000000000000:abc123", false],
    ["arn:aws:execute-api:us-east-1:111111111111:abc123/*", false],
    // A wildcard does not run over a colon in the first five parts.
    ["arn:aws:*:abc123/prod/GET/orders/7", false],
    // What means something in a regular expression means nothing here.
    ["arn:aws:execute-api:us-east-1:000000000000:abc12./prod/GET/orders/7", false],
  ])("%s", (pattern, expected) => {
    expect(matchesArn(pattern, ARN)).toBe(expected);
  });
});

describe("a statement", () => {
  const statement: Statement = {
    Sid: "api",
    Effect: "Allow",
    Principal: { Service: "apigateway.amazonaws.com" },
    Action: "lambda:InvokeFunction",
    Resource: "arn:aws:lambda:us-east-1:000000000000:function:shop",
    Condition: {
      ArnLike: { "AWS:SourceArn": "arn:aws:execute-api:us-east-1:000000000000:abc123/*" },
      StringEquals: { "AWS:SourceAccount": "000000000000" },
    },
  };
  const request = {
    action: "lambda:InvokeFunction",
    servicePrincipal: "apigateway.amazonaws.com",
    sourceArn: ARN,
    sourceAccount: "000000000000",
  };
  const allows = (changed: Partial<Statement>, asked: Partial<typeof request> = {}) =>
    isAllowed(
      { revisionId: "r", statements: [{ ...statement, ...changed }] },
      { ...request, ...asked },
    );

  it("allows when principal, action and all conditions hold", () => {
    expect(allows({})).toBe(true);
    expect(allows({ Action: "lambda:*" })).toBe(true);
    expect(allows({ Principal: "*" })).toBe(true);
    expect(allows({ Condition: undefined })).toBe(true);
  });

  it("does not allow when one of them does not", () => {
    expect(allows({}, { servicePrincipal: "sns.amazonaws.com" })).toBe(false);
    expect(allows({}, { action: "lambda:InvokeFunctionUrl" })).toBe(false);
    expect(allows({}, { sourceAccount: "111111111111" })).toBe(false);
    expect(allows({}, { sourceArn: ARN.replace("abc123", "other1") })).toBe(false);
    expect(allows({ Principal: { AWS: "arn:aws:iam::000000000000:root" } })).toBe(false);
    // A key that the request does not carry.
    expect(allows({ Condition: { StringEquals: { "aws:PrincipalOrgID": "o-1" } } })).toBe(false);
    expect(isAllowed(undefined, request)).toBe(false);
  });
});
