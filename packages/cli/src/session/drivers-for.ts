import {
  codeDeployHooksOf,
  ecsStrategyOf,
  type RolloutSpec,
  scheduleOfStrategy,
} from "@headgate/core";
import {
  apiGatewayDrivers,
  type AwsClients,
  type Clock,
  ecsDrivers,
  lambdaDrivers,
  latticeDrivers,
  type Random,
  type RolloutDrivers,
} from "@headgate/drivers";
import { dirname, resolve } from "node:path";

export interface Surroundings {
  readonly clients: AwsClients;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether the other end is a local cloud. */
  readonly isLocal: boolean;
}

/** The local cloud counts by the second and at once, and a weight is true at once; AWS is later with both. */
const LOCAL = { metrics: { resolutionMs: 1000, lagMs: 1000 }, propagationMs: 0 };

/** The drivers of the spec's kind of target. The spec's relative paths start at its own folder. */
export function driversFor(
  spec: RolloutSpec,
  specFile: string | undefined,
  { clients, clock, random, isLocal }: Surroundings,
): RolloutDrivers {
  const { target, analysis } = spec;
  const common = {
    clients,
    clock,
    random,
    notify: spec.notify,
    ...(specFile === undefined ? {} : { workingDirectory: dirname(specFile) }),
    ...(isLocal ? LOCAL : {}),
    source: analysis.kind === "compare" ? analysis.source : undefined,
  };
  const revision = revisionOf(spec, specFile);
  if (target.lambda !== undefined) {
    const schedule = scheduleOfStrategy(spec.strategy);
    return lambdaDrivers({
      ...common,
      target: target.lambda,
      revision,
      probe: spec.probe,
      schedule,
      hooks: codeDeployHooksOf(spec),
    });
  }
  if (target.apiGateway !== undefined) {
    return apiGatewayDrivers({
      ...common,
      target: target.apiGateway,
      revision,
      counts: isCounted(spec),
    });
  }
  if (target.lattice !== undefined) {
    return latticeDrivers({ ...common, target: target.lattice, revision, probe: spec.probe });
  }
  if (target.ecs !== undefined) {
    return ecsDrivers({
      ...common,
      target: target.ecs,
      revision,
      strategy: ecsStrategyOf(spec.strategy),
      deadlineMs: spec.deadline,
      schedule: scheduleOfStrategy(spec.strategy),
      hooks: codeDeployHooksOf(spec),
      bakeMs: spec.bake ?? 0,
    });
  }
  // The parser has seen to it that one target is given.
  throw new Error("a spec without a target that has drivers passed the parser");
}

/** Whether a decision rests on counts by version. */
function isCounted({ analysis, checks }: RolloutSpec): boolean {
  return analysis.kind === "compare" || checks.some(({ metric }) => metric.kind === "builtIn");
}

function revisionOf(spec: RolloutSpec, specFile: string | undefined): RolloutSpec["revision"] {
  const base = specFile === undefined ? process.cwd() : dirname(specFile);
  const { zip, folder, openApi } = spec.revision;
  return {
    ...spec.revision,
    ...(zip === undefined ? {} : { zip: resolve(base, zip) }),
    ...(folder === undefined ? {} : { folder: resolve(base, folder) }),
    ...(openApi === undefined ? {} : { openApi: resolve(base, openApi) }),
  };
}
