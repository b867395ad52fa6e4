import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { CreateServiceCommand, UpdateClusterSettingsCommand } from "@aws-sdk/client-ecs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type EcsCloud, startEcsCloud } from "./ecs-cloud.ts";

// Protects what alarms and dashboards of containers look at: how much tasks use, and how many there are.

let cloud: EcsCloud;

beforeEach(async () => {
  cloud = await startEcsCloud();
});
afterEach(() => cloud.close());

async function average(Namespace: string, MetricName: string, ...names: readonly string[]) {
  const [ClusterName = "", ServiceName] = names;
  const Dimensions = [{ Name: "ClusterName", Value: ClusterName }];
  if (ServiceName !== undefined) Dimensions.push({ Name: "ServiceName", Value: ServiceName });
  const { Datapoints } = await cloud.client(CloudWatchClient).send(
    new GetMetricStatisticsCommand({
      Namespace,
      MetricName,
      Dimensions,
      StartTime: new Date(cloud.nowMs() - 600_000),
      EndTime: new Date(cloud.nowMs() + 60_000),
      Period: 600,
      Statistics: ["Average"],
    }),
  );
  return Datapoints?.[0]?.Average;
}

it("measures tasks once a minute, and counts them where Container Insights is on", async () => {
  const name = await cloud.register({});
  await cloud.ecs.send(
    new UpdateClusterSettingsCommand({
      cluster: "default",
      settings: [{ name: "containerInsights", value: "enhanced" }],
    }),
  );
  await cloud.ecs.send(
    new CreateServiceCommand({
      serviceName: "web",
      taskDefinition: name,
      desiredCount: 2,
      launchType: "FARGATE",
      networkConfiguration: { awsvpcConfiguration: { subnets: cloud.subnets } },
    }),
  );
  await cloud.advance(61_000);
  // The containers of the test use a second of one CPU and 64 MiB; a task has a quarter of one, and 512 MiB.
  expect(await average("AWS/ECS", "MemoryUtilization", "default", "web")).toBe(12.5);
  expect(await average("AWS/ECS", "CPUUtilization", "default", "web")).toBeCloseTo(6.67, 1);
  expect(await average("ECS/ContainerInsights", "RunningTaskCount", "default", "web")).toBe(2);
  expect(await average("ECS/ContainerInsights", "DesiredTaskCount", "default", "web")).toBe(2);
  expect(await average("ECS/ContainerInsights", "PendingTaskCount", "default", "web")).toBe(0);
  expect(await average("ECS/ContainerInsights", "TaskCount", "default")).toBe(2);
});
