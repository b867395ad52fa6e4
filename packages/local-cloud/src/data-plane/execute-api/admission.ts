import type { ThrottleSettings } from "./api-definition.ts";
import type { CompiledMethod } from "./compiled-api.ts";
import { type Exchange, routeOf } from "./exchange.ts";
import { GatewayFailure } from "./gateway-failure.ts";
import type { KeyHolder, LiveApis } from "./live-apis.ts";
import type { StageRuntime } from "./stage-runtime.ts";
import { type Limits, Throttle } from "./throttle.ts";

/** Every account's own limit in a region. Source: AWS docs, API Gateway quotas. */
const ACCOUNT_LIMITS: Limits = { rate: 10_000, burst: 5000 };

/** Decides whether a request may go on to its backend: API key, limits, parameters. */
export class Admission {
  readonly #apis: LiveApis;
  readonly #throttle = new Throttle();

  constructor(apis: LiveApis) {
    this.#apis = apis;
  }

  /** @throws {GatewayFailure} when it may not. */
  admit(exchange: Exchange, runtime: StageRuntime, nowMs: number): void {
    const { method } = routeOf(exchange);
    if (method.method.apiKeyRequired) this.#admitKey(exchange, method, nowMs);
    this.#admitRate(exchange, method, runtime, nowMs);
    requireParameters(exchange, method);
  }

  /** Limits of the caller's plan come before those of the stage, as on AWS. */
  #admitKey(exchange: Exchange, compiled: CompiledMethod, nowMs: number): void {
    const { request, place, stage, api } = exchange;
    const value = request.header("x-api-key");
    const holder =
      value === undefined
        ? undefined
        : this.#apis.keyHolder(place, value, api.definition.apiId, stage.stageName);
    if (value === undefined || holder === undefined) {
      throw new GatewayFailure("invalidApiKey", "no usage plan admits this API key");
    }
    exchange.apiKey = { id: holder.keyId, value };
    this.#admitPlan(exchange, holder, compiled, nowMs);
    if (!this.#apis.takeFromQuota(place, holder)) {
      throw new GatewayFailure("quotaExceeded", `the quota of plan ${holder.planId} is used up`);
    }
  }

  #admitPlan(
    { api, stage }: Exchange,
    { keyId, planId, throttle, methodThrottle }: KeyHolder,
    { resource, method }: CompiledMethod,
    nowMs: number,
  ): void {
    const where = `${resource.path}/${method.httpMethod}`;
    const name = `plan/${planId}/${keyId}/${api.definition.apiId}/${stage.stageName}`;
    const limits = methodThrottle?.[where];
    this.#take(`${name}${where}`, limits, nowMs);
    this.#take(`plan/${planId}/${keyId}`, throttle, nowMs);
  }

  #admitRate(
    { place, stage, api }: Exchange,
    method: CompiledMethod,
    runtime: StageRuntime,
    nowMs: number,
  ): void {
    const { settings, settingsKey } = runtime.settingsOf(method);
    if (settings !== undefined) {
      const { throttlingRateLimit: rateLimit, throttlingBurstLimit: burstLimit } = settings;
      // A setting for the whole stage gives each method a bucket of its own.
      const where = `${method.resource.path}/${method.method.httpMethod}`;
      const name = `stage/${api.definition.apiId}/${stage.stageName}/${settingsKey}/${where}`;
      this.#take(name, { rateLimit, burstLimit }, nowMs);
    }
    this.#takeAccount(`account/${place.account}/${place.region}`, nowMs);
  }

  #takeAccount(name: string, nowMs: number): void {
    if (!this.#throttle.admits(name, ACCOUNT_LIMITS, nowMs)) throw tooMany(name);
  }

  #take(name: string, limits: ThrottleSettings | undefined, nowMs: number): void {
    if (limits?.rateLimit === undefined && limits?.burstLimit === undefined) return;
    const { rateLimit = ACCOUNT_LIMITS.rate, burstLimit = ACCOUNT_LIMITS.burst } = limits;
    if (!this.#throttle.admits(name, { rate: rateLimit, burst: burstLimit }, nowMs)) {
      throw tooMany(name);
    }
  }
}

function tooMany(name: string): GatewayFailure {
  return new GatewayFailure("throttled", `the limit of ${name} is reached`);
}

function requireParameters(exchange: Exchange, { requiredParameters }: CompiledMethod): void {
  if (requiredParameters.length === 0) return;
  const { request, route } = exchange;
  const missing = requiredParameters.filter(({ where, name }) => {
    if (where === "header") return (request.header(name.toLowerCase()) ?? "") === "";
    if (where === "path") return (route?.pathParameters?.[name] ?? "") === "";
    return request.query?.has(name) !== true;
  });
  if (missing.length === 0) return;
  const message = `Missing required request parameters: [${missing.map(({ name }) => name).join(", ")}]`;
  throw new GatewayFailure("badParameters", message, message);
}
