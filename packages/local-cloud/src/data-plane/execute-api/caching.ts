import type { MethodSettings } from "./api-definition.ts";
import { type Exchange, routeOf } from "./exchange.ts";
import type { GatewayAnswer } from "./gateway-answer.ts";
import { GatewayFailure } from "./gateway-failure.ts";
import { compileCacheKeyPart } from "./mapping/parameters.ts";
import { type StageCaches, stageKey } from "./stage-cache.ts";
import type { StageRuntime } from "./stage-runtime.ts";

/**
 * Answers from the stage's cache where the method's settings say so, and otherwise asks `integrate` and keeps
 * what it answered. Source: AWS docs, "Cache settings for REST APIs in API Gateway".
 */
export async function throughCache(
  exchange: Exchange,
  runtime: StageRuntime,
  caches: StageCaches,
  integrate: (exchange: Exchange) => Promise<GatewayAnswer>,
): Promise<GatewayAnswer> {
  const settings = cacheSettings(exchange, runtime);
  if (settings === undefined) return integrate(exchange);
  const { stage, api, isCanary, startedAtMs } = exchange;
  const cache = caches.of(stageKey(api.definition.apiId, stage.stageName), {
    size: stage.cacheClusterSize,
    isOwnOfCanary: isCanary && stage.canary?.useStageCache !== true,
  });
  const key = cacheKey(exchange);
  const invalidation = invalidationOf(exchange, settings);
  const known = invalidation === "reload" ? undefined : cache.get(key, startedAtMs);
  exchange.cache = known === undefined ? "miss" : "hit";
  const answer = known ?? (await integrate(exchange));
  if (known === undefined) {
    // Unverified: that answers of every status are kept, errors of the backend's own included.
    cache.put(key, answer, startedAtMs + settings.cacheTtlInSeconds * 1000);
  }
  return invalidation === "warn" ? withWarning(answer) : answer;
}

/** Undefined when the answer must not come from a cache. */
function cacheSettings(exchange: Exchange, runtime: StageRuntime): MethodSettings | undefined {
  if (!exchange.stage.cacheClusterEnabled) return undefined;
  const { settings, settingsKey } = runtime.settingsOf(routeOf(exchange).method);
  if (settings?.cachingEnabled !== true || settings.cacheTtlInSeconds <= 0) return undefined;
  // A setting for the whole stage caches GET only; a method's own caches whatever it is.
  if (settingsKey === "*/*" && exchange.request.method !== "GET") return undefined;
  return settings;
}

/** Without key parameters every request of a method gets the same answer, path variables or not. */
function cacheKey(exchange: Exchange): string {
  const { integration } = routeOf(exchange).method.method;
  const parts = (integration?.cacheKeyParameters ?? []).map((name) => [
    name,
    compileCacheKeyPart(name, integration?.requestParameters)(exchange) ?? null,
  ]);
  return JSON.stringify([integration?.cacheNamespace, exchange.request.method, parts]);
}

type Invalidation = "none" | "reload" | "warn";

/**
 * What a client's "Cache-Control: max-age=0" does. It needs a signed request when the method asks for
 * authorisation; what the signer may do is not checked.
 */
function invalidationOf(exchange: Exchange, settings: MethodSettings): Invalidation {
  const control = exchange.request.header("cache-control") ?? "";
  if (!/(?:^|,)\s*max-age\s*=\s*0\s*(?:,|$)/i.test(control)) return "none";
  const isSigned = routeOf(exchange).method.method.authorizationType === "AWS_IAM";
  if (!settings.requireAuthorizationForCacheControl || isSigned) return "reload";
  switch (settings.unauthorizedCacheControlHeaderStrategy) {
    case "FAIL_WITH_403":
      throw new GatewayFailure("cacheControlDenied", "the client may not invalidate the cache");
    case "SUCCEED_WITHOUT_RESPONSE_HEADER":
      return "none";
    default:
      return "warn";
  }
}

/** Unverified: the warning's number and text. */
function withWarning(answer: GatewayAnswer): GatewayAnswer {
  const headers = [...answer.headers, "Warning", "199 Cache invalidation unauthorized"];
  return { ...answer, headers };
}
