import type { DeploymentGroupInfo, LastDeploymentInfo } from "@aws-sdk/client-codedeploy";
import { groupArn } from "../arns.ts";
import { groupExists, refused, tooManyInBatch } from "../errors.ts";
import type { Notices } from "../execution/notices.ts";
import { checkRole, checkService } from "../groups/check-elsewhere.ts";
import { checkGroup } from "../groups/check-group.ts";
import { mergeSettings, settingsOf } from "../groups/settings.ts";
import { BATCH_GROUPS_MAX, GROUPS_PER_APPLICATION_MAX } from "../limits.ts";
import { groupsOf, requireApplication, requireGroup } from "../lookups.ts";
import { checkName } from "../names.ts";
import { pageOfNames } from "../pages.ts";
import { withoutContent } from "../revisions/locations.ts";
import type { CodeDeployHandlers } from "../sdk.ts";
import {
  type ApplicationRow,
  type CodeDeploy,
  type GroupRow,
  groupKey,
  type GroupSettings,
  type PlaceState,
} from "../state.ts";
import { readTags } from "../tag-rules.ts";

export function deploymentGroupOperations(codedeploy: CodeDeploy, notices: Notices) {
  const { store, random } = codedeploy.cloud;
  const check = async (
    state: PlaceState,
    application: ApplicationRow,
    group: { readonly id: string | undefined; readonly settings: GroupSettings },
  ) => {
    checkGroup(state, application, group.settings);
    await checkRole(codedeploy, state, group.settings.serviceRoleArn);
    if (application.computePlatform === "ECS") await checkService(codedeploy, state, group);
  };
  /** A trigger with a new name tells its topic that it is there. */
  const announce = (state: PlaceState, group: GroupRow, before: GroupRow | undefined) => {
    const known = new Set(
      (before?.settings.triggerConfigurations ?? []).map(({ triggerName }) => triggerName),
    );
    const { serviceRoleArn, triggerConfigurations = [] } = group.settings;
    for (const trigger of triggerConfigurations) {
      if (known.has(trigger.triggerName)) continue;
      notices.triggerMade(state.place, serviceRoleArn, group.name, trigger);
    }
  };

  return {
    async CreateDeploymentGroup(input, context) {
      const state = codedeploy.in(context);
      const { deploymentGroupName: name = "" } = input;
      const application = requireApplication(state, input.applicationName);
      checkName(name, "DeploymentGroup");
      const settings = settingsOf(application, input);
      await check(state, application, { id: undefined, settings });
      if (state.groups.has(groupKey(application.id, name))) throw groupExists(name);
      if (groupsOf(state, application).length >= GROUPS_PER_APPLICATION_MAX) {
        // Unverified: the text.
        throw refused(
          "DeploymentGroupLimitExceededException",
          `The limit of ${GROUPS_PER_APPLICATION_MAX} deployment groups is reached`,
        );
      }
      const tags = readTags(input.tags);
      const row: GroupRow = { id: random.uuid(), applicationId: application.id, name, settings };
      store.transaction(() => {
        state.groups.set(groupKey(application.id, name), row);
        if (Object.keys(tags).length > 0) {
          state.tags.set(groupArn(state.place, application.name, name), tags);
        }
      });
      announce(state, row, undefined);
      return { deploymentGroupId: row.id };
    },

    GetDeploymentGroup(input, context) {
      const state = codedeploy.in(context);
      const application = requireApplication(state, input.applicationName);
      const group = requireGroup(state, application, input.deploymentGroupName);
      return { deploymentGroupInfo: infoOf(state, application, group) };
    },

    BatchGetDeploymentGroups(input, context) {
      const state = codedeploy.in(context);
      const application = requireApplication(state, input.applicationName);
      const names = input.deploymentGroupNames ?? [];
      if (names.length > BATCH_GROUPS_MAX) throw tooManyInBatch("groups", BATCH_GROUPS_MAX);
      const found = names.flatMap((name) => {
        const group = state.groups.get(groupKey(application.id, name));
        return group === undefined ? [] : [infoOf(state, application, group)];
      });
      const missing = names.filter((name) => !state.groups.has(groupKey(application.id, name)));
      // Unverified: the text.
      const errorMessage =
        missing.length > 0
          ? `No Deployment Group found for name: ${missing.join(", ")}`
          : undefined;
      return { deploymentGroupsInfo: found, errorMessage };
    },

    async UpdateDeploymentGroup(input, context) {
      const state = codedeploy.in(context);
      const application = requireApplication(state, input.applicationName);
      const before = requireGroup(state, application, input.currentDeploymentGroupName);
      const name = input.newDeploymentGroupName ?? before.name;
      checkName(name, "DeploymentGroup");
      if (name !== before.name && state.groups.has(groupKey(application.id, name))) {
        throw groupExists(name);
      }
      const settings = mergeSettings(before.settings, input);
      await check(state, application, { id: before.id, settings });
      // A deployment may have changed the row while others were asked.
      const current = requireGroup(state, application, before.name);
      const row = { ...current, name, settings };
      store.transaction(() => {
        const tagsArn = groupArn(state.place, application.name, before.name);
        const tags = state.tags.get(tagsArn);
        state.groups.delete(groupKey(application.id, before.name));
        state.groups.set(groupKey(application.id, name), row);
        if (tags !== undefined && name !== before.name) {
          state.tags.delete(tagsArn);
          state.tags.set(groupArn(state.place, application.name, name), tags);
        }
      });
      announce(state, row, before);
      return { hooksNotCleanedUp: [] };
    },

    DeleteDeploymentGroup(input, context) {
      const state = codedeploy.in(context);
      const application = requireApplication(state, input.applicationName);
      const { deploymentGroupName: name = "" } = input;
      store.transaction(() => {
        state.groups.delete(groupKey(application.id, name));
        state.tags.delete(groupArn(state.place, application.name, name));
      });
      return { hooksNotCleanedUp: [] };
    },

    ListDeploymentGroups(input, context) {
      const state = codedeploy.in(context);
      const application = requireApplication(state, input.applicationName);
      const names = groupsOf(state, application).map(({ name }) => name);
      const page = pageOfNames(names.sort(), input.nextToken);
      return {
        applicationName: application.name,
        deploymentGroups: page.items,
        nextToken: page.nextToken,
      };
    },
  } satisfies CodeDeployHandlers;
}

function infoOf(
  state: PlaceState,
  application: ApplicationRow,
  { id, name, settings, targetRevision, lastAttemptedId, lastSuccessfulId }: GroupRow,
): DeploymentGroupInfo {
  const { autoScalingGroups, ...rest } = settings;
  return {
    ...rest,
    applicationName: application.name,
    deploymentGroupId: id,
    deploymentGroupName: name,
    computePlatform: application.computePlatform,
    autoScalingGroups: (autoScalingGroups ?? []).map((group) => ({ name: group })),
    targetRevision: targetRevision && withoutContent(targetRevision),
    lastAttemptedDeployment: lastOf(state, lastAttemptedId),
    lastSuccessfulDeployment: lastOf(state, lastSuccessfulId),
  };
}

function lastOf(state: PlaceState, id: string | undefined): LastDeploymentInfo | undefined {
  const row = id === undefined ? undefined : state.deployments.get(id);
  if (row === undefined) return undefined;
  return {
    deploymentId: row.id,
    status: row.status,
    createTime: new Date(row.createdAtMs),
    endTime: row.completedAtMs === undefined ? undefined : new Date(row.completedAtMs),
  };
}
