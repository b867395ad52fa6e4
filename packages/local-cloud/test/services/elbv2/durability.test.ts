// Protects what outlives a restart: load balancers, their rules and health checks, and the listeners' own ports.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DescribeNetworkInterfacesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { expect, it } from "vitest";
import { balancerCloud, forwardTo, startTarget } from "./balancer-cloud.ts";

it("serves as before after a restart, once its targets are found well again", async () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), "headgate-elb-"));
  const target = await startTarget("still here");
  try {
    const before = await balancerCloud({ dataDirectory, clock: "virtual" });
    const balancer = await before.balancer();
    const group = await before.group([target.port]);
    const listener = await before.listener(balancer.arn, forwardTo(group));
    expect(await (await listener.call("/")).text()).toBe("still here");
    await before.close();

    const after = await balancerCloud({ dataDirectory, clock: "virtual" }, "keep");
    await after.settle();
    expect(await after.states(group.arn)).toEqual(["healthy"]);
    const label = balancer.dnsName.split(".")[0] ?? "";
    const answer = await fetch(`${after.cloud.url}/_aws/elb/${label}/`);
    expect(await answer.text()).toBe("still here");
    // Its own port is the same one.
    expect(await (await fetch(listener.url)).text()).toBe("still here");
    expect(after.vpcId).toBe(before.vpcId);
    const { NetworkInterfaces } = await after.ec2.send(new DescribeNetworkInterfacesCommand());
    expect(NetworkInterfaces).toHaveLength(2);
    await after.close();
  } finally {
    target.close();
    rmSync(dataDirectory, { recursive: true, force: true });
  }
});

it("keeps accounts and regions apart", async () => {
  const at = await balancerCloud();
  const { dnsName } = await at.balancer();
  expect(dnsName).toContain(".us-east-1.elb.localhost:");
  const other = at.cloud.client<EC2Client>(EC2Client, { account: "111111111111" });
  const { NetworkInterfaces } = await other.send(new DescribeNetworkInterfacesCommand());
  expect(NetworkInterfaces).toEqual([]);
  await at.close();
});
