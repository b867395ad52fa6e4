import type { Ports } from "../data-plane/ports.ts";
import type { Cloud, Service } from "../service.ts";

/** The services the cloud has, loaded when first called. The key is the SigV4 signing name. */
export const SERVICES = {
  apigateway: async () => (await import("./apigateway/index.ts")).createApiGateway,
  codedeploy: async () => (await import("./codedeploy/index.ts")).createCodeDeploy,
  ec2: async () => (await import("./ec2/index.ts")).createEc2,
  ecr: async () => (await import("./ecr/index.ts")).createEcr,
  ecs: async () => (await import("./ecs/index.ts")).createEcs,
  elasticloadbalancing: async () => (await import("./elbv2/index.ts")).createElbv2,
  events: async () => (await import("./events/index.ts")).createEvents,
  iam: async () => (await import("./iam/index.ts")).createIam,
  lambda: async () => (await import("./lambda/index.ts")).createLambda,
  logs: async () => (await import("./logs/index.ts")).createLogs,
  monitoring: async () => (await import("./cloudwatch/index.ts")).createCloudWatch,
  route53: async () => (await import("./route53/index.ts")).createRoute53,
  secretsmanager: async () => (await import("./secretsmanager/index.ts")).createSecretsManager,
  sns: async () => (await import("./sns/index.ts")).createSns,
  ssm: async () => (await import("./ssm/index.ts")).createSsm,
  sts: async () => (await import("./sts/index.ts")).createSts,
  "vpc-lattice": async () => (await import("./vpclattice/index.ts")).createVpcLattice,
} as const satisfies Record<string, () => Promise<(cloud: Cloud) => Service>>;

export type ServiceName = keyof typeof SERVICES;

/** Which service stands behind each port. */
export const PORT_OWNERS = {
  alarms: "monitoring",
  aliases: "lambda",
  containerServices: "ecs",
  dashboards: "monitoring",
  functions: "lambda",
  functionPolicies: "lambda",
  images: "ecr",
  listeners: "elasticloadbalancing",
  logQueries: "logs",
  network: "ec2",
  outbox: "sns",
  parameters: "ssm",
  permissions: "iam",
  roles: "iam",
  secrets: "secretsmanager",
  targetGroups: "elasticloadbalancing",
  topics: "sns",
} as const satisfies Record<keyof Ports, ServiceName>;
