import type { SigningName } from "./protocols.ts";

/** What AWS's service model demands of a value. Structures are looked up by their own name. */
export interface Constraint {
  /** "float" when AWS prints the value with a decimal point. */
  readonly type?: string;
  /** Of a number its value; of a string, list, map or blob its length. */
  readonly min?: number;
  readonly max?: number;
  /** A Java regular expression that the whole string must match. */
  readonly pattern?: string;
  readonly enum?: readonly string[];
  /** AWS leaves the value out of its error. */
  readonly sensitive?: boolean;
  /** Names of the constraints on a list's items, a map's keys and values. */
  readonly item?: string;
  readonly key?: string;
  readonly value?: string;
}

interface StructureConstraints {
  readonly required?: readonly string[];
  /** The constraint's name by member, "" for none; in the order of AWS's messages. */
  readonly members?: Readonly<Record<string, string>>;
}

/** One service's table, written by `tools/generate-constraints.ts`. */
export interface ConstraintTable {
  readonly structures: Readonly<Record<string, StructureConstraints>>;
  readonly shapes: Readonly<Record<string, Constraint>>;
  /** Members that are whole numbers, or lists or maps of such, by structure: the SDK's schemas say only "number". */
  readonly integers: Readonly<Record<string, readonly string[]>>;
}

const TABLES: Readonly<Partial<Record<SigningName, () => Promise<{ default: ConstraintTable }>>>> =
  {
    apigateway: () => import("./constraints/apigateway.json", { with: { type: "json" } }),
    codedeploy: () => import("./constraints/codedeploy.json", { with: { type: "json" } }),
    elasticloadbalancing: () =>
      import("./constraints/elasticloadbalancing.json", { with: { type: "json" } }),
    ecr: () => import("./constraints/ecr.json", { with: { type: "json" } }),
    ecs: () => import("./constraints/ecs.json", { with: { type: "json" } }),
    events: () => import("./constraints/events.json", { with: { type: "json" } }),
    iam: () => import("./constraints/iam.json", { with: { type: "json" } }),
    lambda: () => import("./constraints/lambda.json", { with: { type: "json" } }),
    logs: () => import("./constraints/logs.json", { with: { type: "json" } }),
    monitoring: () => import("./constraints/monitoring.json", { with: { type: "json" } }),
    route53: () => import("./constraints/route53.json", { with: { type: "json" } }),
    secretsmanager: () => import("./constraints/secretsmanager.json", { with: { type: "json" } }),
    sns: () => import("./constraints/sns.json", { with: { type: "json" } }),
    ssm: () => import("./constraints/ssm.json", { with: { type: "json" } }),
    sts: () => import("./constraints/sts.json", { with: { type: "json" } }),
    "vpc-lattice": () => import("./constraints/vpc-lattice.json", { with: { type: "json" } }),
  };

const NONE: ConstraintTable = { structures: {}, shapes: {}, integers: {} };

/** The table of a service; an empty one for a service the cloud does not serve. */
export async function loadConstraints(service: SigningName): Promise<ConstraintTable> {
  const load = TABLES[service];
  if (load === undefined) return NONE;
  const table = (await load()).default;
  return { ...table, shapes: { ...table.shapes, ...CORRECTIONS[service] } };
}

/**
 * Where AWS answers by a newer model than the published one.
 * Source: recorded AWS answers (LocalStack snapshots test_lambda_api).
 */
const CORRECTIONS: Readonly<Partial<Record<SigningName, ConstraintTable["shapes"]>>> = {
  lambda: {
    LayerVersionArn: {
      min: 1,
      max: 2048,
      pattern: String.raw`(arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)`,
    },
    SecurityGroupId: { min: 0, max: 1024, pattern: "sg-[0-9a-zA-Z]*" },
    SecurityGroupIds: { min: 0, max: 5, item: "SecurityGroupId" },
    SubnetId: { min: 0, max: 1024, pattern: "subnet-[0-9a-z]*" },
    SubnetIds: { min: 0, max: 16, item: "SubnetId" },
  },
};
