import type { IncomingMessage, ServerResponse } from "node:http";
import { BodyTooLargeError, readBody } from "../../body.ts";
import type { Cloud, DoorMatch } from "../../service.ts";
import { type Address, addressOf } from "./address.ts";
import { Admission } from "./admission.ts";
import type { DeploymentDefinition } from "./api-definition.ts";
import { authorize } from "./authorization.ts";
import { throughCache } from "./caching.ts";
import { type ChosenDeployment, chooseDeployment } from "./choose-deployment.ts";
import { type CompiledApi, compileApi } from "./compiled-api.ts";
import type { Exchange } from "./exchange.ts";
import { answerFailure, plainFailure } from "./failure-answer.ts";
import type { GatewayAnswer } from "./gateway-answer.ts";
import { FAILURES, GatewayFailure } from "./gateway-failure.ts";
import { readRequest } from "./gateway-request.ts";
import { openBackends } from "./integrations/open-backends.ts";
import type { LiveApis } from "./live-apis.ts";
import { type RequestIds, sendable, sendAnswer } from "./send-answer.ts";
import { StageCaches, stageKey } from "./stage-cache.ts";
import { StageRuntime } from "./stage-runtime.ts";

/** Largest request body. Source: AWS docs, API Gateway quotas. */
const PAYLOAD_LIMIT_BYTES = 10 * 1024 * 1024;
const NO_BODY = new Uint8Array();
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

export interface ExecuteApi {
  serve(message: IncomingMessage, response: ServerResponse, door: DoorMatch): Promise<void>;
  /** Forgets the cached answers of a stage. */
  flushCache(apiId: string, stageName: string): void;
  close(): Promise<void>;
}

/** A stage as it is now, and the deployment that a request drew. */
interface Destination {
  readonly runtime: StageRuntime;
  readonly chosen: ChosenDeployment;
  readonly api: CompiledApi;
}

/**
 * Serves deployed REST APIs. A request passes, in this order: stage, deployment, route, authorization, admission,
 * body, cache, integration, answer, metrics and logs. Wherever it ends, it ends as a {@link GatewayAnswer}.
 */
export function createExecuteApi(cloud: Cloud, apis: LiveApis): ExecuteApi {
  const { backends, close } = openBackends(cloud);
  const admission = new Admission(apis);
  const runtimes = new Map<string, StageRuntime>();
  const caches = new StageCaches();
  const compiled = new WeakMap<DeploymentDefinition, CompiledApi>();

  const destinationOf = ({ apiId, target, domain }: Address): Destination | undefined => {
    const { stageName } = target;
    const key = stageKey(apiId, stageName);
    const live = apis.stage(apiId, stageName);
    if (live === undefined) {
      runtimes.delete(key);
      caches.drop(key);
      return undefined;
    }
    // Switched off, a cache cluster is gone with all that it held.
    if (!live.stage.cacheClusterEnabled) caches.drop(key);
    const chosen = chooseDeployment(live.stage, cloud.random);
    const deployment = apis.deployment(live.place, apiId, chosen.deploymentId);
    if (deployment === undefined) return undefined;
    if (deployment.api.disableExecuteApiEndpoint && domain === undefined) return undefined;
    const api = compiled.get(deployment) ?? compileApi(deployment.api, backends);
    compiled.set(deployment, api);
    let runtime = runtimes.get(key);
    if (runtime?.stage !== live.stage || runtime.apiName !== live.apiName) {
      const { place, stage, apiName } = live;
      runtime = new StageRuntime(cloud, place, stage, { apiId, name: apiName });
      runtimes.set(key, runtime);
    }
    return { runtime, chosen, api };
  };

  /** Takes the request through the gateway. Throws only for our own bugs. */
  const answer = async (
    exchange: Exchange,
    message: IncomingMessage,
    runtime: StageRuntime,
  ): Promise<GatewayAnswer> => {
    const { request, api } = exchange;
    try {
      const found = api.match(request.path, request.method);
      if (found === undefined) {
        throw new GatewayFailure("missingToken", "no resource and method match the request");
      }
      exchange.route = { method: found.target, pathParameters: found.pathParameters };
      await authorize(cloud, exchange, message);
      admission.admit(exchange, runtime, exchange.startedAtMs);
      const body = await payloadOf(message);
      if (body !== NO_BODY) exchange.request = { ...request, body };
      return sendable(await throughCache(exchange, runtime, caches, integrate));
    } catch (error) {
      if (!(error instanceof GatewayFailure)) throw error;
      exchange.failure = error;
      return answerFailure(exchange, error);
    }
  };

  return {
    async serve(message, response, door) {
      const startedAt = performance.now();
      const startedAtMs = cloud.clock.nowMs();
      const ids = newIds(cloud);
      const address = addressOf(apis, door, message.headers.host);
      const destination = address && destinationOf(address);
      if (address === undefined || destination === undefined) {
        return sendAnswer(message, response, FORBIDDEN, ids, undefined);
      }
      const { runtime } = destination;
      const exchange = newExchange(cloud, message, { address, destination, ids, startedAtMs });
      const result = await answer(exchange, message, runtime).catch((error: unknown) => {
        // Nobody is left to answer, and AWS, too, counts only requests that arrived whole.
        if (message.destroyed && !message.complete) return undefined;
        throw error;
      });
      if (result === undefined) return;
      sendAnswer(message, response, result, ids, exchange.traceId);
      const latencyMs = performance.now() - startedAt;
      runtime.observe(
        { exchange, answer: result, latencyMs },
        {
          atMs: startedAtMs,
          status: result.status,
          latencyMs,
          integrationMs: exchange.integrationMs,
          cache: exchange.cache,
        },
      );
    },
    flushCache: (apiId, stageName) => caches.flush(stageKey(apiId, stageName)),
    close,
  };
}

/** The answer for an API or a stage that does not exist. */
const FORBIDDEN = plainFailure({ ...FAILURES.invalidApiKey, message: "Forbidden" });

function newIds({ random }: Cloud): RequestIds {
  return { requestId: random.uuid(), extendedRequestId: `${random.string(15, BASE64)}=` };
}

function newExchange(
  cloud: Cloud,
  message: IncomingMessage,
  given: {
    readonly address: Address;
    readonly destination: Destination;
    readonly ids: RequestIds;
    readonly startedAtMs: number;
  },
): Exchange {
  const { address, ids, startedAtMs } = given;
  const { runtime, chosen, api } = given.destination;
  return {
    request: readRequest(message, address.target, NO_BODY),
    place: runtime.place,
    stage: runtime.stage,
    deploymentId: chosen.deploymentId,
    isCanary: chosen.isCanary,
    variables: chosen.variables,
    api,
    requestId: ids.requestId,
    extendedRequestId: ids.extendedRequestId,
    traceId: traceIdOf(cloud, message, startedAtMs),
    startedAtMs,
    domain: address.domain,
    route: undefined,
    signer: undefined,
    apiKey: undefined,
    context: undefined,
    integrationStatus: undefined,
    integrationMs: undefined,
    failure: undefined,
    cache: undefined,
  };
}

/** A client's own trace goes on; otherwise one begins here. Source: AWS docs, X-Ray tracing header. */
function traceIdOf({ random }: Cloud, message: IncomingMessage, nowMs: number): string {
  const given = message.headers["x-amzn-trace-id"];
  if (typeof given === "string" && given.includes("Root=")) return given;
  return `Root=1-${Math.floor(nowMs / 1000).toString(16)}-${random.hex(24)}`;
}

async function payloadOf(message: IncomingMessage): Promise<Uint8Array> {
  const { headers } = message;
  const hasBody =
    headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";
  if (!hasBody) return NO_BODY;
  try {
    return await readBody(message, PAYLOAD_LIMIT_BYTES);
  } catch (error) {
    if (!(error instanceof BodyTooLargeError)) throw error;
    throw new GatewayFailure("requestTooLarge", error.message);
  }
}

/** Calls the backend and notes how long that took, failed or not. */
async function integrate(exchange: Exchange): Promise<GatewayAnswer> {
  const method = exchange.route?.method;
  if (method === undefined) throw new Error("an exchange without a route was admitted");
  if (method.method.integration?.type === "MOCK") return method.integrate(exchange);
  const startedAt = performance.now();
  try {
    return await method.integrate(exchange);
  } finally {
    exchange.integrationMs = performance.now() - startedAt;
  }
}
