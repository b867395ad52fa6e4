import {
  CreateClusterCommand,
  DescribeTasksCommand,
  ECSClient,
  type RegisterTaskDefinitionCommandInput,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  type RunTaskCommandInput,
  type Task,
} from "@aws-sdk/client-ecs";
import {
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import type { LocalCloudOptions } from "../../../src/index.ts";
import { createRole } from "../../support/roles.ts";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";
import { type FakeRuntime, fakeRuntime } from "./fake-runtime.ts";

/** A cloud whose containers are those of a test, with a cluster and a network. */
export interface EcsCloud extends TestCloud {
  readonly ecs: ECSClient;
  readonly runtime: FakeRuntime;
  readonly subnets: string[];
  readonly securityGroups: string[];
  readonly executionRoleArn: string;
  /** Registers a definition for Fargate of these containers. @returns "family:revision". */
  register(more: Partial<RegisterTaskDefinitionCommandInput>): Promise<string>;
  /** Runs tasks of a definition in the default cluster. */
  run(taskDefinition: string, more?: Partial<RunTaskCommandInput>): Promise<Task[]>;
  task(arn: string | undefined): Promise<Task>;
  /** The task, once it has this status; the clock moves a second at a time. */
  taskIn(status: string, arn: string | undefined): Promise<Task>;
}

export async function startEcsCloud(options: LocalCloudOptions = {}): Promise<EcsCloud> {
  const runtime = fakeRuntime();
  const cloud = await startTestCloud({ clock: "virtual", taskRuntime: runtime, ...options });
  const ecs = cloud.client(ECSClient);
  await ecs.send(new CreateClusterCommand({}));
  const ec2 = cloud.client(EC2Client);
  const found = await ec2.send(new DescribeSubnetsCommand({}));
  const subnets = (found.Subnets ?? []).slice(0, 2).map(({ SubnetId = "" }) => SubnetId);
  const groups = await ec2.send(new DescribeSecurityGroupsCommand({}));
  const securityGroups = [groups.SecurityGroups?.[0]?.GroupId ?? ""];
  const executionRoleArn = await createRole(cloud, "execution", "ecs-tasks.amazonaws.com");
  const task: EcsCloud["task"] = async (arn = "") => {
    const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ tasks: [arn] }));
    const [one] = tasks;
    if (one === undefined) throw new Error(`there is no task ${arn}`);
    return one;
  };
  return {
    ...cloud,
    ecs,
    runtime,
    subnets,
    securityGroups,
    executionRoleArn,
    async register(more) {
      const { taskDefinition } = await ecs.send(
        new RegisterTaskDefinitionCommand({
          family: "web",
          requiresCompatibilities: ["FARGATE"],
          networkMode: "awsvpc",
          cpu: "256",
          memory: "512",
          executionRoleArn,
          containerDefinitions: [
            { name: "web", image: "example/web:1", portMappings: [{ containerPort: 80 }] },
          ],
          ...more,
        }),
      );
      return `${taskDefinition?.family}:${taskDefinition?.revision}`;
    },
    async run(taskDefinition, more = {}) {
      const { tasks = [] } = await ecs.send(
        new RunTaskCommand({
          taskDefinition,
          launchType: "FARGATE",
          networkConfiguration: { awsvpcConfiguration: { subnets, securityGroups } },
          ...more,
        }),
      );
      return tasks;
    },
    task,
    async taskIn(status, arn) {
      for (let second = 0; second < 120; second++) {
        const one = await task(arn);
        if (one.lastStatus === status) return one;
        await cloud.advance(1000);
      }
      const { lastStatus, stoppedReason } = await task(arn);
      throw new Error(`the task is ${lastStatus}, not ${status} (${stoppedReason})`);
    },
    async close() {
      await cloud.close();
      await runtime.close();
    },
  };
}
