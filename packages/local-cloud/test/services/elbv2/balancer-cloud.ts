import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  type Action,
  CreateListenerCommand,
  type CreateListenerCommandInput,
  CreateLoadBalancerCommand,
  type CreateLoadBalancerCommandInput,
  CreateTargetGroupCommand,
  type CreateTargetGroupCommandInput,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyTargetGroupAttributesCommand,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { virtualClock } from "../../../src/clock.ts";
import type { LocalCloudOptions } from "../../../src/index.ts";
import { lambdaCloud } from "../lambda/lambda-cloud.ts";

export const START_MS = Date.parse("2026-11-20T10:00:00Z");

export type BalancerCloud = Awaited<ReturnType<typeof balancerCloud>>;

/** A cloud on a virtual clock, with ways to make load balancers and their groups in one line. */
export async function balancerCloud(
  options: LocalCloudOptions = {},
  roles: "create" | "keep" = "create",
) {
  const clock = virtualClock(START_MS, (error) => {
    throw error;
  });
  const functions = await lambdaCloud({ clock, ...options }, roles);
  const { cloud } = functions;
  const elb = cloud.client<ElasticLoadBalancingV2Client>(ElasticLoadBalancingV2Client);
  const ec2 = cloud.client<EC2Client>(EC2Client);
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand());
  const subnets = Subnets.map(({ SubnetId = "" }) => SubnetId);
  const vpcId = Subnets[0]?.VpcId ?? "";
  /** Long enough for all that is being made; shorter than any interval of health checks. */
  const settle = () => cloud.advance(1000);
  let made = 0;

  return {
    ...functions,
    elb,
    ec2,
    subnets,
    vpcId,
    settle,

    async balancer(more: Partial<CreateLoadBalancerCommandInput> = {}) {
      const { LoadBalancers } = await elb.send(
        new CreateLoadBalancerCommand({
          Name: `balancer-${++made}`,
          Subnets: subnets.slice(0, 2),
          ...more,
        }),
      );
      await settle();
      const { LoadBalancerArn: arn = "", DNSName: dnsName = "" } = LoadBalancers?.[0] ?? {};
      return { arn, dnsName, dimension: arn.slice(arn.indexOf("app/")) };
    },

    /** A group of addresses of this machine; its targets are not well until its checks say so. */
    async group(
      ports: readonly number[],
      more: Partial<CreateTargetGroupCommandInput> = {},
      attributes: Readonly<Record<string, string>> = {},
    ) {
      const { TargetGroups } = await elb.send(
        new CreateTargetGroupCommand({
          Name: `group-${++made}`,
          TargetType: "ip",
          Protocol: "HTTP",
          Port: 80,
          VpcId: vpcId,
          ...more,
        }),
      );
      const arn = TargetGroups?.[0]?.TargetGroupArn ?? "";
      const Attributes = Object.entries(attributes).map(([Key, Value]) => ({ Key, Value }));
      if (Attributes.length > 0) {
        await elb.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn: arn, Attributes }));
      }
      const Targets = ports.map((Port) => ({ Id: "127.0.0.1", Port }));
      if (Targets.length > 0) {
        await elb.send(new RegisterTargetsCommand({ TargetGroupArn: arn, Targets }));
      }
      return { arn, dimension: arn.slice(arn.indexOf("targetgroup/")) };
    },

    /** A listener, and the way to call it through its own port. */
    async listener(
      balancerArn: string,
      action: Action,
      more: Partial<CreateListenerCommandInput> = {},
    ) {
      const { Listeners } = await elb.send(
        new CreateListenerCommand({
          LoadBalancerArn: balancerArn,
          Protocol: "HTTP",
          Port: 80,
          DefaultActions: [action],
          ...more,
        }),
      );
      await settle();
      const arn = Listeners?.[0]?.ListenerArn ?? "";
      const url = await listenerUrl(cloud.url, arn);
      return {
        arn,
        url,
        call: (path: string, init?: RequestInit) => fetch(`${url}${path}`, init),
      };
    },

    async states(groupArn: string) {
      const { TargetHealthDescriptions = [] } = await elb.send(
        new DescribeTargetHealthCommand({ TargetGroupArn: groupArn }),
      );
      return TargetHealthDescriptions.map(({ TargetHealth }) => TargetHealth?.State);
    },

    /** The sum of a metric of AWS/ApplicationELB since the start. */
    async sum(MetricName: string, dimensions: Readonly<Record<string, string>>) {
      const { Datapoints = [] } = await cloud.client(CloudWatchClient).send(
        new GetMetricStatisticsCommand({
          Namespace: "AWS/ApplicationELB",
          MetricName,
          Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
          StartTime: new Date(START_MS),
          EndTime: new Date(START_MS + 3_600_000),
          Period: 3600,
          Statistics: ["Sum"],
        }),
      );
      return Datapoints[0]?.Sum ?? 0;
    },
  };
}

/** Where a listener is on this machine, as the cloud tells it. */
async function listenerUrl(cloudUrl: string, arn: string): Promise<string> {
  const answer = await fetch(`${cloudUrl}/_aws/elb`);
  const { listeners }: { listeners: { listenerArn: string; url: string }[] } = JSON.parse(
    await answer.text(),
  );
  return listeners.find(({ listenerArn }) => listenerArn === arn)?.url ?? "";
}

export function forwardTo(
  ...groups: readonly { readonly arn: string; readonly weight?: number }[]
): Action {
  return {
    Type: "forward",
    ForwardConfig: {
      TargetGroups: groups.map(({ arn, weight }) => ({ TargetGroupArn: arn, Weight: weight })),
    },
  };
}

type Handle = (message: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export interface TargetServer {
  readonly server: Server;
  readonly port: number;
  /** Health checks are answered by `health`, everything else by this. */
  handle: Handle;
  health: number;
  close(): void;
}

/** A target: it answers its name, and to health checks ("/health" or "/") what `health` says. */
export async function startTarget(name: string): Promise<TargetServer> {
  const server = createServer((message, response) => {
    if (message.headers["user-agent"]?.startsWith("ELB-HealthChecker")) {
      return void response.writeHead(target.health).end();
    }
    void target.handle(message, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const target: TargetServer = {
    server,
    port: typeof address === "object" ? (address?.port ?? 0) : 0,
    handle: (_message, response) => void response.end(name),
    health: 200,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return target;
}
