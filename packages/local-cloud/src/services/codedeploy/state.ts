import type {
  ComputePlatform,
  CreateDeploymentGroupInput,
  DeploymentConfigInfo,
  Diagnostics,
  ECSTaskSet,
  ErrorInformation,
  FileExistsBehavior,
  LifecycleEventStatus,
  RevisionLocation,
  RollbackInfo,
  TrafficRoutingConfig,
} from "@aws-sdk/client-codedeploy";
import type { CapacityShare } from "../../data-plane/ports/container-services.ts";
import type { Cloud } from "../../service.ts";
import { perPlace } from "../../storage/per-place.ts";
import type { Store, Table } from "../../storage/store.ts";
import type { Place } from "../../telemetry/metric-sink.ts";
import type { Tags } from "../tags.ts";

/** Also the SigV4 signing name. */
export const SERVICE = "codedeploy";

export interface ApplicationRow {
  readonly id: string;
  readonly name: string;
  readonly computePlatform: ComputePlatform;
  readonly createdAtMs: number;
}

export interface ConfigRow extends DeploymentConfigInfo {
  readonly deploymentConfigName: string;
  readonly computePlatform: ComputePlatform;
}

/** What a group was told, as it was told. */
export interface GroupSettings extends Omit<
  CreateDeploymentGroupInput,
  "applicationName" | "deploymentGroupName" | "tags"
> {
  readonly deploymentConfigName: string;
  readonly serviceRoleArn: string;
}

export interface GroupRow {
  readonly id: string;
  readonly applicationId: string;
  readonly name: string;
  readonly settings: GroupSettings;
  readonly targetRevision?: RevisionLocation;
  readonly lastAttemptedId?: string;
  readonly lastSuccessfulId?: string;
}

export interface RevisionRow {
  readonly applicationId: string;
  readonly location: RevisionLocation;
  readonly description?: string | undefined;
  readonly registeredAtMs: number;
  readonly firstUsedAtMs?: number;
  readonly lastUsedAtMs?: number;
}

export interface LifecycleEventRow {
  readonly name: string;
  readonly status: LifecycleEventStatus;
  readonly startedAtMs?: number;
  readonly endedAtMs?: number;
  readonly diagnostics?: Diagnostics;
}

/** One call of a hook's function, and what it reported. */
export interface HookRow {
  readonly event: string;
  readonly executionId: string;
  readonly startedAtMs: number;
  /** Set when the function has been invoked: its hour runs from here. */
  readonly invokedAtMs?: number;
  readonly report?: "Succeeded" | "Failed";
}

export interface LambdaTargetRow {
  readonly kind: "Lambda";
  readonly functionName: string;
  readonly alias: string;
  readonly currentVersion: string;
  readonly targetVersion: string;
}

/** A task set and the target group that its tasks stand in. */
export interface TaskSetRef {
  readonly id: string;
  readonly targetGroupArn: string;
}

export interface EcsTargetRow {
  readonly kind: "ECS";
  readonly cluster: string;
  readonly service: string;
  readonly serviceArn: string;
  readonly prodListenerArn: string;
  readonly testListenerArn?: string | undefined;
  readonly taskDefinition: string;
  readonly containerName: string;
  readonly containerPort: number;
  readonly platformVersion?: string | undefined;
  readonly network?:
    | {
        readonly subnets: readonly string[];
        readonly securityGroups: readonly string[];
        readonly assignPublicIp: "ENABLED" | "DISABLED";
      }
    | undefined;
  /** Left out: as the service's own tasks are launched. */
  readonly capacityProviders?: readonly CapacityShare[] | undefined;
  /** What serves when the deployment starts. */
  readonly original: TaskSetRef;
  /** Its id is "" until the task set has been made. */
  readonly replacement: TaskSetRef;
  /** As they were last seen. */
  readonly taskSets: readonly ECSTaskSet[];
}

export type TargetRow = LambdaTargetRow | EcsTargetRow;

/** Where in its stages a deployment is; `execution/engine.ts` has the drawing. */
export interface ProgressRow {
  /** Index of the present stage. */
  readonly stage: number;
  /** When the present stage began; undefined until it has. */
  readonly stageStartedAtMs?: number | undefined;
  /** How many shifts of traffic are done. */
  readonly shiftsDone: number;
  /** Share of the target version or replacement task set, in percent. */
  readonly weightPercent: number;
  /** ContinueDeployment was called for the wait that runs. */
  readonly isContinued: boolean;
  readonly isTerminationWaiting: boolean;
}

export interface StopRow {
  readonly by: "user" | "alarm" | "deadline";
  readonly error: ErrorInformation;
  /** StopDeployment's own word on it. */
  readonly autoRollbackEnabled?: boolean | undefined;
}

export type Status = "Created" | "InProgress" | "Ready" | "Succeeded" | "Failed" | "Stopped";

export interface DeploymentRow {
  readonly id: string;
  readonly applicationId: string;
  readonly applicationName: string;
  readonly groupId: string;
  readonly groupName: string;
  readonly computePlatform: ComputePlatform;
  readonly configName: string;
  readonly routing: TrafficRoutingConfig;
  readonly revision: RevisionLocation;
  readonly previousRevision?: RevisionLocation | undefined;
  readonly description?: string | undefined;
  readonly creator: "user" | "codeDeployRollback";
  readonly ignoreApplicationStopFailures: boolean;
  readonly updateOutdatedInstancesOnly: boolean;
  readonly fileExistsBehavior: FileExistsBehavior;
  /** The group's at the time, with what CreateDeployment overrode. */
  readonly settings: GroupSettings;
  readonly overrideAlarmConfiguration?: GroupSettings["alarmConfiguration"];
  readonly createdAtMs: number;
  readonly startedAtMs?: number;
  readonly completedAtMs?: number;
  readonly updatedAtMs: number;
  readonly status: Status;
  readonly error?: ErrorInformation | undefined;
  readonly rollbackInfo?: RollbackInfo | undefined;
  readonly target?: TargetRow;
  /** The function of each lifecycle event that has one. */
  readonly hooks: Readonly<Record<string, string>>;
  readonly hookRuns: readonly HookRow[];
  readonly events: readonly LifecycleEventRow[];
  readonly progress: ProgressRow;
  /** Set when it is to end where it stands. */
  readonly stop?: StopRow;
}

export interface OnPremisesInstanceRow {
  readonly name: string;
  readonly iamUserArn?: string | undefined;
  readonly iamSessionArn?: string | undefined;
  readonly registeredAtMs: number;
  readonly deregisteredAtMs?: number;
  readonly tags: Tags;
}

/** The tables of one account in one region. */
export interface PlaceState {
  readonly place: Place;
  /** By name. */
  readonly applications: Table<ApplicationRow>;
  /** By name; users' own only. */
  readonly configs: Table<ConfigRow>;
  /** By {@link groupKey}. */
  readonly groups: Table<GroupRow>;
  /** By application id and the key of the location. */
  readonly revisions: Table<RevisionRow>;
  /** By id. */
  readonly deployments: Table<DeploymentRow>;
  /** By name. */
  readonly instances: Table<OnPremisesInstanceRow>;
  /** By ARN. */
  readonly tags: Table<Tags>;
}

export function groupKey(applicationId: string, groupName: string): string {
  return `${applicationId}/${groupName}`;
}

export function isCompleted({ status }: Pick<DeploymentRow, "status">): boolean {
  return status === "Succeeded" || status === "Failed" || status === "Stopped";
}

/** The tables of a place, the same object each time. */
export function stateOpener(store: Store): (place: Place) => PlaceState {
  return perPlace((place) => {
    const { account, region } = place;
    const table = <Value>(name: string) =>
      store.table<Value>({ account, region, service: SERVICE }, name);
    return {
      place,
      applications: table("applications"),
      configs: table("configs"),
      groups: table("groups"),
      revisions: table("revisions"),
      deployments: table("deployments"),
      instances: table("instances"),
      tags: table("tags"),
    };
  });
}

/** What every operation of the service works with. */
export interface CodeDeploy {
  readonly cloud: Cloud;
  in(place: Place): PlaceState;
}

const ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** "d-" and nine letters and digits, as AWS's ids are. */
export function newDeploymentId({ cloud }: CodeDeploy): string {
  return `d-${cloud.random.string(9, ID_ALPHABET)}`;
}
