import type { CodeDeployHook, ScheduledWeight, TrafficDriver } from "@headgate/core";
import { releaseCapacity } from "../lambda-alias/capacity.ts";
import { functionApi } from "../lambda-alias/function-api.ts";
import type { LambdaAliasOptions } from "../lambda-alias/index.ts";
import { preflight } from "../lambda-alias/preflight.ts";
import { prepareCanary } from "../lambda-alias/prepare.ts";
import { routeOf } from "../lambda-alias/route.ts";
import { createShifter } from "../lambda-alias/shift.ts";
import { type DeployPlace, deployApi } from "./deploy-api.ts";
import { deployFindings } from "./findings.ts";
import { hooksSection } from "./hook-events.ts";
import type { AskedByCodeDeploy } from "./hook-outcome.ts";
import { configFor } from "./schedule.ts";
import { createDeployShifter } from "./shift.ts";

export interface CodeDeployLambdaOptions extends LambdaAliasOptions {
  readonly deploy: DeployPlace;
  /** What the strategy says; preflight compares it with the deployment configuration. */
  readonly schedule: readonly ScheduledWeight[];
  /** Functions for the AppSpec. Default: none. */
  readonly hooks?: readonly CodeDeployHook[] | undefined;
}

/** CodeDeploy's weights are whole percents. */
const RESOLUTION_BPS = 100;
/** Of the five minutes that a clean-up has, what is left for provisioned concurrency. */
const REST_MS = 240_000;

/**
 * Shifts a Lambda alias by CodeDeploy: the version is published as without it, the first weight creates the
 * deployment, and the alias says how far it has come. A deployment that nobody rolls back is undone at the alias.
 */
export function codeDeployLambdaDriver(
  options: CodeDeployLambdaOptions,
): TrafficDriver & AskedByCodeDeploy {
  const { clients, run, clock, revision, settings = {}, description, propagationMs } = options;
  const { schedule, hooks = [] } = options;
  const config = configFor(schedule, "Lambda", options.deploy.config);
  const place: DeployPlace = { ...options.deploy, config };
  const functions = functionApi(options);
  const { functionName, alias } = functions;
  const api = deployApi({ clients, run, clock, place });
  const probe = options.probe ?? { kind: "invoke", payload: "{}" };
  const preparation = { api: functions, clock, revision, settings, description, probe };
  const own = createShifter(functions, clock);
  const shifter = createDeployShifter(
    api,
    {
      subject: `${functionName}:${alias}`,
      label: `alias ${functionName}:${alias}`,
      readRoute: async (limits) => routeOf(await functions.getAlias(limits)),
      hooks,
      appSpec: async (ends) => appSpec({ functionName, alias, ...ends }),
      moveBack: (change) => own.restore(change),
    },
    clock,
  );
  return {
    async describe() {
      const [{ AliasArn }, region] = [await functions.getAlias(), await functions.region()];
      return {
        id: AliasArn ?? `${functionName}:${alias}`,
        label: `lambda ${functionName}:${alias} by CodeDeploy ${place.application}/${place.deploymentGroup} (${region})`,
        route: await shifter.readRoute(),
        resolutionBps: RESOLUTION_BPS,
        ...(propagationMs === undefined ? {} : { propagationMs }),
      };
    },
    async preflight() {
      const parts = { api, clients, run, schedule, hooks, platform: "Lambda" } as const;
      return [...(await preflight(preparation)), ...(await deployFindings(parts))];
    },
    async prepare() {
      const prepared = await prepareCanary(preparation);
      const { token } = await shifter.readRoute();
      return { ...prepared, token };
    },
    readRoute: shifter.readRoute,
    setWeight: shifter.setWeight,
    promote: shifter.promote,
    restore: shifter.restore,
    hookOutcome: shifter.hookOutcome,
    async cleanUp({ stable, canary, live }) {
      await shifter.rest(live, REST_MS);
      await releaseCapacity(functions, { live, loser: live === stable ? canary : stable });
    },
  };
}

/** Source: AWS docs, "AppSpec 'resources' section for AWS Lambda deployments". JSON is YAML. */
function appSpec(parts: {
  readonly functionName: string;
  readonly alias: string;
  readonly from: string;
  readonly to: string;
  readonly hooks: readonly CodeDeployHook[];
}): string {
  const { functionName, alias, from, to, hooks } = parts;
  const Properties = { Name: functionName, Alias: alias, CurrentVersion: from, TargetVersion: to };
  const resource = { Type: "AWS::Lambda::Function", Properties };
  const Resources = [{ [functionName]: resource }];
  return JSON.stringify({ version: 0.0, Resources, ...hooksSection(hooks) });
}
