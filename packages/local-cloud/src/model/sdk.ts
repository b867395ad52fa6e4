import type { SigningName } from "./protocols.ts";

/** Loads the SDK client whose public schemas describe a service. */
export type SchemaLoader = () => Promise<object>;

/**
 * The services whose requests can be decoded, by SigV4 signing name. A client takes 10 to 60 ms to
 * load, so each is loaded by the first request to its service.
 */
export const SCHEMAS: Readonly<Partial<Record<SigningName, SchemaLoader>>> = {
  apigateway: () => import("@aws-sdk/client-api-gateway"),
  codedeploy: () => import("@aws-sdk/client-codedeploy"),
  ec2: () => import("@aws-sdk/client-ec2"),
  elasticloadbalancing: () => import("@aws-sdk/client-elastic-load-balancing-v2"),
  ecr: () => import("@aws-sdk/client-ecr"),
  ecs: () => import("@aws-sdk/client-ecs"),
  events: () => import("@aws-sdk/client-eventbridge"),
  iam: () => import("@aws-sdk/client-iam"),
  lambda: () => import("@aws-sdk/client-lambda"),
  logs: () => import("@aws-sdk/client-cloudwatch-logs"),
  monitoring: () => import("@aws-sdk/client-cloudwatch"),
  route53: () => import("@aws-sdk/client-route-53"),
  secretsmanager: () => import("@aws-sdk/client-secrets-manager"),
  sns: () => import("@aws-sdk/client-sns"),
  ssm: () => import("@aws-sdk/client-ssm"),
  sts: () => import("@aws-sdk/client-sts"),
  "vpc-lattice": () => import("@aws-sdk/client-vpc-lattice"),
};
