import type { MethodSettings } from "../../../data-plane/execute-api/api-definition.ts";
import { badRequest } from "../errors.ts";
import { isTrue, type Patch, withKey, withoutKey } from "../patch.ts";
import type { StageRow } from "../state.ts";
import { canaryNotYet } from "./stages.ts";

/** What a patch must know beyond the stage itself. */
export interface StageFacts {
  hasDeployment(id: string): boolean;
  /** Whether the account may write logs. */
  hasLoggingRole(): boolean;
}

/** One patch operation laid over a stage. @throws BadRequestException, and the whole patch is refused. */
export function patchStage(stage: StageRow, patch: Patch, facts: StageFacts): StageRow {
  if (patch.op === "copy") throw badCopy(patch);
  const [member, key, ...rest] = patch.keys;
  switch (member) {
    case "canarySettings":
      return patchCanary(patch);
    case "accessLogSettings":
      return patchAccessLog(stage, patch);
    case "variables":
      if (key === undefined || rest.length > 0) throw invalidPath(patch);
      return patchVariable(stage, patch, key);
    default:
      return patch.keys.length === 1
        ? patchMember(stage, patch, facts)
        : patchMethodSettings(stage, patch, facts);
  }
}

const COPY_TARGETS = ["/deploymentId", "/variables"];
const COPY_SOURCES = ["/canarySettings/deploymentId", "/canarySettings/stageVariableOverrides"];

function badCopy({ path, from }: Patch) {
  if (!COPY_TARGETS.includes(path ?? "") || !COPY_SOURCES.includes(from ?? "")) {
    return badRequest(
      `Invalid copy operation with path: ${path} and from ${from}. Valid copy:path are ` +
        `[${COPY_TARGETS.join(", ")}] and valid copy:from are [${COPY_SOURCES.join(", ")}]`,
    );
  }
  return badRequest("Promotion not available. Canary does not exist.");
}

const CANARY_MEMBERS = new Set(["percentTraffic", "deploymentId", "useStageCache"]);

function patchCanary(patch: Patch): never {
  const [, member, name] = patch.keys;
  const isKnown =
    CANARY_MEMBERS.has(member ?? "") || (member === "stageVariableOverrides" && name !== undefined);
  if (patch.op === "remove") throw nothingToRemove(patch);
  if (!isKnown) throw invalidPath(patch);
  throw canaryNotYet();
}

function patchAccessLog(stage: StageRow, patch: Patch): StageRow {
  const [, member] = patch.keys;
  if (patch.op === "remove") {
    if (member === undefined) return { ...stage, accessLog: undefined };
    // AWS has no way to remove one half of the settings.
    throw nothingToRemove(patch);
  }
  if (member !== "destinationArn" && member !== "format") {
    throw badRequest(
      "Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, " +
        "/accessLogSettings/format]",
    );
  }
  if ((patch.value ?? "") === "") throw badRequest("Access Log value must not be empty");
  const before = stage.accessLog ?? { destinationArn: undefined, format: undefined };
  // AWS shows the ARN without the ":*" that CloudWatch Logs puts after a group's.
  const value = member === "destinationArn" ? patch.value?.replace(/:\*$/, "") : patch.value;
  return { ...stage, accessLog: { ...before, [member]: value } };
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
      if (!facts.hasDeployment(value ?? "")) throw badRequest("Deployment id does not exist");
      return { ...stage, deploymentId: value ?? "" };
    case "/description":
      return { ...stage, description: patch.op === "remove" ? undefined : value };
    case "/tracingEnabled":
      return { ...stage, tracingEnabled: isTrue(value) };
    case "/cacheClusterEnabled":
      return { ...stage, cacheClusterEnabled: isTrue(value) };
    case "/cacheClusterSize":
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
    cacheTtlInSeconds: Math.trunc(limit(value)),
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
    // Source: an AWS answer quoted in aws-solutions/virtual-waiting-room-on-aws#74.
    throw badRequest("CloudWatch Logs role ARN must be set in account settings to enable logging");
  }
  return { ...stage, methodSettings: withKey(stage.methodSettings, key, next) };
}

function logLevel(value: string): string {
  if (["OFF", "ERROR", "INFO"].includes(value)) return value;
  // Unverified: the text.
  throw badRequest("Invalid logging level. Valid options are OFF,ERROR,INFO");
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
