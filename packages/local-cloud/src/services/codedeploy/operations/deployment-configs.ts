import { checkConfig } from "../configs/check-config.ts";
import { PREDEFINED, predefinedConfig } from "../configs/predefined.ts";
import { refused } from "../errors.ts";
import { CONFIGS_MAX } from "../limits.ts";
import { requireConfig } from "../lookups.ts";
import { pageOfNames } from "../pages.ts";
import type { CodeDeployHandlers } from "../sdk.ts";
import { type CodeDeploy, isCompleted } from "../state.ts";
import { platformOf } from "./applications.ts";

export function deploymentConfigOperations(codedeploy: CodeDeploy) {
  const { random, clock } = codedeploy.cloud;
  return {
    CreateDeploymentConfig(input, context) {
      const state = codedeploy.in(context);
      const computePlatform = platformOf(input.computePlatform ?? "Server");
      checkConfig(input, computePlatform);
      const { deploymentConfigName = "" } = input;
      if (state.configs.has(deploymentConfigName)) {
        // Unverified: the text.
        throw refused(
          "DeploymentConfigAlreadyExistsException",
          `Deployment config already exists: ${deploymentConfigName}`,
        );
      }
      if (state.configs.size >= CONFIGS_MAX) {
        // Unverified: the text.
        throw refused(
          "DeploymentConfigLimitExceededException",
          `The limit of ${CONFIGS_MAX} deployment configurations is reached`,
        );
      }
      const row = {
        deploymentConfigId: random.uuid(),
        deploymentConfigName,
        computePlatform,
        createTime: new Date(clock.nowMs()),
        minimumHealthyHosts: input.minimumHealthyHosts,
        trafficRoutingConfig: input.trafficRoutingConfig,
        zonalConfig: input.zonalConfig,
      };
      state.configs.set(deploymentConfigName, row);
      return { deploymentConfigId: row.deploymentConfigId };
    },

    GetDeploymentConfig(input, context) {
      const state = codedeploy.in(context);
      return { deploymentConfigInfo: requireConfig(state, input.deploymentConfigName) };
    },

    ListDeploymentConfigs(input, context) {
      const { configs } = codedeploy.in(context);
      const own = [...configs.values()].map(({ deploymentConfigName }) => deploymentConfigName);
      const page = pageOfNames([...own, ...PREDEFINED.keys()].sort(), input.nextToken);
      return { deploymentConfigsList: page.items, nextToken: page.nextToken };
    },

    /** Deleting what is not there is fine. Unverified: that AWS says so too, and the texts. */
    DeleteDeploymentConfig(input, context) {
      const state = codedeploy.in(context);
      const { deploymentConfigName: name = "" } = input;
      if (predefinedConfig(name) !== undefined) {
        throw refused(
          "InvalidOperationException",
          `The predefined deployment configuration ${name} cannot be deleted`,
        );
      }
      const isUsed =
        [...state.groups.values()].some(({ settings }) => settings.deploymentConfigName === name) ||
        [...state.deployments.values()].some((row) => row.configName === name && !isCompleted(row));
      if (isUsed) {
        throw refused(
          "DeploymentConfigInUseException",
          `The deployment configuration ${name} is in use by a deployment group or a deployment`,
        );
      }
      state.configs.delete(name);
      return {};
    },
  } satisfies CodeDeployHandlers;
}
