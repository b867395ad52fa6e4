import type { CreateTaskSetCommandInput } from "@aws-sdk/client-ecs";
import { RolloutError } from "@headgate/core";
import { isNotFound } from "../../aws/errors.ts";
import type { CallLimits } from "../../aws/runner.ts";
import type { EcsCalls } from "../ecs/calls.ts";
import type { EcsPlace } from "../ecs/place.ts";
import { readService, type ServiceView, type TaskSetView } from "../ecs/service.ts";

/** What Headgate made bears this external id, with the version behind it. */
export const MADE_BY = "headgate/";

/** The task sets of a service, and what can be done with them. */
export interface TaskSetApi {
  readService(limits?: CallLimits): Promise<ServiceView>;
  /** Like `model` in all but the task definition and the target group; at full scale. */
  create(wanted: {
    readonly model: TaskSetView;
    readonly taskDefinitionArn: string;
    readonly groupArn: string;
    readonly container: string;
    readonly port: number;
    readonly externalId: string;
  }): Promise<void>;
  scale(set: TaskSetView, percent: number): Promise<void>;
  makePrimary(set: TaskSetView, limits?: CallLimits): Promise<void>;
  /** @param force also while its tasks run. It may be gone already. */
  delete(set: TaskSetView, force: boolean): Promise<void>;
}

export function taskSetApi({ ecs, ...calls }: EcsCalls, place: EcsPlace): TaskSetApi {
  const { clusterArn: cluster, serviceArn: service, label } = place;
  const inService = { cluster, service };
  return {
    readService: (limits) => readService({ ecs, ...calls }, inService, limits),
    async create({ model, taskDefinitionArn, groupArn, container, port, externalId }) {
      const { raw } = model;
      const input: CreateTaskSetCommandInput = {
        ...inService,
        externalId,
        taskDefinition: taskDefinitionArn,
        scale: { value: 100, unit: "PERCENT" },
        loadBalancers: [
          { targetGroupArn: groupArn, containerName: container, containerPort: port },
        ],
        ...(raw.networkConfiguration && { networkConfiguration: raw.networkConfiguration }),
        ...(raw.platformVersion && { platformVersion: raw.platformVersion }),
        ...(raw.serviceRegistries?.length && { serviceRegistries: raw.serviceRegistries }),
        // One excludes the other. Source: AWS docs, API_CreateTaskSet.
        ...(raw.capacityProviderStrategy?.length
          ? { capacityProviderStrategy: raw.capacityProviderStrategy }
          : raw.launchType && { launchType: raw.launchType }),
      };
      // Sent once more it would make a second one: the caller looks again.
      await ecs(
        "CreateTaskSet",
        label,
        async (client, options) => client.createTaskSet(input, options),
        { retry: "unsent" },
      );
    },
    async scale({ id }, percent) {
      const scale = { value: percent, unit: "PERCENT" } as const;
      await ecs("UpdateTaskSet", `task set ${id}`, async (client, options) =>
        client.updateTaskSet({ ...inService, taskSet: id, scale }, options),
      );
    },
    async makePrimary({ id }, limits) {
      await ecs(
        "UpdateServicePrimaryTaskSet",
        `task set ${id}`,
        async (client, options) =>
          client.updateServicePrimaryTaskSet({ ...inService, primaryTaskSet: id }, options),
        limits,
      );
    },
    async delete({ id }, force) {
      try {
        await ecs("DeleteTaskSet", `task set ${id}`, async (client, options) =>
          client.deleteTaskSet({ ...inService, taskSet: id, force }, options),
        );
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },
  };
}

/** Whether Headgate made it, and may take it away. */
export function isMadeHere({ externalId }: TaskSetView): boolean {
  return externalId.startsWith(MADE_BY);
}

export function gone(version: string, what: string): RolloutError {
  return new RolloutError("STABLE_UNUSABLE", `no task set runs ${version} any more: ${what}`, {
    hint: "Somebody deleted it during the release. Deploy that version again: headgate rollback --to.",
  });
}
