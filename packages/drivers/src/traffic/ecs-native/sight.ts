import type {
  DeploymentConfiguration,
  ServiceDeployment,
  ServiceDeploymentStatus,
  ServiceRevision,
  ServiceRevisionSummary,
} from "@aws-sdk/client-ecs";
import { NO_TRAFFIC, type VersionId, type WeightBps } from "@headgate/core";
import { lastPart } from "../ecs/place.ts";
import { type ServiceView, versionOf } from "../ecs/service.ts";
import { bps } from "./configuration.ts";

/** A service revision: what ECS makes of each deployment's settings. */
export interface RevisionView {
  readonly arn: string;
  /** "1234567890123456789" */
  readonly id: string;
  readonly version: VersionId;
  readonly taskDefinitionArn: string;
  /** Where its tasks are registered. */
  readonly groupArns: readonly string[];
}

/** A pause that waits for an answer. */
export interface WaitingPause {
  readonly hookId: string;
  readonly expiresAt: Date | undefined;
}

export interface DeploymentView {
  readonly arn: string;
  readonly status: ServiceDeploymentStatus | undefined;
  /** Not stopped, and not on its way back. */
  readonly isForward: boolean;
  readonly stage: string;
  /** Undefined for a service's first one. */
  readonly sourceArn: string | undefined;
  readonly targetArn: string;
  /** The target revision's share of production traffic, as ECS last asked for it. */
  readonly weight: WeightBps;
  /** All tasks of the source revision still run: it could take all traffic at once. */
  readonly isSourceWhole: boolean;
  readonly reason: string;
  readonly createdAtMs: number;
  readonly configuration: DeploymentConfiguration;
  readonly pauses: readonly WaitingPause[];
}

/** What ECS says of a service at one time. */
export interface EcsSight {
  readonly service: ServiceView;
  /** The one under way. */
  readonly deployment: DeploymentView | undefined;
  /** Those that the service has tasks of, and those of the deployment. */
  readonly revisions: readonly RevisionView[];
  /** Those that the service has, without the deployment's. */
  readonly currentArns: readonly string[];
}

export function isOver(status: ServiceDeploymentStatus | undefined): boolean {
  return (
    status === "SUCCESSFUL" ||
    status === "STOPPED" ||
    status === "ROLLBACK_SUCCESSFUL" ||
    status === "ROLLBACK_FAILED"
  );
}

export function deploymentView(raw: ServiceDeployment): DeploymentView {
  const { status, sourceServiceRevisions = [], targetServiceRevision: target } = raw;
  const [source] = sourceServiceRevisions;
  return {
    arn: raw.serviceDeploymentArn ?? "",
    status,
    isForward: status === "PENDING" || status === "IN_PROGRESS",
    stage: raw.lifecycleStage ?? "",
    sourceArn: source?.arn,
    targetArn: target?.arn ?? "",
    weight:
      target?.requestedProductionTrafficWeight === undefined
        ? NO_TRAFFIC
        : bps(target.requestedProductionTrafficWeight),
    isSourceWhole: isWhole(source),
    reason: raw.statusReason ?? "",
    createdAtMs: raw.createdAt?.getTime() ?? 0,
    configuration: raw.deploymentConfiguration ?? {},
    pauses: (raw.lifecycleHookDetails ?? []).flatMap(
      ({ targetType, status: state, hookId, expiresAt }) =>
        targetType === "PAUSE" && state === "AWAITING_ACTION" && hookId !== undefined
          ? [{ hookId, expiresAt }]
          : [],
    ),
  };
}

function isWhole(source: ServiceRevisionSummary | undefined): boolean {
  const { requestedTaskCount = 0, runningTaskCount = 0 } = source ?? {};
  return requestedTaskCount > 0 && runningTaskCount >= requestedTaskCount;
}

export function revisionView(raw: ServiceRevision): RevisionView {
  const { serviceRevisionArn: arn = "", taskDefinition = "" } = raw;
  const groups = (list: ServiceRevision["loadBalancers"]) =>
    (list ?? []).flatMap(({ targetGroupArn = "" }) => targetGroupArn);
  const resolved = groups(raw.resolvedConfiguration?.loadBalancers);
  return {
    arn,
    id: lastPart(arn),
    version: versionOf(taskDefinition),
    taskDefinitionArn: taskDefinition,
    groupArns: resolved.length > 0 ? resolved : groups(raw.loadBalancers),
  };
}

export function revisionOf(
  { revisions }: Pick<EcsSight, "revisions">,
  arn: string | undefined,
): RevisionView | undefined {
  return revisions.find((one) => one.arn === arn);
}

/** Stages that come before the first gate. */
const EARLY = new Set(["", "RECONCILE_SERVICE", "PRE_SCALE_UP", "SCALE_UP", "POST_SCALE_UP"]);

/**
 * The pause at one of our gates, when the deployment stands there. Which hook waits ECS does not say; before the
 * gates there may be pauses of somebody else, and none at them.
 */
export function gateOf(deployment: DeploymentView): WaitingPause | undefined {
  if (!deployment.isForward || EARLY.has(deployment.stage)) return undefined;
  return deployment.pauses[0];
}

/** "IN_PROGRESS at SCALE_UP", "ROLLBACK_IN_PROGRESS at PRODUCTION_TRAFFIC_SHIFT: an alarm ..." */
export function describeDeployment(deployment: DeploymentView): string {
  const { status = "of unknown status", stage, reason } = deployment;
  return `${status}${stage === "" ? "" : ` at ${stage}`}${reason === "" ? "" : `: ${reason}`}`;
}
