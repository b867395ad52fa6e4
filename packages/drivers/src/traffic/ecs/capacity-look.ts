import type { CapacityLook } from "../../hooks/capacity.ts";
import { lookAt, problem } from "../../preflight.ts";
import type { EcsCalls } from "./calls.ts";
import type { EcsDriver } from "./options.ts";
import { describeHealth, readTargetHealth } from "./target-health.ts";

/** Whether a version could take all traffic: as many healthy targets as stable has. */
export function serviceCapacity(calls: EcsCalls, driver: Pick<EcsDriver, "groupOf">): CapacityLook {
  const healthOf = async (version: string) => {
    const group = await driver.groupOf(version);
    return group === undefined ? undefined : readTargetHealth(calls, group);
  };
  return async ({ stable, canary = stable }) => [
    await lookAt(`targets of ${canary}`, async () => {
      const [found, wanted] = await Promise.all([healthOf(canary), healthOf(stable)]);
      if (found === undefined) {
        return problem(`${canary} is in neither target group`, "Its tasks are gone: deploy again.");
      }
      const text = describeHealth(found);
      if (wanted === undefined || found.healthy >= wanted.healthy) return text;
      return problem(`${text}; stable has ${wanted.healthy}`, "Wait until as many are healthy.");
    }),
  ];
}
