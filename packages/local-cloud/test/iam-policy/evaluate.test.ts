// Protects the decision itself, apart from any service: what allows, what denies, what only narrows, and each condition
// operator of IAM.
import { describe, expect, it } from "vitest";
import { readPolicy } from "../../src/iam-policy/document.ts";
import { decide, type Policies, type Request } from "../../src/iam-policy/evaluate.ts";
import { keysOf, type KeyValues } from "../../src/iam-policy/keys.ts";
import type { Principal } from "../../src/iam-policy/principal.ts";

const ACCOUNT = "111122223333";
const ANN: Principal = { kind: "user", account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/ann` };
const SESSION: Principal = {
  kind: "session",
  account: ACCOUNT,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/deployer/ci`,
  roleName: "deployer",
  roleArn: `arn:aws:iam::${ACCOUNT}:role/team/deployer`,
};
const TOPIC = `arn:aws:sns:eu-west-1:${ACCOUNT}:news`;

type RawStatement = Readonly<Record<string, unknown>>;

function policy(...statements: readonly RawStatement[]) {
  return readPolicy(JSON.stringify({ Version: "2012-10-17", Statement: statements }));
}

const ALLOW = { Effect: "Allow", Action: "sns:Publish", Resource: TOPIC };

function decided(
  policies: Partial<Policies>,
  request: Partial<Omit<Request, "keys">> & { readonly keys?: KeyValues } = {},
  rules: { isCrossAccount?: boolean; needsResourcePolicy?: boolean } = {},
): string {
  const decision = decide(
    { identity: [], boundary: undefined, session: undefined, resource: undefined, ...policies },
    {
      principal: ANN,
      action: "sns:Publish",
      resource: TOPIC,
      ...request,
      keys: keysOf(request.keys ?? {}),
    },
    { isCrossAccount: false, needsResourcePolicy: false, ...rules },
  );
  if (decision.allowed) return "allowed";
  return `${decision.isExplicit ? "denied" : "not allowed"} by ${decision.by}`;
}

it("takes the anonymous for nobody but *", () => {
  const anonymous: Principal = { kind: "anonymous" };
  const letIn = (named: RawStatement) =>
    decided(
      { resource: policy({ ...ALLOW, ...named }), identity: [policy(ALLOW)] },
      { principal: anonymous },
      { isCrossAccount: true },
    );
  expect(letIn({ Principal: "*" })).toBe("allowed");
  expect(letIn({ Principal: { AWS: "*" } })).toBe("allowed");
  expect(letIn({ Principal: { AWS: ACCOUNT } })).toBe("not allowed by resource");
  expect(letIn({ Principal: { Service: "*" } })).toBe("not allowed by resource");
  expect(letIn({ NotPrincipal: { AWS: ACCOUNT } })).toBe("allowed");
});

describe("a statement", () => {
  const cases: readonly (readonly [string, RawStatement, boolean])[] = [
    ["names action and resource", ALLOW, true],
    ["tells no capitals of actions apart", { ...ALLOW, Action: "SNS:publish" }, true],
    ["takes ? in the name of a service", { ...ALLOW, Action: "s?s:*" }, true],
    ["takes * and ? in actions", { ...ALLOW, Action: ["sns:Pub*", "sns:?"] }, true],
    ["is of another action", { ...ALLOW, Action: "sns:Subscribe" }, false],
    ["takes * and ? in resources", { ...ALLOW, Resource: "arn:aws:sns:*:*:n??s" }, true],
    ["is of another resource", { ...ALLOW, Resource: `${TOPIC}-2` }, false],
    ["excepts other actions", { ...ALLOW, Action: undefined, NotAction: "iam:*" }, true],
    ["excepts this action", { ...ALLOW, Action: undefined, NotAction: "sns:*" }, false],
    ["excepts this resource", { ...ALLOW, Resource: undefined, NotResource: TOPIC }, false],
    ["has an operator that there is not", { ...ALLOW, Condition: { Like: { a: "b" } } }, false],
    ["is no statement", { Effect: "Perhaps", Action: "*", Resource: "*" }, false],
  ];
  it.each(cases)("%s", (_name, statement, isAllowed) => {
    expect(decided({ identity: [policy(statement)] })).toBe(
      isAllowed ? "allowed" : "not allowed by identity",
    );
  });

  it("says nothing when the document cannot be read", () => {
    expect(decided({ identity: [readPolicy("{")] })).toBe("not allowed by identity");
  });
});

describe("kinds of policies", () => {
  const allow = policy(ALLOW);
  const deny = policy({ ...ALLOW, Effect: "Deny" });
  const other = policy({ ...ALLOW, Action: "sns:Subscribe" });
  const resource = (principal: unknown, effect = "Allow") =>
    policy({ ...ALLOW, Effect: effect, Principal: principal });
  const byName = resource({ AWS: ANN.arn });
  const byRole = resource({ AWS: SESSION.roleArn });
  const byAccount = resource({ AWS: ACCOUNT });

  it("let a deny beat everything", () => {
    expect(decided({ identity: [allow, deny] })).toBe("denied by identity");
    expect(decided({ identity: [allow], boundary: deny })).toBe("denied by boundary");
    expect(decided({ identity: [allow], session: [deny] })).toBe("denied by session");
    expect(decided({ identity: [allow], resource: resource("*", "Deny") })).toBe(
      "denied by resource",
    );
    // A deny that names the account is for everybody in it.
    const against = resource({ AWS: `arn:aws:iam::${ACCOUNT}:root` }, "Deny");
    expect(decided({ identity: [allow], resource: against })).toBe("denied by resource");
  });

  it("let boundaries and sessions only narrow", () => {
    expect(decided({ identity: [allow], boundary: allow, session: [allow] })).toBe("allowed");
    expect(decided({ identity: [allow], boundary: other })).toBe("not allowed by boundary");
    expect(decided({ identity: [allow], session: [other] })).toBe("not allowed by session");
    expect(decided({ boundary: allow, session: [allow] })).toBe("not allowed by identity");
  });

  it("let the resource's own be enough in the same account", () => {
    expect(decided({ resource: byName })).toBe("allowed");
    expect(decided({ resource: resource("*") })).toBe("allowed");
    expect(decided({ resource: byRole }, { principal: SESSION })).toBe("allowed");
    // The account hands the decision to the policies in it.
    expect(decided({ resource: byAccount })).toBe("not allowed by identity");
    expect(decided({ identity: [allow], resource: byAccount })).toBe("allowed");
  });

  it("hold back a role that is named, and not the user or session that is", () => {
    expect(decided({ resource: byName, boundary: other })).toBe("allowed");
    expect(decided({ resource: byRole, boundary: other }, { principal: SESSION })).toBe(
      "not allowed by boundary",
    );
    const bySession = resource({ AWS: SESSION.arn });
    expect(decided({ resource: bySession, session: [other] }, { principal: SESSION })).toBe(
      "allowed",
    );
  });

  it("need both sides across accounts", () => {
    const across = { isCrossAccount: true };
    expect(decided({ identity: [allow] }, {}, across)).toBe("not allowed by resource");
    expect(decided({ resource: byName }, {}, across)).toBe("not allowed by identity");
    expect(decided({ identity: [allow], resource: byName }, {}, across)).toBe("allowed");
    expect(decided({ identity: [allow], resource: byAccount }, {}, across)).toBe("allowed");
  });

  it("need the trust policy of a role, whatever else allows it", () => {
    const trust = { needsResourcePolicy: true };
    expect(decided({ identity: [allow] }, {}, trust)).toBe("not allowed by resource");
    expect(decided({ resource: byName }, {}, trust)).toBe("allowed");
    expect(decided({ resource: byAccount }, {}, trust)).toBe("not allowed by identity");
  });

  it("know services by their names", () => {
    const principal = { kind: "service", name: "sns.amazonaws.com" } as const;
    expect(decided({ resource: resource({ Service: "sns.amazonaws.com" }) }, { principal })).toBe(
      "allowed",
    );
    expect(decided({ resource: resource({ Service: "ecs.amazonaws.com" }) }, { principal })).toBe(
      "not allowed by identity",
    );
  });

  it("take NotPrincipal for everybody else", () => {
    const others = policy({ ...ALLOW, Effect: "Deny", NotPrincipal: { AWS: ANN.arn } });
    expect(decided({ identity: [allow], resource: others })).toBe("allowed");
    expect(decided({ identity: [allow], resource: others }, { principal: SESSION })).toBe(
      "denied by resource",
    );
  });
});

describe("conditions", () => {
  const KEYS = {
    "aws:username": "ann",
    "aws:SourceIp": "10.1.2.3",
    "aws:CurrentTime": "2026-11-21T12:00:00.000Z",
    "aws:MultiFactorAuthAge": "300",
    "aws:SecureTransport": "true",
    "aws:PrincipalArn": "arn:aws:iam::111122223333:role/team/deployer",
    "aws:TagKeys": ["team", "cost"],
  };
  const holds = (operator: string, key: string, wanted: unknown) =>
    decided(
      { identity: [policy({ ...ALLOW, Condition: { [operator]: { [key]: wanted } } })] },
      { keys: KEYS },
    ) === "allowed";

  const cases: readonly (readonly [string, string, unknown, boolean])[] = [
    ["StringEquals", "aws:username", "ann", true],
    ["StringEquals", "AWS:UserName", ["ben", "ann"], true],
    ["StringEquals", "aws:username", "Ann", false],
    ["StringEquals", "aws:missing", "ann", false],
    ["StringEqualsIfExists", "aws:missing", "ann", true],
    ["StringNotEquals", "aws:username", ["ben", "cleo"], true],
    ["StringNotEquals", "aws:username", ["ben", "ann"], false],
    ["StringNotEquals", "aws:missing", "ann", true],
    ["StringEqualsIgnoreCase", "aws:username", "ANN", true],
    ["StringNotEqualsIgnoreCase", "aws:username", "ANN", false],
    ["StringLike", "aws:username", "a?n*", true],
    ["StringNotLike", "aws:username", "b*", true],
    ["ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*/deployer", true],
    ["ArnEquals", "aws:PrincipalArn", "arn:aws:iam::*:role/team/*", true],
    ["ArnLike", "aws:PrincipalArn", "arn:aws:*:role/team/deployer", false],
    ["ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:user/*", true],
    ["NumericLessThan", "aws:MultiFactorAuthAge", "301", true],
    ["NumericLessThan", "aws:MultiFactorAuthAge", "300", false],
    ["NumericLessThanEquals", "aws:MultiFactorAuthAge", 300, true],
    ["NumericGreaterThan", "aws:MultiFactorAuthAge", "299", true],
    ["NumericEquals", "aws:MultiFactorAuthAge", "300.0", true],
    ["NumericNotEquals", "aws:MultiFactorAuthAge", "300", false],
    ["DateLessThan", "aws:CurrentTime", "2026-11-22T00:00:00Z", true],
    ["DateGreaterThan", "aws:CurrentTime", "2026-11-22T00:00:00Z", false],
    ["DateGreaterThanEquals", "aws:CurrentTime", "1795262400", true],
    ["Bool", "aws:SecureTransport", "true", true],
    ["Bool", "aws:SecureTransport", false, false],
    ["IpAddress", "aws:SourceIp", ["192.168.0.0/16", "10.0.0.0/8"], true],
    ["IpAddress", "aws:SourceIp", "10.1.2.4", false],
    ["NotIpAddress", "aws:SourceIp", "10.0.0.0/8", false],
    ["Null", "aws:missing", "true", true],
    ["Null", "aws:username", "true", false],
    ["Null", "aws:username", false, true],
    ["ForAnyValue:StringEquals", "aws:TagKeys", ["team", "owner"], true],
    ["ForAnyValue:StringEquals", "aws:TagKeys", "owner", false],
    ["ForAnyValue:StringEquals", "aws:missing", "team", false],
    ["ForAllValues:StringEquals", "aws:TagKeys", ["team", "cost", "owner"], true],
    ["ForAllValues:StringEquals", "aws:TagKeys", ["team"], false],
    ["ForAllValues:StringEquals", "aws:missing", "team", true],
    ["StringEquals", "aws:username", "${aws:username}", true],
    ["StringLike", "aws:PrincipalArn", "arn:aws:iam::*:role/${aws:PrincipalTag/team}/*", false],
  ];
  it.each(cases)("%s of %s with %s", (operator, key, wanted, isSo) => {
    expect(holds(operator, key, wanted)).toBe(isSo);
  });

  it("must all hold", () => {
    const both = (age: string) =>
      decided(
        {
          identity: [
            policy({
              ...ALLOW,
              Condition: {
                StringEquals: { "aws:username": "ann" },
                NumericLessThan: { "aws:MultiFactorAuthAge": age },
              },
            }),
          ],
        },
        { keys: KEYS },
      );
    expect(both("400")).toBe("allowed");
    expect(both("200")).toBe("not allowed by identity");
  });
});

describe("variables", () => {
  const of = (resource: string, keys: KeyValues, asked: string, version = "2012-10-17") => {
    const text = JSON.stringify({
      Version: version,
      Statement: [{ ...ALLOW, Resource: resource }],
    });
    return decided({ identity: [readPolicy(text)] }, { resource: asked, keys });
  };
  const parameter = "arn:aws:ssm:eu-west-1:111122223333:parameter";

  it("stand for the request's values, and never for wildcards", () => {
    const own = `${parameter}/home/\${aws:username}/*`;
    const ask = (name: string, path: string) =>
      of(own, { "aws:username": name }, `${parameter}${path}`);
    expect(ask("ann", "/home/ann/colour")).toBe("allowed");
    expect(ask("ann", "/home/ben/colour")).toBe("not allowed by identity");
    expect(ask("*", "/home/ben/colour")).toBe("not allowed by identity");
    expect(ask("*", "/home/*/colour")).toBe("allowed");
  });

  it("match nothing without a value, unless they have a default", () => {
    const plain = `${parameter}/\${aws:PrincipalTag/team}/x`;
    expect(of(plain, {}, `${parameter}//x`)).toBe("not allowed by identity");
    const byDefault = `${parameter}/\${aws:PrincipalTag/team, 'none'}/x`;
    expect(of(byDefault, {}, `${parameter}/none/x`)).toBe("allowed");
    expect(of(byDefault, { "aws:PrincipalTag/team": "shop" }, `${parameter}/shop/x`)).toBe(
      "allowed",
    );
  });

  it("are plain text in policies of the old version", () => {
    const own = `${parameter}/\${aws:username}`;
    const asked = `${parameter}/ann`;
    expect(of(own, { "aws:username": "ann" }, asked, "2008-10-17")).toBe("not allowed by identity");
  });

  it("write the special characters themselves", () => {
    const own = `${parameter}/a\${*}b`;
    expect(of(own, {}, `${parameter}/a*b`)).toBe("allowed");
    expect(of(own, {}, `${parameter}/axb`)).toBe("not allowed by identity");
  });
});
