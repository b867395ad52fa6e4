import type {
  DeploymentLifecycleHookAction,
  DeploymentLifecycleHookStage,
  DeploymentLifecycleHookStatus,
  DeploymentLifecycleHookTargetType,
} from "@aws-sdk/client-ecs";
import type { JsonObject } from "../../../json-object.ts";
import type { Cloud } from "../../../service.ts";
import type { Table } from "../../../storage/store.ts";
import { type PlaceState, SERVICE, type ServiceDeploymentRow } from "../state.ts";
import type { TurningPoint } from "./plan.ts";

/** The way of one load balancer's traffic: a rule, and the two target groups it leads to. */
export interface Route {
  readonly productionRule: string;
  readonly testRule: string | undefined;
  /** Of the revision that served before. */
  readonly blueGroupArn: string;
  readonly greenGroupArn: string;
  /** The role in which the rules are changed. */
  readonly roleArn?: string | undefined;
}

/** One run of a hook at a stage: several calls, when a function asks to be called again. */
export interface HookRun {
  /** "ecs-pause-...": what ContinueServiceDeployment takes. */
  readonly id: string;
  readonly executionId: string;
  /** Which of the configuration's hooks. */
  readonly index: number;
  readonly at: DeploymentLifecycleHookStage;
  readonly targetType: DeploymentLifecycleHookTargetType;
  readonly targetArn: string | undefined;
  readonly roleArn: string | undefined;
  readonly status: DeploymentLifecycleHookStatus;
  readonly expiresAtMs: number;
  readonly timeoutAction: DeploymentLifecycleHookAction;
  /** Of a function: when it is called next. */
  readonly callAtMs: number;
  /** Why it failed, as the deployment's reason tells it. */
  readonly failure: string | undefined;
}

/** How far a deployment with two revisions has come: everything that it needs after a restart. */
export interface Progress {
  readonly arn: string;
  /** Of the tasks of the source revision; undefined when there is none. */
  readonly blueId: string | undefined;
  readonly greenId: string;
  /** Undefined until they were looked up; empty for a service without load balancers. */
  readonly routes: readonly Route[] | undefined;
  /** What superseded deployments left behind. */
  readonly takenOver: readonly { readonly groupId: string; readonly routes: readonly Route[] }[];
  /** Set when it goes back. */
  readonly turned: TurningPoint | undefined;
  /** Index into the plan of its direction. */
  readonly step: number;
  readonly stepStartedAtMs: number | undefined;
  /** Of the last stage that had hooks. */
  readonly hooks: readonly HookRun[];
  /** What functions gave back to themselves, by the index of the hook. */
  readonly hookData: Readonly<Record<string, JsonObject>>;
  /** A hook that failed on the way back. */
  readonly rollbackFailure: string | undefined;
}

export function progressTable({ store }: Pick<Cloud, "store">, state: PlaceState): Table<Progress> {
  return store.table({ ...state.place, service: SERVICE }, "service-deployment-progress");
}

export function isOver({ status }: Pick<ServiceDeploymentRow, "status">): boolean {
  switch (status) {
    case "SUCCESSFUL":
    case "STOPPED":
    case "ROLLBACK_SUCCESSFUL":
    case "ROLLBACK_FAILED":
      return true;
    case "PENDING":
    case "IN_PROGRESS":
    case "STOP_REQUESTED":
    case "ROLLBACK_REQUESTED":
    case "ROLLBACK_IN_PROGRESS":
      return false;
    default:
      return status satisfies never;
  }
}
