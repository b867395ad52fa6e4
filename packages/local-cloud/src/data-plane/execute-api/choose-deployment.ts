import type { Random } from "../../random.ts";
import type { StageDefinition, Strings } from "./api-definition.ts";

/** Where one request goes: the version of the API, and the variables it sees. */
export interface ChosenDeployment {
  readonly deploymentId: string;
  readonly variables: Strings | undefined;
  readonly isCanary: boolean;
}

interface Sides {
  readonly stable: ChosenDeployment;
  readonly canary: ChosenDeployment | undefined;
  /** 0 to 1. */
  readonly canaryShare: number;
}

/** Stages are immutable, and what is compiled for a side's variables is found again by the same object. */
const sidesByStage = new WeakMap<StageDefinition, Sides>();

/** Every request asks here which deployment answers it; with a canary it draws, as on AWS, by itself. */
export function chooseDeployment(stage: StageDefinition, random: Random): ChosenDeployment {
  let sides = sidesByStage.get(stage);
  if (sides === undefined) {
    sides = sidesOf(stage);
    sidesByStage.set(stage, sides);
  }
  const { stable, canary, canaryShare } = sides;
  return canary !== undefined && random.next() < canaryShare ? canary : stable;
}

function sidesOf({ deploymentId, variables, canary }: StageDefinition): Sides {
  const stable = { deploymentId, variables, isCanary: false };
  if (canary === undefined) return { stable, canary: undefined, canaryShare: 0 };
  const overrides = canary.stageVariableOverrides;
  return {
    stable,
    canary: {
      deploymentId: canary.deploymentId,
      variables: overrides === undefined ? variables : { ...variables, ...overrides },
      isCanary: true,
    },
    canaryShare: canary.percentTraffic / 100,
  };
}
