import {
  CreateClusterCommand,
  DeleteClusterCommand,
  DescribeClustersCommand,
  ECSClient,
  ListAccountSettingsCommand,
  ListClustersCommand,
  ListTagsForResourceCommand,
  PutAccountSettingDefaultCommand,
  PutClusterCapacityProvidersCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateClusterSettingsCommand,
} from "@aws-sdk/client-ecs";
import { GetRoleCommand, IAMClient, ListAttachedRolePoliciesCommand } from "@aws-sdk/client-iam";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

// Protects clusters, their settings and tags: what scripts create first, read back, and delete last.

let cloud: TestCloud;
let ecs: ECSClient;

beforeEach(async () => {
  cloud = await startTestCloud({ clock: "virtual" });
  ecs = cloud.client(ECSClient);
});
afterEach(() => cloud.close());

describe("clusters", () => {
  it("is called default without a name, and is the same one when it is created again", async () => {
    const { cluster } = await ecs.send(new CreateClusterCommand({}));
    expect(cluster).toEqual({
      clusterArn: "arn:aws:ecs:us-east-1:000000000000:cluster/default",
      clusterName: "default",
      status: "ACTIVE",
      registeredContainerInstancesCount: 0,
      runningTasksCount: 0,
      pendingTasksCount: 0,
      activeServicesCount: 0,
      statistics: expect.any(Array),
      tags: [],
      settings: [{ name: "containerInsights", value: "disabled" }],
      capacityProviders: [],
      defaultCapacityProviderStrategy: [],
    });
    const again = await ecs.send(new CreateClusterCommand({ clusterName: "default" }));
    expect(again.cluster?.clusterArn).toBe(cluster?.clusterArn);
    expect((await ecs.send(new ListClustersCommand({}))).clusterArns).toEqual([
      cluster?.clusterArn,
    ]);
  });

  it("tells settings and tags only when they are asked for, and what is missing as a failure", async () => {
    await ecs.send(
      new CreateClusterCommand({ clusterName: "web", tags: [{ key: "team", value: "a" }] }),
    );
    const bare = await ecs.send(new DescribeClustersCommand({ clusters: ["web", "nowhere"] }));
    expect(bare.clusters?.[0]).toMatchObject({ settings: [], tags: [] });
    expect(bare.failures).toEqual([
      { arn: "arn:aws:ecs:us-east-1:000000000000:cluster/nowhere", reason: "MISSING" },
    ]);
    const full = await ecs.send(
      new DescribeClustersCommand({ clusters: ["web"], include: ["SETTINGS", "TAGS"] }),
    );
    expect(full.clusters?.[0]).toMatchObject({
      settings: [{ name: "containerInsights", value: "disabled" }],
      tags: [{ key: "team", value: "a" }],
    });
  });

  it("goes INACTIVE when it is deleted, and cannot be used any more", async () => {
    await ecs.send(new CreateClusterCommand({ clusterName: "web" }));
    const { cluster } = await ecs.send(new DeleteClusterCommand({ cluster: "web" }));
    expect(cluster?.status).toBe("INACTIVE");
    expect((await ecs.send(new ListClustersCommand({}))).clusterArns).toEqual([]);
    await expect(ecs.send(new DeleteClusterCommand({ cluster: "web" }))).rejects.toMatchObject({
      name: "ClusterNotFoundException",
      message: "Cluster not found.",
    });
    const reborn = await ecs.send(new CreateClusterCommand({ clusterName: "web" }));
    expect(reborn.cluster?.status).toBe("ACTIVE");
  });

  it("takes Fargate's capacity providers and no others", async () => {
    await ecs.send(new CreateClusterCommand({ clusterName: "web" }));
    const { cluster } = await ecs.send(
      new PutClusterCapacityProvidersCommand({
        cluster: "web",
        capacityProviders: ["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy: [{ capacityProvider: "FARGATE", weight: 1, base: 1 }],
      }),
    );
    expect(cluster?.capacityProviders).toEqual(["FARGATE", "FARGATE_SPOT"]);
    const refused = ecs.send(
      new PutClusterCapacityProvidersCommand({
        cluster: "web",
        capacityProviders: ["mine"],
        defaultCapacityProviderStrategy: [],
      }),
    );
    await expect(refused).rejects.toMatchObject({ name: "InvalidParameterException" });
  });

  it("has the container insights that the account wants, until it is told otherwise", async () => {
    await ecs.send(
      new PutAccountSettingDefaultCommand({ name: "containerInsights", value: "enhanced" }),
    );
    const { cluster } = await ecs.send(new CreateClusterCommand({ clusterName: "web" }));
    expect(cluster?.settings).toEqual([{ name: "containerInsights", value: "enhanced" }]);
    const changed = await ecs.send(
      new UpdateClusterSettingsCommand({
        cluster: "web",
        settings: [{ name: "containerInsights", value: "disabled" }],
      }),
    );
    expect(changed.cluster?.settings).toEqual([{ name: "containerInsights", value: "disabled" }]);
    const { settings } = await ecs.send(
      new ListAccountSettingsCommand({ name: "containerInsights", effectiveSettings: true }),
    );
    expect(settings?.map(({ value }) => value)).toEqual(["enhanced"]);
  });

  it("is tagged and untagged by ARN", async () => {
    const { cluster } = await ecs.send(new CreateClusterCommand({ clusterName: "web" }));
    const resourceArn = cluster?.clusterArn ?? "";
    const tags = [
      { key: "a", value: "1" },
      { key: "b", value: "2" },
    ];
    await ecs.send(new TagResourceCommand({ resourceArn, tags }));
    await ecs.send(new UntagResourceCommand({ resourceArn, tagKeys: ["a"] }));
    const listed = await ecs.send(new ListTagsForResourceCommand({ resourceArn }));
    expect(listed.tags).toEqual([{ key: "b", value: "2" }]);
  });

  it("brings the service-linked role into the account", async () => {
    const iam = cloud.client(IAMClient);
    const RoleName = "AWSServiceRoleForECS";
    await expect(iam.send(new GetRoleCommand({ RoleName }))).rejects.toMatchObject({
      name: "NoSuchEntityException",
    });
    await ecs.send(new CreateClusterCommand({}));
    const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
    expect(Role?.Arn).toBe(
      "arn:aws:iam::000000000000:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
    );
    const { AttachedPolicies } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
    expect(AttachedPolicies?.map(({ PolicyName }) => PolicyName)).toEqual([
      "AmazonECSServiceRolePolicy",
    ]);
  });
});
