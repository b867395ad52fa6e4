import type { MethodSettings } from "../../../data-plane/execute-api/api-definition.ts";
import { badRequest, noLoggingRole } from "../errors.ts";
import { CACHE_CLUSTER_SIZES, CACHE_TTL_MAX_SECONDS } from "../limits.ts";
import { isTrue, type Patch, withKey, withoutKey } from "../patch.ts";
import type { StageRow } from "../state.ts";
import { patchAccessLog } from "./stage-access-log.ts";
import { copyFromCanary, patchCanary } from "./stage-canary.ts";

/** What a patch must know beyond the stage itself. */
export interface StageFacts {
  hasDeployment(id: string): boolean;
  /** Whether the account may write logs. */
  hasLoggingRole(): boolean;
}

/** One patch operation laid over a stage. @throws BadRequestException, and the whole patch is refused. */
export function patchStage(stage: StageRow, patch: Patch, facts: StageFacts): StageRow {
  if (patch.op === "copy") return copyFromCanary(stage, patch);
  const [member, key, ...rest] = patch.keys;
  switch (member) {
    case "canarySettings":
      return patchCanary(stage, patch, facts, {
        invalidPath: () => invalidPath(patch),
        nothingToRemove: () => nothingToRemove(patch),
      });
    case "accessLogSettings":
      return patchAccessLog(stage, patch, facts, () => nothingToRemove(patch));
    case "variables":
      if (key === undefined || rest.length > 0) throw invalidPath(patch);
      return patchVariable(stage, patch, key);
    default:
      return patch.keys.length === 1
        ? patchMember(stage, patch, facts)
        : patchMethodSettings(stage, patch, facts);
  }
}

function patchVariable(stage: StageRow, patch: Patch, name: string): StageRow {
  const variables =
    patch.op === "remove"
      ? withoutKey(stage.variables, name)
      : withKey(stage.variables, name, patch.value ?? "");
  return { ...stage, variables };
}

function patchMember(stage: StageRow, patch: Patch, facts: StageFacts): StageRow {
  const { value } = patch;
  switch (patch.path) {
    case "/deploymentId":
      if (patch.op === "remove") throw nothingToRemove(patch);
      // Unverified: that a canary does not stand in the way. Terraform's AWS provider sends such patches.
      if (!facts.hasDeployment(value ?? "")) throw badRequest("Deployment id does not exist");
      return { ...stage, deploymentId: value ?? "" };
    case "/description":
      return { ...stage, description: patch.op === "remove" ? undefined : value };
    case "/tracingEnabled":
      return { ...stage, tracingEnabled: isTrue(value) };
    case "/cacheClusterEnabled":
      return { ...stage, cacheClusterEnabled: isTrue(value) };
    case "/cacheClusterSize":
      if (!CACHE_CLUSTER_SIZES.includes(value ?? "")) {
        // Unverified: the text.
        throw badRequest(
          `Invalid cache cluster size: ${value}. Valid sizes are ${CACHE_CLUSTER_SIZES.join(", ")}`,
        );
      }
      return { ...stage, cacheClusterSize: value };
    case "/clientCertificateId":
      return { ...stage, clientCertificateId: value === "" ? undefined : value };
    default:
      throw patch.op === "remove" ? nothingToRemove(patch) : invalidPath(patch);
  }
}

/** What a method has from the moment that one of its settings is set. Source: recorded AWS answer. */
const SETTINGS_BY_DEFAULT: MethodSettings = {
  metricsEnabled: false,
  loggingLevel: undefined,
  dataTraceEnabled: false,
  throttlingBurstLimit: 5000,
  throttlingRateLimit: 10_000,
  cachingEnabled: false,
  cacheTtlInSeconds: 300,
  cacheDataEncrypted: false,
  requireAuthorizationForCacheControl: true,
  unauthorizedCacheControlHeaderStrategy: "SUCCEED_WITH_RESPONSE_HEADER",
};

type SetSetting = (settings: MethodSettings, value: string) => MethodSettings;

const SETTINGS: Readonly<Record<string, SetSetting>> = {
  "metrics/enabled": (settings, value) => ({ ...settings, metricsEnabled: isTrue(value) }),
  "logging/dataTrace": (settings, value) => ({ ...settings, dataTraceEnabled: isTrue(value) }),
  "logging/loglevel": (settings, value) => ({ ...settings, loggingLevel: logLevel(value) }),
  "throttling/burstLimit": (settings, value) => ({
    ...settings,
    throttlingBurstLimit: Math.trunc(limit(value)),
  }),
  "throttling/rateLimit": (settings, value) => ({
    ...settings,
    throttlingRateLimit: limit(value),
  }),
  "caching/enabled": (settings, value) => ({ ...settings, cachingEnabled: isTrue(value) }),
  "caching/ttlInSeconds": (settings, value) => ({
    ...settings,
    cacheTtlInSeconds: timeToLive(value),
  }),
  "caching/dataEncrypted": (settings, value) => ({
    ...settings,
    cacheDataEncrypted: isTrue(value),
  }),
  "caching/requireAuthorizationForCacheControl": (settings, value) => ({
    ...settings,
    requireAuthorizationForCacheControl: isTrue(value),
  }),
  "caching/unauthorizedCacheControlHeaderStrategy": (settings, value) => ({
    ...settings,
    unauthorizedCacheControlHeaderStrategy: value,
  }),
};

/** `/{resource}/{METHOD}/{group}/{setting}`; the key keeps the "~1" that stands for a slash. */
function patchMethodSettings(stage: StageRow, patch: Patch, facts: StageFacts): StageRow {
  const [, resource = "", method = "", ...setting] = (patch.path ?? "").split("/");
  const key = `${resource}/${method}`;
  const before = stage.methodSettings[key];
  if (patch.op === "remove") {
    if (before === undefined || setting.length > 0) throw nothingToRemove(patch);
    return { ...stage, methodSettings: withoutKey(stage.methodSettings, key) ?? {} };
  }
  const name = setting.join("/");
  const set = SETTINGS[name];
  if (set === undefined) throw invalidPath(patch);
  const next = set(before ?? SETTINGS_BY_DEFAULT, patch.value ?? "");
  const logs = next.loggingLevel !== undefined && next.loggingLevel !== "OFF";
  if (name === "logging/loglevel" && logs && !facts.hasLoggingRole()) {
    throw noLoggingRole();
  }
  return { ...stage, methodSettings: withKey(stage.methodSettings, key, next) };
}

function logLevel(value: string): string {
  if (["OFF", "ERROR", "INFO"].includes(value)) return value;
  // Unverified: the text.
  throw badRequest("Invalid logging level. Valid options are OFF,ERROR,INFO");
}

/** Source of the bounds: AWS docs, "Cache settings for REST APIs". Unverified: the text. */
function timeToLive(value: string): number {
  const seconds = Math.trunc(limit(value));
  if (seconds >= 0 && seconds <= CACHE_TTL_MAX_SECONDS) return seconds;
  throw badRequest(`Invalid cache TTL: ${value}. Must be between 0 and ${CACHE_TTL_MAX_SECONDS}`);
}

/** -1, AWS's "no limit of its own", is a number too. */
function limit(value: string): number {
  const number = Number(value);
  // Unverified: the text.
  if (value === "" || !Number.isFinite(number)) throw badRequest(`Invalid number value: ${value}`);
  return number;
}

function nothingToRemove({ path }: Patch) {
  return badRequest(
    `Cannot remove method setting ${(path ?? "").replace(/^\//, "")} because there is no method ` +
      "setting for this method ",
  );
}

const PER_METHOD = [
  "metrics/enabled",
  "logging/dataTrace",
  "logging/loglevel",
  "throttling/burstLimit",
  "throttling/rateLimit",
  "caching/ttlInSeconds",
  "caching/enabled",
  "caching/dataEncrypted",
  "caching/requireAuthorizationForCacheControl",
  "caching/unauthorizedCacheControlHeaderStrategy",
];

/** The list as AWS prints it, its missing commas included. */
const VALID_PATHS = [
  "/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId",
  "/accessLogSettings, /accessLogSettings/destinationArn, /accessLogSettings/format",
  pathsOf("/{resourcePath}/{httpMethod}/", ["", "", "", "", "glued", "glued"]),
  pathsOf("/*/*/", ["", "", "", "", "spaced", "spaced"]),
  "/variables/{variable_name}, /tracingEnabled",
].join(", ");

function pathsOf(prefix: string, joints: readonly string[]): string {
  return PER_METHOD.reduce((text, setting, index) => {
    const joint = { glued: "", spaced: " " }[joints[index] ?? ""] ?? ", ";
    return `${text}${text === "" ? "" : joint}${prefix}${setting}`;
  }, "");
}

function invalidPath({ path }: Patch) {
  return badRequest(`Invalid method setting path: ${path}. Must be one of: [${VALID_PATHS}]`);
}
