// Protects the look at the network that a canary's tasks get: subnets and security groups that are there, of the VPC in
// which the target groups are, with room; and that a look which is not allowed is said and stops nothing.
import { RolloutError } from "@headgate/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EcsCalls, ecsCalls } from "../../../src/traffic/ecs/calls.ts";
import { locate } from "../../../src/traffic/ecs/place.ts";
import { networkFinding } from "../../../src/traffic/ecs/network-finding.ts";
import { type EcsCloud, startEcsCloud, target } from "../../support/ecs-cloud.ts";

let cloud: EcsCloud;
beforeAll(async () => {
  cloud = await startEcsCloud("EXTERNAL");
});
afterAll(() => cloud.close());

async function look(
  parts: Partial<Parameters<typeof networkFinding>[2]> = {},
  change: (calls: EcsCalls) => EcsCalls = (calls) => calls,
  vpcId?: string,
) {
  const calls = ecsCalls(cloud);
  const place = await locate(calls, target());
  const groups = place.groups;
  const moved = { ...groups[0], vpcId: vpcId ?? groups[0].vpcId };
  return networkFinding(
    change(calls),
    { ...place, groups: [moved, groups[1]] },
    {
      networkMode: "awsvpc",
      network: { subnets: [...cloud.subnets] },
      count: 2,
      ...parts,
    },
  );
}

describe("the network of a canary's tasks", () => {
  it("is fine where stable's is", async () => {
    const { outcome, detail } = await look();
    expect(outcome).toBe("ok");
    for (const subnet of cloud.subnets) expect(detail).toContain(subnet);
  });

  it("is not looked at without one of its own", async () => {
    expect(await look({ networkMode: "bridge" })).toMatchObject({ outcome: "ok" });
    expect(await look({ network: undefined })).toMatchObject({ outcome: "problem" });
  });

  it("has subnets of the target groups' VPC", async () => {
    const { outcome, detail } = await look({}, undefined, "vpc-0123456789abcdef0");
    expect(outcome).toBe("problem");
    expect(detail).toContain(`subnet ${cloud.subnets[0]} is in ${cloud.vpcId}, `);
    expect(detail).toContain("the target groups are in vpc-0123456789abcdef0");
  });

  it.each([
    ["a subnet", { subnets: ["subnet-0123456789abcdef0"] }],
    ["a security group", { subnets: [], securityGroups: ["sg-0123456789abcdef0"] }],
  ])("has no %s that is gone", async (_name, network) => {
    const subnets = network.subnets.length === 0 ? [...cloud.subnets] : network.subnets;
    const { outcome, detail } = await look({ network: { ...network, subnets } });
    expect(outcome).toBe("problem");
    expect(detail).toMatch(/subnets|security groups/);
  });

  it("has room for as many tasks as there are to be", async () => {
    const { outcome, detail } = await look({ count: 1_000_000 });
    expect(outcome).toBe("problem");
    expect(detail).toContain("1000000 more tasks need one each");
  });

  it("is only warned of where it may not be read", async () => {
    const denied = async (): Promise<never> => {
      throw new RolloutError("AWS_DENIED", "not allowed to call ec2:DescribeSubnets", {
        hint: "Allow it.",
      });
    };
    const found = await look({}, (calls) => ({ ...calls, ec2: denied }));
    expect(found).toMatchObject({ outcome: "warning", hint: "Allow it." });
  });
});
