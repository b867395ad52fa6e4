import type {
  ApplicationInfo,
  CodeDeploy,
  DeploymentGroupInfo,
  DeploymentInfo,
  DeploymentTarget,
  TrafficRoutingConfig,
} from "@aws-sdk/client-codedeploy";
import type { AwsClients } from "../../aws/clients.ts";
import { isAwsException, isNotFound } from "../../aws/errors.ts";
import type { AwsRunner, CallLimits } from "../../aws/runner.ts";
import type { Clock } from "../../clock.ts";

/** `target.lambda.via.codeDeploy` or `target.ecs.via.codeDeploy` of headgate.yaml. */
export interface DeployPlace {
  readonly application: string;
  readonly deploymentGroup: string;
  /** In place of the group's own. */
  readonly config?: string | undefined;
}

type Wait = "READY_WAIT" | "TERMINATION_WAIT";

/** CodeDeploy's operations on one deployment group, each named for messages, none raw. */
export interface DeployApi {
  readonly place: DeployPlace;
  application(): Promise<ApplicationInfo>;
  group(limits?: CallLimits): Promise<DeploymentGroupInfo>;
  routing(config: string, limits?: CallLimits): Promise<TrafficRoutingConfig>;
  /** The group's newest, newest first. Of a group that was deleted, those that it had when it was last looked at. */
  newest(limits?: CallLimits): Promise<readonly DeploymentInfo[]>;
  /** Undefined when it has not begun. */
  target(deploymentId: string, limits?: CallLimits): Promise<DeploymentTarget | undefined>;
  /** Not sent again when it may have had its effect: the caller looks first. */
  create(
    deployment: {
      readonly description: string;
      readonly content: string;
      readonly config?: string;
    },
    limits: CallLimits,
  ): Promise<void>;
  /**
   * Nothing happens when it is over already.
   * @returns whether there was anybody to tell: of a group that was deleted, nobody stops a deployment any more.
   */
  stop(deploymentId: string, rollback: boolean, limits: CallLimits): Promise<boolean>;
  /** Nothing happens when it does not wait. */
  proceed(deploymentId: string, wait: Wait, limits: CallLimits): Promise<void>;
}

/**
 * No deployment takes longer. Source: AWS docs, CodeDeploy quotas: 50 hours of functions, 120 of services.
 */
const LOOK_BACK_MS = 6 * 86_400_000;
/** One more than enough: ours, its rollback, and what somebody else began after them. */
const LOOKED_AT = 10;

export function deployApi(parts: {
  readonly clients: AwsClients;
  readonly run: AwsRunner;
  readonly clock: Clock;
  readonly place: DeployPlace;
}): DeployApi {
  const { clients, run, clock, place } = parts;
  const applicationName = place.application;
  const names = { applicationName, deploymentGroupName: place.deploymentGroup };
  const theGroup = `deployment group ${place.deploymentGroup} of application ${place.application}`;

  const call = async <Output>(
    action: string,
    subject: string,
    send: (client: CodeDeploy, options: { readonly abortSignal: AbortSignal }) => Promise<Output>,
    limits?: CallLimits,
  ): Promise<Output> => {
    const client = await clients.codeDeploy();
    const request = { action: `codedeploy:${action}`, subject };
    return run(request, (abortSignal) => send(client, { abortSignal }), limits);
  };
  const configs = new Map<string, TrafficRoutingConfig>();
  let known: readonly string[] = [];

  /** Unverified: AWS does not document the order; the newest come first. */
  const listNewest = async (limits?: CallLimits): Promise<readonly string[]> => {
    const start = new Date(clock.nowMs() - LOOK_BACK_MS);
    try {
      const { deployments = [] } = await call(
        "ListDeployments",
        theGroup,
        (client, options) =>
          client.listDeployments({ ...names, createTimeRange: { start } }, options),
        limits,
      );
      known = deployments.slice(0, LOOKED_AT);
    } catch (error) {
      // A deployment outlives its group, and goes on to shift traffic: it is still to be watched and stopped.
      if (!isNotFound(error) || known.length === 0) throw error;
    }
    return known;
  };

  return {
    place,
    async application() {
      const { application } = await call(
        "GetApplication",
        `application ${applicationName}`,
        (client, options) => client.getApplication({ applicationName }, options),
      );
      return application ?? {};
    },
    async group(limits) {
      const { deploymentGroupInfo } = await call(
        "GetDeploymentGroup",
        theGroup,
        (client, options) => client.getDeploymentGroup(names, options),
        limits,
      );
      return deploymentGroupInfo ?? {};
    },
    // A deployment configuration cannot be changed, so it is read once.
    async routing(deploymentConfigName, limits) {
      const known = configs.get(deploymentConfigName);
      if (known !== undefined) return known;
      const { deploymentConfigInfo } = await call(
        "GetDeploymentConfig",
        `deployment configuration ${deploymentConfigName}`,
        (client, options) => client.getDeploymentConfig({ deploymentConfigName }, options),
        limits,
      );
      const routing = deploymentConfigInfo?.trafficRoutingConfig ?? {};
      configs.set(deploymentConfigName, routing);
      return routing;
    },
    async newest(limits) {
      const deploymentIds = [...(await listNewest(limits))];
      if (deploymentIds.length === 0) return [];
      const { deploymentsInfo = [] } = await call(
        "BatchGetDeployments",
        theGroup,
        (client, options) => client.batchGetDeployments({ deploymentIds }, options),
        limits,
      );
      // Of one moment, as a stopped one and its rollback may be, the order of the list is kept.
      const rank = ({ deploymentId = "" }: DeploymentInfo) => deploymentIds.indexOf(deploymentId);
      return deploymentsInfo.toSorted(
        (left, right) => createdMs(right) - createdMs(left) || rank(left) - rank(right),
      );
    },
    async target(deploymentId, limits) {
      const subject = `deployment ${deploymentId}`;
      try {
        const { targetIds = [] } = await call(
          "ListDeploymentTargets",
          subject,
          (client, options) => client.listDeploymentTargets({ deploymentId }, options),
          limits,
        );
        const [targetId] = targetIds;
        if (targetId === undefined) return undefined;
        const { deploymentTarget } = await call(
          "GetDeploymentTarget",
          subject,
          (client, options) => client.getDeploymentTarget({ deploymentId, targetId }, options),
          limits,
        );
        return deploymentTarget;
      } catch (error) {
        if (isAwsException(error, "DeploymentNotStartedException")) return undefined;
        throw error;
      }
    },
    async create({ description, content, config = place.config }, limits) {
      const revision = { revisionType: "AppSpecContent" as const, appSpecContent: { content } };
      const input = {
        ...names,
        description,
        revision,
        ...(config === undefined ? {} : { deploymentConfigName: config }),
      };
      await call(
        "CreateDeployment",
        theGroup,
        (client, options) => client.createDeployment(input, options),
        { ...limits, retry: "unsent" },
      );
    },
    async stop(deploymentId, autoRollbackEnabled, limits) {
      try {
        await call(
          "StopDeployment",
          `deployment ${deploymentId}`,
          (client, options) =>
            client.stopDeployment({ deploymentId, autoRollbackEnabled }, options),
          limits,
        );
      } catch (error) {
        if (isNotFound(error)) return false;
        if (!isAwsException(error, "DeploymentAlreadyCompletedException")) throw error;
      }
      return true;
    },
    async proceed(deploymentId, deploymentWaitType, limits) {
      try {
        await call(
          "ContinueDeployment",
          `deployment ${deploymentId}`,
          (client, options) =>
            client.continueDeployment({ deploymentId, deploymentWaitType }, options),
          limits,
        );
      } catch (error) {
        const isOver =
          isAwsException(error, "DeploymentIsNotInReadyStateException") ||
          isAwsException(error, "DeploymentAlreadyCompletedException");
        if (!isOver) throw error;
      }
    },
  };
}

function createdMs({ createTime }: DeploymentInfo): number {
  return createTime?.getTime() ?? 0;
}
