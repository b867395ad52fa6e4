import type { SigningName } from "./protocols.ts";

/** How a service words the refusal of an input that breaks its model. */
export interface ValidationDialect {
  readonly code: string;
  /** Some services say that a value is wrong without saying it, or which ones are right. */
  readonly hidesValues?: boolean;
  /** API Gateway names the body: "createRestApiInput.endpointConfiguration", and checks it first. */
  readonly namesBody?: boolean;
  /** Whether a list's items and a map's values are said to be "not null" among their constraints. */
  readonly refusesNullItems?: boolean;
  /** Constraints that the service does not check here: "Structure.Member". Its handlers do. */
  readonly leftToHandlers?: ReadonlySet<string>;
  /** Other members of the error shape. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** Shapes whose items may be null, against `refusesNullItems`. */
  readonly nullableItems?: ReadonlySet<string>;
}

/**
 * Source: recorded AWS answers (LocalStack snapshots of lambda, apigateway, cloudwatch, logs, sts and
 * iam). Unverified: Secrets Manager's code.
 */
const DIALECTS: Readonly<Partial<Record<SigningName, ValidationDialect>>> = {
  apigateway: { code: "ValidationException", namesBody: true },
  codedeploy: {
    code: "ValidationException",
    // An unknown platform has an error of its own, with its own list.
    leftToHandlers: new Set([
      "CreateApplicationInput.computePlatform",
      "CreateDeploymentConfigInput.computePlatform",
    ]),
  },
  elasticloadbalancing: { code: "ValidationError" },
  ecr: { code: "InvalidParameterException" },
  iam: { code: "ValidationError", hidesValues: true },
  lambda: {
    code: "ValidationException",
    refusesNullItems: true,
    nullableItems: new Set(["SecurityGroupIds", "SubnetIds"]),
    // An unknown runtime has an error of its own, with its own list.
    leftToHandlers: new Set([
      "CreateFunctionRequest.Runtime",
      "UpdateFunctionConfigurationRequest.Runtime",
    ]),
  },
  logs: { code: "InvalidParameterException" },
  monitoring: { code: "ValidationError" },
  route53: { code: "InvalidInput" },
  secretsmanager: { code: "ValidationException" },
  sns: { code: "ValidationError" },
  sts: { code: "ValidationError" },
  "vpc-lattice": { code: "ValidationException", members: { reason: "fieldValidationFailed" } },
};

const PLAIN: ValidationDialect = { code: "ValidationException" };

export function validationDialect(service: SigningName): ValidationDialect {
  return DIALECTS[service] ?? PLAIN;
}
