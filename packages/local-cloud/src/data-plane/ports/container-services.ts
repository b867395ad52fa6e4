import type { Place } from "../../telemetry/metric-sink.ts";

/** Which service: names or ARNs. */
export interface ServiceRef extends Place {
  readonly cluster: string;
  readonly service: string;
}

export interface TaskSetView {
  /** "ecs-svc/1234567890123456789" */
  readonly id: string;
  readonly externalId: string | undefined;
  readonly status: "PRIMARY" | "ACTIVE" | "DRAINING";
  readonly taskDefinitionArn: string;
  readonly targetGroupArns: readonly string[];
  readonly computedDesiredCount: number;
  readonly runningCount: number;
  readonly pendingCount: number;
  /** Of the service's desired count, in percent. */
  readonly scalePercent: number;
  /** As many running and healthy, in their target groups too, as are wanted. */
  readonly isSteady: boolean;
}

/** How many of the tasks a capacity provider runs: `base` at least, and of the others its share. */
export interface CapacityShare {
  /** "FARGATE_SPOT" */
  readonly capacityProvider: string;
  readonly base?: number | undefined;
  readonly weight?: number | undefined;
}

export interface ContainerServiceView {
  readonly clusterName: string;
  readonly serviceName: string;
  readonly serviceArn: string;
  readonly status: "ACTIVE" | "DRAINING" | "INACTIVE";
  readonly controller: "ECS" | "CODE_DEPLOY" | "EXTERNAL";
  readonly desiredCount: number;
  readonly taskDefinitionArn: string | undefined;
  readonly taskSets: readonly TaskSetView[];
}

/** Services of containers, for whoever deploys them from outside. */
export interface ContainerServicePort {
  /** Undefined when there is no such cluster or service. */
  find(ref: ServiceRef): ContainerServiceView | undefined;
  /** @throws {AwsError} as CreateTaskSet does: a task definition that does not exist, ... */
  createTaskSet(
    ref: ServiceRef,
    wanted: {
      readonly externalId: string;
      readonly startedBy: string;
      /** Family, family:revision or ARN. */
      readonly taskDefinition: string;
      readonly targetGroupArn: string;
      readonly containerName: string;
      readonly containerPort: number;
      readonly scalePercent: number;
      /** Left out: the service's own. */
      readonly network?:
        | {
            readonly subnets: readonly string[];
            readonly securityGroups: readonly string[];
            readonly assignPublicIp: "ENABLED" | "DISABLED";
          }
        | undefined;
      readonly platformVersion?: string | undefined;
      /** Left out: the service's own way of launching. */
      readonly capacityProviders?: readonly CapacityShare[] | undefined;
    },
  ): Promise<TaskSetView>;
  /** @throws {AwsError} as UpdateServicePrimaryTaskSet does. */
  makePrimary(ref: ServiceRef, taskSetId: string): void;
  /** @throws {AwsError} as UpdateTaskSet does. */
  scale(ref: ServiceRef, taskSetId: string, percent: number): void;
  /** Its tasks are deregistered, drained and stopped; it is DRAINING until they are. */
  deleteTaskSet(ref: ServiceRef, taskSetId: string): void;
}
