import type { APIGateway } from "@aws-sdk/client-api-gateway";
import type { CloudWatch } from "@aws-sdk/client-cloudwatch";
import type { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import type { CodeDeploy } from "@aws-sdk/client-codedeploy";
import type { EC2 } from "@aws-sdk/client-ec2";
import type { ECS } from "@aws-sdk/client-ecs";
import type { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { IAM } from "@aws-sdk/client-iam";
import type { Lambda } from "@aws-sdk/client-lambda";
import type { SNS } from "@aws-sdk/client-sns";
import type { STS } from "@aws-sdk/client-sts";
import type { VPCLattice } from "@aws-sdk/client-vpc-lattice";

export interface AwsClientOptions {
  /** Every service at this address instead of AWS's own: a local cloud, a VPC endpoint. */
  readonly endpointUrl?: string;
  readonly region?: string;
  /** A profile of the shared AWS configuration files. */
  readonly profile?: string;
  /** Instead of the SDK's own chain of environment, profile, SSO, container and instance. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/**
 * The SDK's clients. Each client's package is loaded when it is first asked for: loading one takes
 * longer than most commands that never talk to AWS.
 */
export interface AwsClients {
  apiGateway(): Promise<APIGateway>;
  cloudWatchLogs(): Promise<CloudWatchLogs>;
  codeDeploy(): Promise<CodeDeploy>;
  ec2(): Promise<EC2>;
  ecs(): Promise<ECS>;
  elasticLoadBalancing(): Promise<ElasticLoadBalancingV2>;
  iam(): Promise<IAM>;
  lambda(): Promise<Lambda>;
  cloudWatch(): Promise<CloudWatch>;
  /** In the region of the topic, which need not be that of the rollout. */
  sns(region: string): Promise<SNS>;
  sts(): Promise<STS>;
  vpcLattice(): Promise<VPCLattice>;
  /** Closes kept connections, so that the process can end. */
  close(): void;
}

/** How long a new connection may take. A blackholed address would otherwise hang for minutes. */
const CONNECT_TIMEOUT_MS = 5000;

export function awsClients(options: AwsClientOptions = {}): AwsClients {
  const { endpointUrl, region, profile, credentials } = options;
  const configuration = {
    // The driver's own retries know the rollout's deadline; two layers would multiply.
    maxAttempts: 1,
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS },
    ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(credentials === undefined ? {} : { credentials }),
  };
  const topics = new Map<string, SNS>();
  const open: { destroy(): void }[] = [];
  const kept = <Client extends { destroy(): void }>(client: Client): Client => {
    open.push(client);
    return client;
  };
  return {
    apiGateway: once(async () => {
      const { APIGateway } = await import("@aws-sdk/client-api-gateway");
      return kept(new APIGateway(configuration));
    }),
    cloudWatchLogs: once(async () => {
      const { CloudWatchLogs } = await import("@aws-sdk/client-cloudwatch-logs");
      return kept(new CloudWatchLogs(configuration));
    }),
    codeDeploy: once(async () => {
      const { CodeDeploy } = await import("@aws-sdk/client-codedeploy");
      return kept(new CodeDeploy(configuration));
    }),
    ec2: once(async () => {
      const { EC2 } = await import("@aws-sdk/client-ec2");
      return kept(new EC2(configuration));
    }),
    ecs: once(async () => {
      const { ECS } = await import("@aws-sdk/client-ecs");
      return kept(new ECS(configuration));
    }),
    elasticLoadBalancing: once(async () => {
      const { ElasticLoadBalancingV2 } = await import("@aws-sdk/client-elastic-load-balancing-v2");
      return kept(new ElasticLoadBalancingV2(configuration));
    }),
    iam: once(async () => {
      const { IAM } = await import("@aws-sdk/client-iam");
      return kept(new IAM(configuration));
    }),
    lambda: once(async () => {
      const { Lambda } = await import("@aws-sdk/client-lambda");
      return kept(new Lambda(configuration));
    }),
    cloudWatch: once(async () => {
      const { CloudWatch } = await import("@aws-sdk/client-cloudwatch");
      return kept(new CloudWatch(configuration));
    }),
    async sns(region) {
      const { SNS } = await import("@aws-sdk/client-sns");
      const known = topics.get(region) ?? kept(new SNS({ ...configuration, region }));
      topics.set(region, known);
      return known;
    },
    sts: once(async () => {
      const { STS } = await import("@aws-sdk/client-sts");
      return kept(new STS(configuration));
    }),
    vpcLattice: once(async () => {
      const { VPCLattice } = await import("@aws-sdk/client-vpc-lattice");
      return kept(new VPCLattice(configuration));
    }),
    close() {
      for (const client of open.splice(0)) client.destroy();
    },
  };
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => (made ??= make());
}
