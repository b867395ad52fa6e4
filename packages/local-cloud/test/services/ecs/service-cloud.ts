import {
  CreateClusterCommand,
  CreateServiceCommand,
  type CreateServiceCommandInput,
  DescribeServicesCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  type Service,
  UpdateServiceCommand,
  type UpdateServiceCommandInput,
} from "@aws-sdk/client-ecs";
import { ModifyTargetGroupCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { LocalCloudOptions } from "../../../src/index.ts";
import { balancerCloud, forwardTo } from "../elbv2/balancer-cloud.ts";
import { inProcessRuntime } from "./task-runtime.ts";

/** Longest that a test waits, in seconds of the cloud: processes of this machine need their time within it. */
const WAIT_MAX_SECONDS = 7200;

export type ServiceCloud = Awaited<ReturnType<typeof serviceCloud>>;

/** A cloud on a virtual clock with the cluster "default", whose containers are servers of the test's process. */
export async function serviceCloud(options: LocalCloudOptions = {}, isNew = true) {
  const taskRuntime = inProcessRuntime();
  const balancers = await balancerCloud({ taskRuntime, ...options }, isNew ? "create" : "keep");
  const { cloud, elb, subnets } = balancers;
  const ecs = cloud.client<ECSClient>(ECSClient);
  if (isNew) await ecs.send(new CreateClusterCommand({}));

  const describe = async (name: string): Promise<Service> => {
    const { services } = await ecs.send(new DescribeServicesCommand({ services: [name] }));
    const [found] = services ?? [];
    if (found === undefined) throw new Error(`there is no service ${name}`);
    return found;
  };

  return {
    ...balancers,
    ecs,
    describe,
    network: { awsvpcConfiguration: { subnets: subnets.slice(0, 2) } },

    /** Registers a Fargate task definition of one container "app" that listens on 8080. */
    async define(
      family: string,
      image: string,
      more: Partial<RegisterTaskDefinitionCommandInput> = {},
    ): Promise<string> {
      const { taskDefinition } = await ecs.send(
        new RegisterTaskDefinitionCommand({
          family,
          networkMode: "awsvpc",
          requiresCompatibilities: ["FARGATE"],
          cpu: "256",
          memory: "512",
          containerDefinitions: [
            { name: "app", image, essential: true, portMappings: [{ containerPort: 8080 }] },
          ],
          ...more,
        }),
      );
      return taskDefinition?.taskDefinitionArn ?? "";
    },

    async create(more: Partial<CreateServiceCommandInput>): Promise<Service> {
      const { service } = await ecs.send(
        new CreateServiceCommand({
          serviceName: "web",
          desiredCount: 1,
          launchType: "FARGATE",
          networkConfiguration: { awsvpcConfiguration: { subnets: subnets.slice(0, 2) } },
          ...more,
        }),
      );
      return service ?? {};
    },

    async update(input: Omit<UpdateServiceCommandInput, "service">): Promise<Service> {
      const { service } = await ecs.send(new UpdateServiceCommand({ service: "web", ...input }));
      return service ?? {};
    },

    /** A load balancer with a listener to a target group that is checked every 5 seconds. */
    async door() {
      const { arn: balancerArn } = await balancers.balancer();
      const { arn } = await balancers.group(
        [],
        {},
        { "deregistration_delay.timeout_seconds": "5" },
      );
      await elb.send(
        new ModifyTargetGroupCommand({
          TargetGroupArn: arn,
          HealthCheckIntervalSeconds: 5,
          HealthCheckTimeoutSeconds: 2,
          HealthyThresholdCount: 2,
          UnhealthyThresholdCount: 2,
        }),
      );
      const listener = await balancers.listener(balancerArn, forwardTo({ arn }));
      const loadBalancers = [{ targetGroupArn: arn, containerName: "app", containerPort: 8080 }];
      return { arn, listener, loadBalancers };
    },

    /** Moves the cloud's clock a second at a time until it is so; `each` is called every second. */
    async until(
      isSo: (service: Service) => boolean,
      each: (service: Service) => void | Promise<void> = () => undefined,
    ): Promise<Service> {
      for (let seconds = 0; seconds < WAIT_MAX_SECONDS; seconds++) {
        const service = await describe("web");
        await each(service);
        if (isSo(service)) return service;
        await cloud.advance(1000);
      }
      const last = await describe("web");
      throw new Error(`it never came to that: ${JSON.stringify(last, undefined, 1)}`);
    },
  };
}

/** One deployment, and all tasks run. */
export const isStable = ({ deployments = [], runningCount, desiredCount }: Service) =>
  deployments.length === 1 &&
  deployments[0]?.rolloutState === "COMPLETED" &&
  runningCount === desiredCount;

export const messagesOf = ({ events = [] }: Service) => events.map(({ message }) => message ?? "");
