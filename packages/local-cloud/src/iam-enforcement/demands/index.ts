import { isJsonObject } from "../../json-object.ts";
import type { ServiceName } from "../../services/registry.ts";
import { API_GATEWAY } from "./api-gateway.ts";
import type { Call, Demand, ServiceDemands } from "./call.ts";
import { CLOUDWATCH } from "./cloudwatch.ts";
import { CODEDEPLOY } from "./codedeploy.ts";
import { EC2 } from "./ec2.ts";
import { ECR } from "./ecr.ts";
import { ECS } from "./ecs.ts";
import { ELASTIC_LOAD_BALANCING } from "./elastic-load-balancing.ts";
import { EVENTS } from "./events.ts";
import { IAM } from "./iam.ts";
import { LAMBDA } from "./lambda.ts";
import { LOGS } from "./logs.ts";
import { ROUTE53 } from "./route53.ts";
import { SECRETS_MANAGER } from "./secrets-manager.ts";
import { SNS } from "./sns.ts";
import { SSM } from "./ssm.ts";
import { STS } from "./sts.ts";
import { VPC_LATTICE } from "./vpc-lattice.ts";

const SERVICES: Readonly<Record<ServiceName, ServiceDemands>> = {
  apigateway: API_GATEWAY,
  codedeploy: CODEDEPLOY,
  ec2: EC2,
  ecr: ECR,
  ecs: ECS,
  elasticloadbalancing: ELASTIC_LOAD_BALANCING,
  events: EVENTS,
  iam: IAM,
  lambda: LAMBDA,
  logs: LOGS,
  monitoring: CLOUDWATCH,
  route53: ROUTE53,
  secretsmanager: SECRETS_MANAGER,
  sns: SNS,
  ssm: SSM,
  sts: STS,
  "vpc-lattice": VPC_LATTICE,
};

/** What a call needs to be allowed; nothing when anybody may make it. */
export function demandsOf(
  service: ServiceName,
  call: Omit<Call, "input"> & { readonly input: unknown },
): readonly Demand[] {
  const rules = SERVICES[service];
  if (rules.free?.has(call.operation) === true) return [];
  const read: Call = { ...call, input: isJsonObject(call.input) ? call.input : {} };
  const resources = rules.resourcesOf(read) ?? [];
  const own: Demand = {
    action: `${rules.prefix}:${rules.actionOf?.(read) ?? call.operation}`,
    resources: resources.length === 0 ? ["*"] : resources,
    keys: rules.keysOf?.(read),
  };
  return [own, ...(rules.also?.(read) ?? [])];
}
