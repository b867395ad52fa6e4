/*
 * Protects the network that every account begins with, its lookups by filters and pages, and what keeps a
 * resource from being deleted.
 */
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateTagsCommand,
  CreateVpcCommand,
  DeleteSecurityGroupCommand,
  DeleteSubnetCommand,
  DeleteTagsCommand,
  DeleteVpcCommand,
  DescribeAvailabilityZonesCommand,
  DescribeInternetGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeTagsCommand,
  DescribeVpcsCommand,
  EC2Client,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
} from "@aws-sdk/client-ec2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

let cloud: TestCloud;
let ec2: EC2Client;
let vpcId: string;

beforeAll(async () => {
  cloud = await startTestCloud();
  ec2 = cloud.client(EC2Client);
  const { Vpcs } = await ec2.send(
    new DescribeVpcsCommand({ Filters: [{ Name: "is-default", Values: ["true"] }] }),
  );
  vpcId = Vpcs?.[0]?.VpcId ?? "";
});
afterAll(() => cloud.close());

async function createGroup(name: string) {
  const { GroupId = "" } = await ec2.send(
    new CreateSecurityGroupCommand({ GroupName: name, Description: "for a test", VpcId: vpcId }),
  );
  return GroupId;
}

const open80 = { IpProtocol: "tcp", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: "0.0.0.0/0" }] };

describe("the default network", () => {
  it("has a VPC with a subnet in each of three zones, a gateway and a route to it", async () => {
    expect(vpcId).toMatch(/^vpc-0[0-9a-f]{16}$/);
    const filter = { Filters: [{ Name: "vpc-id", Values: [vpcId] }] };
    const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand(filter));
    expect(Subnets.map((subnet) => [subnet.AvailabilityZone, subnet.CidrBlock])).toEqual([
      ["us-east-1a", "172.31.0.0/20"],
      ["us-east-1b", "172.31.16.0/20"],
      ["us-east-1c", "172.31.32.0/20"],
    ]);
    expect(Subnets[0]).toMatchObject({ AvailableIpAddressCount: 4091, DefaultForAz: true });
    const { InternetGateways } = await ec2.send(new DescribeInternetGatewaysCommand());
    const { RouteTables } = await ec2.send(new DescribeRouteTablesCommand(filter));
    expect(RouteTables?.[0]?.Routes?.map(({ GatewayId }) => GatewayId)).toEqual([
      "local",
      InternetGateways?.[0]?.InternetGatewayId,
    ]);
  });

  it("is another one in another region, and the same at every look", async () => {
    const west = cloud.client<EC2Client>(EC2Client, { region: "us-west-2" });
    const ids = async (client: EC2Client) =>
      (await client.send(new DescribeVpcsCommand())).Vpcs?.map((vpc) => vpc.VpcId);
    const [first] = (await ids(west)) ?? [];
    expect(first).not.toBe(vpcId);
    expect(await ids(west)).toEqual([first]);
    const { AvailabilityZones } = await west.send(new DescribeAvailabilityZonesCommand());
    expect(AvailabilityZones?.map(({ ZoneId }) => ZoneId)).toEqual([
      "usw2-az1",
      "usw2-az2",
      "usw2-az3",
    ]);
  });

  it("has no network interfaces yet", async () => {
    const { NetworkInterfaces } = await ec2.send(new DescribeNetworkInterfacesCommand());
    expect(NetworkInterfaces).toEqual([]);
  });
});

describe("lookups", () => {
  it("gives pages, and refuses a page size and a token that are none", async () => {
    for (let index = 0; index < 6; index++) await createGroup(`page-${index}`);
    const filter = { Filters: [{ Name: "group-name", Values: ["page-?"] }] };
    const first = await ec2.send(new DescribeSecurityGroupsCommand({ ...filter, MaxResults: 5 }));
    expect(first.SecurityGroups).toHaveLength(5);
    const second = await ec2.send(
      new DescribeSecurityGroupsCommand({ ...filter, NextToken: first.NextToken }),
    );
    expect(second.SecurityGroups?.map(({ GroupName }) => GroupName)).toEqual(["page-5"]);
    expect(second.NextToken).toBeUndefined();
    await expect(ec2.send(new DescribeSubnetsCommand({ MaxResults: 4 }))).rejects.toMatchObject({
      name: "InvalidParameterValue",
    });
    await expect(ec2.send(new DescribeSubnetsCommand({ NextToken: "mine" }))).rejects.toMatchObject(
      { name: "InvalidParameterValue" },
    );
  });

  it.each([
    [new DescribeVpcsCommand({ VpcIds: ["vpc-1"] }), "InvalidVpcID.NotFound"],
    [new DescribeSubnetsCommand({ SubnetIds: ["subnet-1"] }), "InvalidSubnetID.NotFound"],
    [new DescribeSecurityGroupsCommand({ GroupIds: ["sg-1"] }), "InvalidGroup.NotFound"],
    [
      new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: ["eni-1"] }),
      "InvalidNetworkInterfaceID.NotFound",
    ],
    [
      new DescribeVpcsCommand({ Filters: [{ Name: "colour", Values: ["red"] }] }),
      "InvalidParameterValue",
    ],
    [new DescribeVpcsCommand({ DryRun: true }), "DryRunOperation"],
  ] as const)("refuses what is not there: %#", async (command, name) => {
    // The commands' types differ; each is a call of the same client.
    await expect(Reflect.apply(ec2.send, ec2, [command])).rejects.toMatchObject({ name });
  });
});

describe("VPCs and subnets", () => {
  it("makes them, refuses bad and overlapping blocks, and deletes them in order only", async () => {
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.1.0.0/16" }));
    const own = Vpc?.VpcId ?? "";
    const subnet = (CidrBlock: string) => new CreateSubnetCommand({ VpcId: own, CidrBlock });
    const { Subnet } = await ec2.send(subnet("10.1.1.0/24"));
    expect(Subnet).toMatchObject({ AvailabilityZone: "us-east-1a", AvailableIpAddressCount: 251 });
    await expect(ec2.send(subnet("10.1.1.128/25"))).rejects.toMatchObject({
      name: "InvalidSubnet.Conflict",
    });
    await expect(ec2.send(subnet("10.2.0.0/24"))).rejects.toMatchObject({
      name: "InvalidSubnet.Range",
    });
    await expect(ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/8" }))).rejects.toMatchObject(
      { name: "InvalidVpc.Range" },
    );
    await expect(ec2.send(new DeleteVpcCommand({ VpcId: own }))).rejects.toMatchObject({
      name: "DependencyViolation",
    });
    await ec2.send(new DeleteSubnetCommand({ SubnetId: Subnet?.SubnetId }));
    await ec2.send(new DeleteVpcCommand({ VpcId: own }));
    await expect(ec2.send(new DescribeVpcsCommand({ VpcIds: [own] }))).rejects.toMatchObject({
      name: "InvalidVpcID.NotFound",
    });
  });
});

describe("security groups", () => {
  it("begins with all egress, takes rules once, and gives them back", async () => {
    const GroupId = await createGroup("rules");
    const { SecurityGroupRules: made = [] } = await ec2.send(
      new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [open80] }),
    );
    expect(made[0]).toMatchObject({ CidrIpv4: "0.0.0.0/0", FromPort: 80, IsEgress: false });
    await expect(
      ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [open80] })),
    ).rejects.toMatchObject({
      name: "InvalidPermission.Duplicate",
      message:
        'the specified rule "peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW" already exists',
    });
    const { SecurityGroups } = await ec2.send(
      new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }),
    );
    expect(SecurityGroups?.[0]?.IpPermissions?.[0]).toMatchObject(open80);
    expect(SecurityGroups?.[0]?.IpPermissionsEgress?.[0]).toMatchObject({ IpProtocol: "-1" });
    await ec2.send(
      new RevokeSecurityGroupEgressCommand({
        GroupId,
        IpPermissions: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
      }),
    );
    await ec2.send(
      new RevokeSecurityGroupIngressCommand({
        GroupId,
        SecurityGroupRuleIds: [made[0]?.SecurityGroupRuleId ?? ""],
      }),
    );
    await expect(
      ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: [open80] })),
    ).rejects.toMatchObject({ name: "InvalidPermission.NotFound" });
    const { SecurityGroupRules } = await ec2.send(
      new DescribeSecurityGroupRulesCommand({
        Filters: [{ Name: "group-id", Values: [GroupId] }],
      }),
    );
    expect(SecurityGroupRules).toEqual([]);
  });

  it("stays while another group's rule names it; the default one stays always", async () => {
    const front = await createGroup("front");
    const back = await createGroup("back");
    await ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId: back,
        IpPermissions: [
          {
            IpProtocol: "tcp",
            FromPort: 8080,
            ToPort: 8080,
            UserIdGroupPairs: [{ GroupId: front }],
          },
        ],
      }),
    );
    const remove = (GroupId: string) => ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
    await expect(remove(front)).rejects.toMatchObject({
      name: "DependencyViolation",
      message: `resource ${front} has a dependent object`,
    });
    await remove(back);
    await remove(front);
    await expect(remove(front)).rejects.toMatchObject({ name: "InvalidGroup.NotFound" });
    const { SecurityGroups } = await ec2.send(
      new DescribeSecurityGroupsCommand({ GroupNames: ["default"] }),
    );
    await expect(remove(SecurityGroups?.[0]?.GroupId ?? "")).rejects.toMatchObject({
      name: "CannotDelete",
    });
  });

  it("refuses a name that is taken", async () => {
    await createGroup("twice");
    await expect(createGroup("twice")).rejects.toMatchObject({
      name: "InvalidGroup.Duplicate",
      message: `The security group 'twice' already exists for VPC '${vpcId}'`,
    });
  });
});

describe("tags", () => {
  it("adds, finds and removes them", async () => {
    const id = await createGroup("tagged");
    const team = { Key: "team", Value: "shop" };
    await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [team] }));
    const byTag = { Filters: [{ Name: "tag:team", Values: ["sh*"] }] };
    const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand(byTag));
    expect(SecurityGroups?.map(({ GroupId }) => GroupId)).toEqual([id]);
    const { Tags } = await ec2.send(
      new DescribeTagsCommand({ Filters: [{ Name: "resource-id", Values: [id] }] }),
    );
    expect(Tags).toEqual([{ ...team, ResourceId: id, ResourceType: "security-group" }]);
    await ec2.send(new DeleteTagsCommand({ Resources: [id], Tags: [{ Key: "team", Value: "x" }] }));
    expect((await ec2.send(new DescribeTagsCommand())).Tags).toHaveLength(1);
    await ec2.send(new DeleteTagsCommand({ Resources: [id] }));
    expect((await ec2.send(new DescribeTagsCommand())).Tags).toEqual([]);
    await expect(
      ec2.send(new CreateTagsCommand({ Resources: ["sg-0"], Tags: [team] })),
    ).rejects.toMatchObject({ name: "InvalidGroup.NotFound" });
  });
});
