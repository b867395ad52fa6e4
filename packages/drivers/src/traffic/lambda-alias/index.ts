import type { TrafficDriver } from "@headgate/core";
import type { AwsClients } from "../../aws/clients.ts";
import type { AwsRunner } from "../../aws/runner.ts";
import type { Clock } from "../../clock.ts";
import type { Revision } from "../../revisions/code-package.ts";
import { releaseCapacity } from "./capacity.ts";
import { type FunctionSettings, functionApi } from "./function-api.ts";
import { preflight } from "./preflight.ts";
import { prepareCanary, type Probe } from "./prepare.ts";
import { routeOf } from "./route.ts";
import { createShifter } from "./shift.ts";

export interface LambdaAliasOptions {
  readonly clients: AwsClients;
  readonly run: AwsRunner;
  readonly clock: Clock;
  readonly functionName: string;
  readonly alias: string;
  readonly revision: Revision;
  /** What the revision changes beside the code. */
  readonly settings?: FunctionSettings;
  /** Stored with the version that is published. At most 256 characters. */
  readonly description?: string | undefined;
  /** How versions are asked whether they answer. Default: the canary is invoked with `{}`. */
  readonly probe?: Probe | undefined;
  /** @see TargetDescription.propagationMs */
  readonly propagationMs?: number | undefined;
}

/** A weight is a double: it keeps every basis point. */
const RESOLUTION_BPS = 1;

/**
 * Shifts traffic with a Lambda alias: FunctionVersion is stable, the one additional version is the
 * canary, the RevisionId is the token. Lambda draws a version for each request by these weights.
 */
export function lambdaAliasDriver(options: LambdaAliasOptions): TrafficDriver {
  const { clock, revision, settings = {}, description, propagationMs } = options;
  const api = functionApi(options);
  const shifter = createShifter(api, clock);
  const probe = options.probe ?? { kind: "invoke", payload: "{}" };
  const preparation = { api, clock, revision, settings, description, probe };
  return {
    async describe() {
      const alias = await api.getAlias();
      const region = await api.region();
      return {
        id: alias.AliasArn ?? `${api.functionName}:${api.alias}`,
        label: `lambda ${api.functionName}:${api.alias} (${region})`,
        route: routeOf(alias),
        resolutionBps: RESOLUTION_BPS,
        ...(propagationMs === undefined ? {} : { propagationMs }),
      };
    },
    preflight: () => preflight(preparation),
    prepare: () => prepareCanary(preparation),
    readRoute: () => shifter.readRoute(),
    setWeight: (change) => shifter.setWeight(change),
    promote: (change) => shifter.promote(change),
    restore: (change) => shifter.restore(change),
    cleanUp: ({ stable, canary, live }) =>
      releaseCapacity(api, { live, loser: live === stable ? canary : stable }),
  };
}
