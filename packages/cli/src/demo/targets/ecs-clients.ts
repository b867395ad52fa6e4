import type { ClientConfiguration } from "../shop-clients.ts";

/** The SDK's clients that only a service of containers needs. */
export async function ecsClients(configuration: ClientConfiguration) {
  const [{ ECS }, { ElasticLoadBalancingV2 }, { EC2 }, { IAM }, { CloudWatchLogs }] =
    await Promise.all([
      import("@aws-sdk/client-ecs"),
      import("@aws-sdk/client-elastic-load-balancing-v2"),
      import("@aws-sdk/client-ec2"),
      import("@aws-sdk/client-iam"),
      import("@aws-sdk/client-cloudwatch-logs"),
    ]);
  const ecs = new ECS(configuration);
  const balancing = new ElasticLoadBalancingV2(configuration);
  const ec2 = new EC2(configuration);
  const iam = new IAM(configuration);
  const logs = new CloudWatchLogs(configuration);
  return {
    ecs,
    balancing,
    ec2,
    iam,
    logs,
    close(): void {
      for (const client of [ecs, balancing, ec2, iam, logs]) client.destroy();
    },
  };
}

export type EcsClients = Awaited<ReturnType<typeof ecsClients>>;
