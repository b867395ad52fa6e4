/*
 * Protects what services that run containers stand on: an interface with a private address, a target group told of
 * it, and a load balancer that finds where the address really is.
 */
import { afterEach, beforeEach, expect, it } from "vitest";
import { virtualClock } from "../../../src/clock.ts";
import { type CloudCore, createCloud } from "../../../src/cloud.ts";
import { seededRandom } from "../../../src/random.ts";
import type { RequestContext } from "../../../src/service.ts";
import type { ServiceName } from "../../../src/services/registry.ts";
import { openStore } from "../../../src/storage/sqlite-store.ts";
import { START_MS, startTarget, type TargetServer } from "./balancer-cloud.ts";

const CONTEXT: RequestContext = {
  account: "000000000000",
  region: "us-east-1",
  requestId: "1",
  operation: "",
  caller: { accessKeyId: "test", arn: "arn:aws:iam::000000000000:root", userId: "000000000000" },
  signal: new AbortController().signal,
};

let core: CloudCore;
let target: TargetServer;
const clock = virtualClock(START_MS, (error) => {
  throw error;
});
beforeEach(async () => {
  target = await startTarget("container");
  core = createCloud({
    clock,
    random: seededRandom(1),
    store: openStore(undefined),
    account: CONTEXT.account,
    region: CONTEXT.region,
    endpointUrl: () => "http://127.0.0.1:1",
    warn: (message) => {
      throw new Error(message);
    },
  });
});
afterEach(async () => {
  await core.close();
  target.close();
});

/** The text of the first place in an answer that has this member. */
async function call(service: ServiceName, operation: string, input: object, member: string) {
  const { handlers } = await core.service(service);
  const answer: unknown = await handlers[operation]?.(input, CONTEXT);
  return new RegExp(`"${member}":"([^"]+)"`).exec(JSON.stringify(answer))?.[1] ?? "";
}
const elb = (operation: string, input: object, member: string) =>
  call("elasticloadbalancing", operation, input, member);

it("sends requests to where a private address really is", async () => {
  const network = await core.cloud.port("network");
  const groups = await core.cloud.port("targetGroups");
  const vpcId = await call("ec2", "DescribeVpcs", {}, "VpcId");
  const subnetId = await call("ec2", "DescribeSubnets", {}, "SubnetId");
  const made = network.attach(CONTEXT, {
    subnetId,
    securityGroupIds: [network.defaultSecurityGroup(CONTEXT, vpcId) ?? ""],
    description: "a task",
    requesterId: "amazon-ecs",
  });
  expect(made).toMatchObject({ address: "172.31.0.4", zone: "us-east-1a" });
  const address = made?.address ?? "";
  const forget = network.listen(CONTEXT, address, 8080, { host: "127.0.0.1", port: target.port });

  const group = { Name: "tasks", TargetType: "ip", Protocol: "HTTP", Port: 8080, VpcId: vpcId };
  const arn = await elb("CreateTargetGroup", group, "TargetGroupArn");
  const task = { id: address, port: 8080 };
  expect(await groups.register(CONTEXT, `${arn}0`, task)).toBe(false);
  expect(await groups.register(CONTEXT, arn, task)).toBe(true);
  expect(groups.health(CONTEXT, arn, task)).toMatchObject({ state: "unused" });
  expect(groups.find(CONTEXT, arn)).toMatchObject({ type: "ip", loadBalancerArn: undefined });

  const Subnets = JSON.stringify(
    await (await core.service("ec2")).handlers["DescribeSubnets"]?.({}, CONTEXT),
  ).match(/subnet-0[0-9a-f]{16}(?=","SubnetArn)/g);
  const balancer = await elb("CreateLoadBalancer", { Name: "shop", Subnets }, "LoadBalancerArn");
  await clock.advance(1000);
  const DefaultActions = [{ Type: "forward", TargetGroupArn: arn }];
  await elb(
    "CreateListener",
    { LoadBalancerArn: balancer, Protocol: "HTTP", Port: 80, DefaultActions },
    "ListenerArn",
  );
  await clock.advance(1000);
  expect(groups.health(CONTEXT, arn, task)).toMatchObject({ state: "healthy" });
  expect(groups.find(CONTEXT, arn)).toMatchObject({ loadBalancerArn: balancer });

  await groups.deregister(CONTEXT, arn, task);
  expect(groups.health(CONTEXT, arn, task)).toMatchObject({ state: "draining" });
  forget();
  // It is the cloud's own: whoever has it on the machine's network is a stranger.
  expect(network.reach(CONTEXT, address, 8080)).toEqual({ host: "127.0.0.1", port: 0 });
  expect(network.reach(CONTEXT, "192.0.2.1", 8080)).toEqual({ host: "192.0.2.1", port: 8080 });
  network.detach(CONTEXT, made?.id ?? "");
  await clock.advance(2000);
  const left = await call(
    "ec2",
    "DescribeNetworkInterfaces",
    {
      Filters: [{ Name: "requester-id", Values: ["amazon-ecs"] }],
    },
    "NetworkInterfaceId",
  );
  expect(left).toBe("");
});
