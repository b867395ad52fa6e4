import type {
  AwsVpcConfiguration,
  CapacityProviderStrategyItem,
  ClusterConfiguration,
  ClusterSetting,
  DeploymentConfiguration,
  LoadBalancer,
  ServiceDeploymentRollbackMonitorsStatus,
  TaskDefinition,
} from "@aws-sdk/client-ecs";
import { perPlace } from "../../storage/per-place.ts";
import type { Store, Table } from "../../storage/store.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import type { Tags } from "../tags.ts";

export const SERVICE = "ecs";

export interface ClusterRow {
  readonly name: string;
  readonly arn: string;
  readonly status: "ACTIVE" | "INACTIVE";
  readonly settings: readonly ClusterSetting[];
  readonly configuration: ClusterConfiguration | undefined;
  readonly capacityProviders: readonly string[];
  readonly defaultStrategy: readonly CapacityProviderStrategyItem[];
}

/** One revision, as it was registered. */
export interface TaskDefinitionRow {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  readonly status: "ACTIVE" | "INACTIVE" | "DELETE_IN_PROGRESS";
  readonly definition: TaskDefinition;
}

/** What a service, a task set or a service revision runs its tasks with. */
export interface Workload {
  readonly taskDefinitionArn: string;
  readonly launchType: "EC2" | "FARGATE" | "EXTERNAL" | undefined;
  readonly capacityProviderStrategy: readonly CapacityProviderStrategyItem[];
  readonly platformVersion: string | undefined;
  readonly network: AwsVpcConfiguration | undefined;
  readonly loadBalancers: readonly LoadBalancer[];
  readonly healthCheckGraceSeconds: number;
}

export interface ServiceEventRow {
  readonly id: string;
  readonly atMs: number;
  readonly message: string;
}

/** One entry of `deployments` of a service with the ECS controller. */
export interface DeploymentRow {
  /** "ecs-svc/1234567890123456789": also the group of its tasks, and their `startedBy`. */
  readonly id: string;
  readonly status: "PRIMARY" | "ACTIVE" | "INACTIVE";
  readonly workload: Workload;
  readonly desiredCount: number;
  readonly rolloutState: "COMPLETED" | "FAILED" | "IN_PROGRESS";
  readonly rolloutStateReason: string;
  readonly revisionArn: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface ServiceRow {
  readonly clusterName: string;
  readonly name: string;
  readonly arn: string;
  readonly status: "ACTIVE" | "DRAINING" | "INACTIVE";
  readonly controller: "ECS" | "CODE_DEPLOY" | "EXTERNAL";
  readonly schedulingStrategy: "REPLICA" | "DAEMON";
  readonly desiredCount: number;
  /** Undefined for an EXTERNAL service that was made without one. */
  readonly workload: Workload | undefined;
  readonly deploymentConfiguration: DeploymentConfiguration;
  /** Newest first. Empty for the other two controllers. */
  readonly deployments: readonly DeploymentRow[];
  /** The arn of the service deployment under way, for the ECS controller. */
  readonly currentServiceDeploymentArn: string | undefined;
  readonly currentServiceRevisionArns: readonly string[];
  /** Newest first, at most 100. */
  readonly events: readonly ServiceEventRow[];
  readonly roleArn: string | undefined;
  readonly enableEcsManagedTags: boolean;
  readonly enableExecuteCommand: boolean;
  readonly propagateTags: "TASK_DEFINITION" | "SERVICE" | "NONE";
  readonly availabilityZoneRebalancing: "ENABLED" | "DISABLED";
  readonly createdAtMs: number;
  readonly createdBy: string;
}

export interface TaskSetRow {
  /** "ecs-svc/1234567890123456789": also the group of its tasks, and their `startedBy`. */
  readonly id: string;
  readonly arn: string;
  readonly clusterName: string;
  readonly serviceName: string;
  readonly status: "PRIMARY" | "ACTIVE" | "DRAINING";
  readonly externalId: string | undefined;
  readonly startedBy: string | undefined;
  readonly workload: Workload;
  readonly scalePercent: number;
  /** When it last became STEADY_STATE or left it. */
  readonly stabilityAtMs: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface ContainerRow {
  readonly name: string;
  readonly arn: string;
  readonly image: string;
  readonly imageDigest: string | undefined;
  /** In CPU units; 0 when the container has no share of its own. */
  readonly cpu: number;
  /** In MiB. */
  readonly memory: number | undefined;
  readonly runtimeId: string | undefined;
  readonly lastStatus: "PENDING" | "RUNNING" | "STOPPED";
  readonly healthStatus: "HEALTHY" | "UNHEALTHY" | "UNKNOWN";
  readonly exitCode: number | undefined;
  readonly reason: string | undefined;
  readonly restartCount: number;
  /** Set when it last began to run. */
  readonly startedAtMs: number | undefined;
  readonly stoppedAtMs: number | undefined;
}

export type TaskStatus =
  | "PROVISIONING"
  | "PENDING"
  | "ACTIVATING"
  | "RUNNING"
  | "DEACTIVATING"
  | "STOPPING"
  | "DEPROVISIONING"
  | "STOPPED";

export interface TaskRow {
  readonly id: string;
  readonly arn: string;
  readonly clusterName: string;
  /** "service:web" or "family:web". */
  readonly group: string;
  /** The id of a deployment or task set ("ecs-svc/..."), or what RunTask was given. */
  readonly startedBy: string | undefined;
  readonly workload: Workload;
  readonly lastStatus: TaskStatus;
  readonly desiredStatus: "RUNNING" | "STOPPED";
  readonly containers: readonly ContainerRow[];
  readonly healthStatus: "HEALTHY" | "UNHEALTHY" | "UNKNOWN";
  readonly network:
    | {
        readonly interfaceId: string;
        readonly attachmentId: string;
        readonly subnetId: string;
        readonly address: string;
        readonly macAddress: string;
        readonly zone: string;
      }
    | undefined;
  /** What RunTask changed for this task, as it was given. */
  readonly overrides: import("@aws-sdk/client-ecs").TaskOverride;
  readonly enableExecuteCommand: boolean;
  readonly stopCode: import("@aws-sdk/client-ecs").TaskStopCode | undefined;
  readonly stoppedReason: string | undefined;
  /** Why it is still in a target group although it ends, in the words of a service's events. */
  readonly leftBehind?: string | undefined;
  readonly version: number;
  /** Until when a service must leave it alone (task scale-in protection). */
  readonly protectedUntilMs: number | undefined;
  readonly createdAtMs: number;
  readonly pullStartedAtMs: number | undefined;
  readonly pullStoppedAtMs: number | undefined;
  readonly startedAtMs: number | undefined;
  readonly stoppingAtMs: number | undefined;
  readonly executionStoppedAtMs: number | undefined;
  readonly stoppedAtMs: number | undefined;
}

/** A workload as a service had it: what deployments go from and to. */
export interface ServiceRevisionRow {
  readonly arn: string;
  readonly clusterName: string;
  readonly serviceName: string;
  readonly workload: Workload;
  readonly createdAtMs: number;
}

/** One deployment of a service with the ECS controller, as DescribeServiceDeployments tells it. */
export interface ServiceDeploymentRow {
  readonly arn: string;
  readonly clusterName: string;
  readonly serviceName: string;
  readonly status: import("@aws-sdk/client-ecs").ServiceDeploymentStatus;
  readonly statusReason: string | undefined;
  readonly lifecycleStage:
    | import("@aws-sdk/client-ecs").ServiceDeploymentLifecycleStage
    | undefined;
  readonly configuration: DeploymentConfiguration;
  /** Undefined for the first deployment of a service. */
  readonly sourceRevisionArn: string | undefined;
  readonly targetRevisionArn: string;
  /** Percent of the target revision, as last asked for. */
  readonly productionWeight: number;
  readonly testWeight: number;
  readonly alarms: {
    readonly status: ServiceDeploymentRollbackMonitorsStatus | undefined;
    readonly triggered: readonly string[];
  };
  readonly failedTaskCount: number;
  readonly rollbackReason: string | undefined;
  readonly rollbackStartedAtMs: number | undefined;
  readonly createdAtMs: number;
  readonly startedAtMs: number | undefined;
  readonly updatedAtMs: number;
  readonly finishedAtMs: number | undefined;
  readonly stoppedAtMs: number | undefined;
}

/** The tables of one account in one region. */
export interface PlaceState {
  readonly place: Place;
  /** By name. */
  readonly clusters: Table<ClusterRow>;
  /** By "family:revision". */
  readonly taskDefinitions: Table<TaskDefinitionRow>;
  /** The last revision that was given, by family: numbers are never used again. */
  readonly revisions: Table<number>;
  /** By id. Stopped ones are kept for an hour. */
  tasks(cluster: string): Table<TaskRow>;
  /** By name. INACTIVE ones are kept. */
  services(cluster: string): Table<ServiceRow>;
  /** By id. */
  taskSets(cluster: string, service: string): Table<TaskSetRow>;
  /** By ARN. */
  readonly serviceDeployments: Table<ServiceDeploymentRow>;
  /** By ARN. */
  readonly serviceRevisions: Table<ServiceRevisionRow>;
  /** Account settings by "principal name"; of the account's default by "default name". */
  readonly settings: Table<string>;
  /** Of every kind of resource, by ARN. */
  readonly tags: Table<Tags>;
}

/** The tables of a place, the same object each time. */
export function stateOpener(store: Store): (place: Place) => PlaceState {
  return perPlace((place) => openState(store, place));
}

function openState(store: Store, { account, region }: Place): PlaceState {
  const table = <Value>(name: string) =>
    store.table<Value>({ account, region, service: SERVICE }, name);
  return {
    place: { account, region },
    clusters: table("clusters"),
    taskDefinitions: table("task-definitions"),
    revisions: table("revisions"),
    tasks: (cluster) => table(`tasks/${cluster}`),
    services: (cluster) => table(`services/${cluster}`),
    taskSets: (cluster, service) => table(`task-sets/${cluster}/${service}`),
    serviceDeployments: table("service-deployments"),
    serviceRevisions: table("service-revisions"),
    settings: table("settings"),
    tags: table("tags"),
  };
}
