/*
 * Protects the life of load balancers and target groups: their states and names, what refuses them, what keeps
 * them and the security groups behind them from being deleted, and what functions are told.
 */
import {
  AddTagsCommand,
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DeleteListenerCommand,
  DeleteLoadBalancerCommand,
  DeleteTargetGroupCommand,
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  DescribeTargetGroupsCommand,
  ModifyLoadBalancerAttributesCommand,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import {
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeNetworkInterfacesCommand,
} from "@aws-sdk/client-ec2";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { AddPermissionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BalancerCloud, balancerCloud, forwardTo } from "./balancer-cloud.ts";

let at: BalancerCloud;
beforeAll(async () => {
  at = await balancerCloud();
});
afterAll(() => at.close());

describe("load balancers", () => {
  it("is provisioned, then active, under a name that leads to the cloud", async () => {
    const { LoadBalancers } = await at.elb.send(
      new CreateLoadBalancerCommand({ Name: "shop", Subnets: at.subnets.slice(0, 2) }),
    );
    const [made] = LoadBalancers ?? [];
    expect(made?.State?.Code).toBe("provisioning");
    expect(made?.DNSName).toMatch(
      new RegExp(`^shop-\\d{10}\\.us-east-1\\.elb\\.localhost:${at.cloud.port}$`),
    );
    expect(made?.LoadBalancerArn).toMatch(
      /^arn:aws:elasticloadbalancing:us-east-1:0{12}:loadbalancer\/app\/shop\/[0-9a-f]{16}$/,
    );
    await at.settle();
    const found = await at.elb.send(new DescribeLoadBalancersCommand({ Names: ["shop"] }));
    expect(found.LoadBalancers?.[0]).toMatchObject({
      State: { Code: "active" },
      Scheme: "internet-facing",
      Type: "application",
      VpcId: at.vpcId,
    });
  });

  it.each([
    [
      { Subnets: 1 },
      "ValidationError",
      "At least two subnets in two different Availability Zones must be specified",
    ],
    [
      { Name: "-x" },
      "ValidationError",
      "The load balancer name '-x' cannot begin or end with a hyphen(-)",
    ],
  ])("refuses %j", async (given, name, message) => {
    const { Subnets = 2, Name = "refused" }: { Subnets?: number; Name?: string } = given;
    await expect(
      at.elb.send(new CreateLoadBalancerCommand({ Name, Subnets: at.subnets.slice(0, Subnets) })),
    ).rejects.toMatchObject({ name, message });
  });

  it("says of what is not there that it is not", async () => {
    await expect(
      at.elb.send(new DescribeLoadBalancersCommand({ Names: ["nobody"] })),
    ).rejects.toMatchObject({
      name: "LoadBalancerNotFoundException",
      message: "Load balancers '[nobody]' not found",
    });
    await expect(
      at.elb.send(new DescribeTargetGroupsCommand({ TargetGroupArns: ["mine"] })),
    ).rejects.toMatchObject({
      name: "ValidationError",
      message: "'mine' is not a valid target group ARN",
    });
  });

  it("holds its security group until its interfaces have gone", async () => {
    const { GroupId = "" } = await at.ec2.send(
      new CreateSecurityGroupCommand({ GroupName: "alb", Description: "x", VpcId: at.vpcId }),
    );
    const { arn, dimension } = await at.balancer({ SecurityGroups: [GroupId] });
    const { NetworkInterfaces = [] } = await at.ec2.send(
      new DescribeNetworkInterfacesCommand({
        Filters: [{ Name: "description", Values: [`ELB ${dimension}`] }],
      }),
    );
    expect(NetworkInterfaces.map((one) => one.RequesterId)).toEqual(["amazon-elb", "amazon-elb"]);
    const remove = () => at.ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
    await at.elb.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: arn }));
    await expect(remove()).rejects.toMatchObject({ name: "DependencyViolation" });
    await at.cloud.advance(2000);
    await remove();
  });

  it("is kept by deletion protection, and deleted twice without complaint", async () => {
    const { arn } = await at.balancer();
    const protect = (Value: string) =>
      at.elb.send(
        new ModifyLoadBalancerAttributesCommand({
          LoadBalancerArn: arn,
          Attributes: [{ Key: "deletion_protection.enabled", Value }],
        }),
      );
    await protect("true");
    const remove = () => at.elb.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: arn }));
    await expect(remove()).rejects.toMatchObject({ name: "OperationNotPermittedException" });
    await protect("false");
    await remove();
    await remove();
    await expect(protect("maybe")).rejects.toMatchObject({ name: "LoadBalancerNotFoundException" });
  });
});

describe("listeners and target groups", () => {
  it("keeps a group that a listener uses, and one load balancer to a group", async () => {
    const { arn } = await at.balancer();
    const group = await at.group([]);
    const listener = await at.listener(arn, forwardTo(group));
    const remove = () => at.elb.send(new DeleteTargetGroupCommand({ TargetGroupArn: group.arn }));
    await expect(remove()).rejects.toMatchObject({
      name: "ResourceInUseException",
      message: `Target group '${group.arn}' is currently in use by a listener or a rule`,
    });
    await expect(at.listener(arn, forwardTo(group))).rejects.toMatchObject({
      name: "DuplicateListenerException",
    });
    const other = await at.balancer();
    await expect(at.listener(other.arn, forwardTo(group))).rejects.toMatchObject({
      name: "TargetGroupAssociationLimitException",
    });
    await at.elb.send(new DeleteListenerCommand({ ListenerArn: listener.arn }));
    await remove();
  });

  it("makes a group once, and refuses the same name with other settings", async () => {
    const group = (Port: number) =>
      at.elb.send(
        new CreateTargetGroupCommand({
          Name: "once",
          Protocol: "HTTP",
          Port,
          VpcId: at.vpcId,
          TargetType: "ip",
        }),
      );
    const arns = [await group(80), await group(80)].map(
      ({ TargetGroups }) => TargetGroups?.[0]?.TargetGroupArn,
    );
    expect(arns[0]).toBe(arns[1]);
    await expect(group(81)).rejects.toMatchObject({
      name: "DuplicateTargetGroupNameException",
      message: "A target group with the same name 'once' exists, but with different settings",
    });
  });

  it("refuses an HTTPS listener without a certificate, and serves one with it", async () => {
    const { arn, dnsName } = await at.balancer();
    const https = (Certificates?: { CertificateArn: string }[]) =>
      new CreateListenerCommand({
        LoadBalancerArn: arn,
        Protocol: "HTTPS",
        Port: 443,
        Certificates,
        DefaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "204" } }],
      });
    await expect(at.elb.send(https())).rejects.toMatchObject({
      name: "CertificateNotFoundException",
    });
    const CertificateArn = "arn:aws:acm:us-east-1:000000000000:certificate/0123";
    const { Listeners } = await at.elb.send(https([{ CertificateArn }]));
    expect(Listeners?.[0]).toMatchObject({
      Certificates: [{ CertificateArn }],
      SslPolicy: "ELBSecurityPolicy-2016-08",
    });
    await at.settle();
    const secure = request({
      port: at.cloud.port,
      path: `/_aws/elb/${dnsName.split(".")[0] ?? ""}:443/`,
      rejectUnauthorized: false,
    });
    secure.end();
    const [answer]: IncomingMessage[] = await once(secure, "response");
    answer?.resume();
    expect(answer?.statusCode).toBe(204);
  });

  it("tags load balancers", async () => {
    const { arn } = await at.balancer({ Tags: [{ Key: "a", Value: "1" }] });
    await at.elb.send(
      new AddTagsCommand({ ResourceArns: [arn], Tags: [{ Key: "b", Value: "2" }] }),
    );
    const { TagDescriptions } = await at.elb.send(new DescribeTagsCommand({ ResourceArns: [arn] }));
    expect(TagDescriptions?.[0]?.Tags).toEqual([
      { Key: "a", Value: "1" },
      { Key: "b", Value: "2" },
    ]);
  });
});

it("needs a function's permission, then sends it the event with all values of a header", async () => {
  const echo = [
    "import json",
    "def handler(event, context):",
    '    return {"statusCode": 200, "multiValueHeaders": {"x-many": ["1", "2"]}, "body": json.dumps(event)}',
  ].join("\n");
  await at.create("echo", {}, echo);
  const functionArn = "arn:aws:lambda:us-east-1:000000000000:function:echo";
  const lambdaGroup = {
    TargetType: "lambda",
    Protocol: undefined,
    Port: undefined,
    VpcId: undefined,
  } as const;
  const group = await at.group([], lambdaGroup, { "lambda.multi_value_headers.enabled": "true" });
  const register = () =>
    at.elb.send(
      new RegisterTargetsCommand({ TargetGroupArn: group.arn, Targets: [{ Id: functionArn }] }),
    );
  await expect(register()).rejects.toMatchObject({
    name: "AccessDenied",
    message: `elasticloadbalancing principal does not have permission to invoke ${functionArn} from target group ${group.arn}`,
  });
  await at.cloud.client(LambdaClient).send(
    new AddPermissionCommand({
      FunctionName: "echo",
      StatementId: "elb",
      Action: "lambda:InvokeFunction",
      Principal: "elasticloadbalancing.amazonaws.com",
      SourceArn: group.arn,
    }),
  );
  await register();
  const { arn } = await at.balancer();
  const listener = await at.listener(arn, forwardTo(group));
  expect(await at.states(group.arn)).toEqual(["unavailable"]);
  const answer = await listener.call("/a%20b?x=1&x=2%20", { headers: { "x-one": "1" } });
  expect(answer.headers.get("x-many")).toBe("1, 2");
  expect(JSON.parse(await answer.text())).toMatchObject({
    requestContext: { elb: { targetGroupArn: group.arn } },
    httpMethod: "GET",
    path: "/a%20b",
    multiValueQueryStringParameters: { x: ["1", "2%20"] },
    multiValueHeaders: { "x-one": ["1"], "x-forwarded-port": ["80"] },
    body: "",
    isBase64Encoded: false,
  });
});
