import { type PreflightFinding, RolloutError } from "@headgate/core";
import { lookAt } from "../../preflight.ts";
import { ecsCalls } from "./calls.ts";
import type { EcsDriver, EcsOptions } from "./options.ts";
import { type EcsMode, locate } from "./place.ts";

/**
 * The driver of the mode that the specification names, or else of the one that the service's deployment controller
 * calls for: then the service is looked at first, once.
 */
export function driverByMode(
  options: EcsOptions,
  drivers: Readonly<Record<EcsMode, (options: EcsOptions) => EcsDriver>>,
): EcsDriver {
  const { target } = options;
  let chosen: Promise<EcsDriver> | undefined;
  const choose = async (): Promise<EcsDriver> => {
    if (target.mode !== undefined) return drivers[target.mode](options);
    const { controllerMode, label } = await locate(ecsCalls(options), target);
    if (controllerMode !== undefined) return drivers[controllerMode](options);
    throw new RolloutError(
      "TARGET_UNSUITABLE",
      `${label} has the deployment controller CODE_DEPLOY, which lets nobody but CodeDeploy change it`,
      {
        hint: "Name its deployment group in target.ecs.via.codeDeploy, or make the service with the deployment controller ECS or EXTERNAL.",
      },
    );
  };
  const driver = async (): Promise<EcsDriver> => {
    chosen ??= choose();
    try {
      return await chosen;
    } catch (error) {
      chosen = undefined;
      throw error;
    }
  };
  return {
    place: async () => (await driver()).place(),
    groupOf: async (version) => (await driver()).groupOf(version),
    describe: async () => (await driver()).describe(),
    async preflight(): Promise<readonly PreflightFinding[]> {
      let found: EcsDriver | undefined;
      const finding = await lookAt(`service ${target.service} can be released`, async () => {
        found = await driver();
        return target.service;
      });
      return found === undefined ? [finding] : found.preflight();
    },
    prepare: async () => (await driver()).prepare(),
    setWeight: async (change) => (await driver()).setWeight(change),
    readRoute: async () => (await driver()).readRoute(),
    promote: async (change) => (await driver()).promote(change),
    restore: async (change) => (await driver()).restore(change),
    cleanUp: async (versions) => (await driver()).cleanUp(versions),
  };
}
