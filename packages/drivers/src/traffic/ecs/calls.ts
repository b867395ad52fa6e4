import type { EC2 } from "@aws-sdk/client-ec2";
import type { ECS } from "@aws-sdk/client-ecs";
import type { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { AwsClients } from "../../aws/clients.ts";
import type { AwsRunner, CallLimits } from "../../aws/runner.ts";

/** The signal that ends an attempt. */
export interface SendOptions {
  readonly abortSignal: AbortSignal;
}

type Call<Client> = <Output>(
  /** Without the service: "DescribeServices". */
  action: string,
  subject: string,
  send: (client: Client, options: SendOptions) => Promise<Output>,
  limits?: CallLimits,
) => Promise<Output>;

/** Makes one call to Amazon ECS, to Elastic Load Balancing, or to EC2 about the network. */
export interface EcsCalls {
  readonly ec2: Call<EC2>;
  readonly ecs: Call<ECS>;
  readonly elb: Call<ElasticLoadBalancingV2>;
}

export function ecsCalls(parts: {
  readonly clients: AwsClients;
  readonly run: AwsRunner;
}): EcsCalls {
  const { clients, run } = parts;
  return {
    async ec2(action, subject, send, limits) {
      const client = await clients.ec2();
      const request = { action: `ec2:${action}`, subject };
      return run(request, (abortSignal) => send(client, { abortSignal }), limits);
    },
    async ecs(action, subject, send, limits) {
      const client = await clients.ecs();
      const request = { action: `ecs:${action}`, subject };
      return run(request, (abortSignal) => send(client, { abortSignal }), limits);
    },
    async elb(action, subject, send, limits) {
      const client = await clients.elasticLoadBalancing();
      const request = { action: `elasticloadbalancing:${action}`, subject };
      return run(request, (abortSignal) => send(client, { abortSignal }), limits);
    },
  };
}
