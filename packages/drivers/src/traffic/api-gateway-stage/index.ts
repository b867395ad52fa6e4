import type { TrafficDriver } from "@headgate/core";
import type { AwsClients } from "../../aws/clients.ts";
import { callerIdentity } from "../../aws/identity.ts";
import type { AwsRunner } from "../../aws/runner.ts";
import type { Clock } from "../../clock.ts";
import type { StageRevision } from "./deploy.ts";
import { preflight } from "./preflight.ts";
import { prepareCanary } from "./prepare.ts";
import { createShifter } from "./shift.ts";
import { routeOf, stageRouteOf } from "./stage.ts";
import { stageApi } from "./stage-api.ts";

export interface ApiGatewayStageOptions {
  readonly clients: AwsClients;
  readonly run: AwsRunner;
  readonly clock: Clock;
  /** The REST API's id or name. */
  readonly api: string;
  readonly stage: string;
  readonly revision: StageRevision;
  /** Stored with a deployment that is made. At most 256 characters. */
  readonly description?: string | undefined;
  /** Whether the comparison or a check rests on the stage's access log. Default false. */
  readonly countsAccessLog?: boolean;
  /** How long a new weight takes to be true everywhere. Default: what is taken for AWS's. */
  readonly propagationMs?: number | undefined;
}

/** Percentages have decimals. Source: AWS docs, "Update a canary release" (0.0 to 100.0). */
const RESOLUTION_BPS = 1;

/**
 * Unverified: AWS gives no bound for when a stage's change is in force. It says that a deployment can take a
 * moment, and those who measured saw seconds; ten are taken, and the counts of that time are left out.
 */
const PROPAGATION_MS = 10_000;

/**
 * Shifts traffic with a stage's canary settings: the stage's own deployment is stable, the canary's deployment
 * gets percentTraffic. API Gateway draws for each request by itself.
 *
 * A canary that was taken out, and a version that was replaced, keep their deployments: they cost nothing, and a
 * deployment is what a rollback goes to. No path of this driver deploys to the stage itself.
 */
export function apiGatewayStageDriver(options: ApiGatewayStageOptions): TrafficDriver {
  const { clients, run, clock, revision, description, propagationMs = PROPAGATION_MS } = options;
  const api = stageApi(options);
  const shifter = createShifter(api, clock);
  const preparation = { api, clock, revision, description };
  return {
    async describe() {
      const stage = await api.getStage();
      const { id, name = id } = await api.restApi();
      const region = await api.region();
      return {
        id: `arn:aws:apigateway:${region}::/restapis/${id}/stages/${api.stageName}`,
        label: `api gateway ${name}/${api.stageName} (${region})`,
        route: routeOf(stageRouteOf(stage)),
        resolutionBps: RESOLUTION_BPS,
        propagationMs,
      };
    },
    preflight: () =>
      preflight({
        ...preparation,
        clients,
        run,
        identity: () => callerIdentity(clients, run),
        countsAccessLog: options.countsAccessLog ?? false,
      }),
    prepare: () => prepareCanary(preparation),
    readRoute: () => shifter.readRoute(),
    setWeight: (change) => shifter.setWeight(change),
    promote: (change) => shifter.promote(change),
    restore: (change) => shifter.restore(change),
    cleanUp: () => Promise.resolve(),
  };
}
