import type { Random } from "../../random.ts";
import type { StageDefinition, Strings } from "./api-definition.ts";

/** Where one request goes: the version of the API, and the variables it sees. */
export interface ChosenDeployment {
  readonly deploymentId: string;
  readonly variables: Strings | undefined;
  readonly isCanary: boolean;
}

/**
 * Every request asks here which deployment answers it. Today that is always the stage's own; a canary
 * release will draw from `random` here, per request, and lay its variable overrides over the stage's.
 */
export function chooseDeployment(stage: StageDefinition, _random: Random): ChosenDeployment {
  return { deploymentId: stage.deploymentId, variables: stage.variables, isCanary: false };
}
