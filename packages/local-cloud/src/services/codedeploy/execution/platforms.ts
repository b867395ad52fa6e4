import type { DeploymentRow } from "../state.ts";
import { ecsPlatform } from "./ecs-platform.ts";
import { lambdaPlatform } from "./lambda-platform.ts";
import type { Platform } from "./platform.ts";

/** Deployments to servers are refused before they are stored. */
export function platformOf({ id, computePlatform }: DeploymentRow): Platform {
  switch (computePlatform) {
    case "Lambda":
      return lambdaPlatform;
    case "ECS":
      return ecsPlatform;
    case "Server":
      throw new Error(`deployment ${id} is for servers`);
    default:
      return computePlatform satisfies never;
  }
}
