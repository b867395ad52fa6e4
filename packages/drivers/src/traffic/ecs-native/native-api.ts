import type { UpdateServiceCommandInput } from "@aws-sdk/client-ecs";
import { isAwsException } from "../../aws/errors.ts";
import type { CallLimits } from "../../aws/runner.ts";
import type { EcsCalls } from "../ecs/calls.ts";
import type { EcsPlace } from "../ecs/place.ts";
import { readService } from "../ecs/service.ts";
import {
  type DeploymentView,
  deploymentView,
  type EcsSight,
  isOver,
  type RevisionView,
  revisionView,
  type WaitingPause,
} from "./sight.ts";

/** Holds what a release changed of the service's deployment configuration, until it is put back. */
const TAG = "headgate:before";

/** What the driver asks of ECS. */
export interface NativeApi {
  look(limits?: CallLimits): Promise<EcsSight>;
  /** Of any deployment, also one that is over; undefined when ECS does not know it any more. */
  deployment(arn: string, limits?: CallLimits): Promise<DeploymentView | undefined>;
  /** The service's newest deployment, under way or over. */
  newest(limits?: CallLimits): Promise<DeploymentView | undefined>;
  update(change: Omit<UpdateServiceCommandInput, "cluster" | "service">): Promise<void>;
  /**
   * Lets a deployment go on that waits. `isStill` is asked right before every attempt; false when it says no, or ECS
   * says that the pause is over: then nothing was sent, or it changed nothing.
   */
  proceed(
    deployment: Pick<DeploymentView, "arn">,
    pause: WaitingPause,
    isStill: () => Promise<boolean>,
    limits?: CallLimits,
  ): Promise<boolean>;
  /** Turns a deployment back; one that is over stays as it is. */
  turnBack(deployment: Pick<DeploymentView, "arn">, limits?: CallLimits): Promise<void>;
  remembered(): Promise<string | undefined>;
  remember(text: string): Promise<void>;
  forget(): Promise<void>;
}

export function nativeApi(calls: EcsCalls, place: EcsPlace): NativeApi {
  const { ecs } = calls;
  const { clusterArn: cluster, serviceArn: service, label } = place;
  const subject = `deployment of ${label}`;

  const deployment = async (arn: string, limits?: CallLimits) => {
    const { serviceDeployments = [] } = await ecs(
      "DescribeServiceDeployments",
      subject,
      async (client, options) =>
        client.describeServiceDeployments({ serviceDeploymentArns: [arn] }, options),
      limits,
    );
    const [found] = serviceDeployments;
    return found === undefined ? undefined : deploymentView(found);
  };

  const revisions = async (
    arns: readonly string[],
    limits?: CallLimits,
  ): Promise<readonly RevisionView[]> => {
    if (arns.length === 0) return [];
    const serviceRevisionArns = [...new Set(arns)];
    const { serviceRevisions = [] } = await ecs(
      "DescribeServiceRevisions",
      `revisions of ${label}`,
      async (client, options) => client.describeServiceRevisions({ serviceRevisionArns }, options),
      limits,
    );
    return serviceRevisions.map(revisionView);
  };

  return {
    deployment,
    async look(limits) {
      const view = await readService(calls, { cluster, service }, limits);
      const { currentServiceDeployment: current, currentServiceRevisions = [] } = view.raw;
      const found = current === undefined ? undefined : await deployment(current, limits);
      const underWay = found === undefined || isOver(found.status) ? undefined : found;
      const currentArns = currentServiceRevisions.flatMap(({ arn }) => arn ?? []);
      const own = [underWay?.sourceArn, underWay?.targetArn].filter((arn) => arn !== undefined);
      return {
        service: view,
        deployment: underWay,
        currentArns,
        revisions: await revisions([...own, ...currentArns], limits),
      };
    },
    async newest(limits) {
      // Source: botocore ecs model, ListServiceDeployments. Unverified: the order, so all of a page are compared.
      const { serviceDeployments = [] } = await ecs(
        "ListServiceDeployments",
        subject,
        async (client, options) => client.listServiceDeployments({ cluster, service }, options),
        limits,
      );
      const [latest] = serviceDeployments.toSorted(
        (left, right) => (right.createdAt?.getTime() ?? 0) - (left.createdAt?.getTime() ?? 0),
      );
      const arn = latest?.serviceDeploymentArn;
      return arn === undefined ? undefined : deployment(arn, limits);
    },
    async update(change) {
      // Sent once more it could begin a second deployment: the caller looks first.
      await ecs(
        "UpdateService",
        label,
        async (client, options) => client.updateService({ cluster, service, ...change }, options),
        { retry: "unsent" },
      );
    },
    async proceed({ arn }, { hookId }, isStill, limits) {
      try {
        return await ecs(
          "ContinueServiceDeployment",
          subject,
          async (client, options) => {
            if (!(await isStill())) return false;
            const input = { serviceDeploymentArn: arn, hookId, action: "CONTINUE" } as const;
            await client.continueServiceDeployment(input, options);
            return true;
          },
          limits,
        );
      } catch (error) {
        // Answered already: by an attempt of ours whose answer was lost, or by somebody else.
        if (isAwsException(error, "InvalidParameterException")) return false;
        throw error;
      }
    },
    async turnBack({ arn }, limits) {
      try {
        await ecs(
          "StopServiceDeployment",
          subject,
          async (client, options) =>
            client.stopServiceDeployment(
              { serviceDeploymentArn: arn, stopType: "ROLLBACK" },
              options,
            ),
          limits,
        );
      } catch (error) {
        if (!isAwsException(error, "ConflictException")) throw error;
      }
    },
    async remembered() {
      const { tags = [] } = await ecs("ListTagsForResource", label, async (client, options) =>
        client.listTagsForResource({ resourceArn: service }, options),
      );
      return tags.find(({ key }) => key === TAG)?.value;
    },
    async remember(text) {
      const tags = [{ key: TAG, value: text }];
      await ecs("TagResource", label, async (client, options) =>
        client.tagResource({ resourceArn: service, tags }, options),
      );
    },
    async forget() {
      await ecs("UntagResource", label, async (client, options) =>
        client.untagResource({ resourceArn: service, tagKeys: [TAG] }, options),
      );
    },
  };
}
