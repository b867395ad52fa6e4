import { badPatchPath, badRequest, invalidPatchPath } from "../errors.ts";
import { type Patch, withKey } from "../patch.ts";
import type { PlanStage, Quota, UsagePlanRow } from "../state.ts";

/**
 * One patch operation laid over a usage plan. `checkStage` throws for a stage that does not exist.
 * Paths. Source: AWS docs, "patch operations", UpdateUsagePlan.
 */
export function patchUsagePlan(
  plan: UsagePlanRow,
  patch: Patch,
  checkStage: (stage: PlanStage) => void,
): UsagePlanRow {
  const [member, key] = patch.keys;
  const isRemoval = patch.op === "remove";
  switch (member) {
    case "name":
      return { ...plan, name: patch.value ?? "" };
    case "description":
      return { ...plan, description: patch.value };
    case "productCode":
      return { ...plan, productCode: isRemoval ? undefined : patch.value };
    case "apiStages":
      return key === undefined
        ? patchStages(plan, patch, checkStage)
        : patchStageThrottle(plan, patch, key);
    case "throttle":
      if (isRemoval && key === undefined) return { ...plan, throttle: undefined };
      return { ...plan, throttle: patchThrottle(plan.throttle, patch, key) };
    case "quota":
      if (isRemoval && key === undefined) return { ...plan, quota: undefined };
      return { ...plan, quota: patchQuota(plan.quota, patch, key) };
    default:
      throw invalidPatchPath(patch.path);
  }
}

/** The value is "{api id}:{stage}". */
function patchStages(
  plan: UsagePlanRow,
  patch: Patch,
  checkStage: (stage: PlanStage) => void,
): UsagePlanRow {
  const [apiId, stage, ...rest] = (patch.value ?? "").split(":");
  if (apiId === undefined || stage === undefined || rest.length > 0) {
    throw badRequest("Invalid API Stage specified");
  }
  const others = plan.apiStages.filter((one) => one.apiId !== apiId || one.stage !== stage);
  if (patch.op === "remove") return { ...plan, apiStages: others };
  const added: PlanStage = { apiId, stage, throttle: undefined };
  checkStage(added);
  return { ...plan, apiStages: [...others, added] };
}

/** As AWS lists them, its misspelling included. Source: an AWS answer quoted in boto/boto3#2629. */
const REMOVABLE = [
  "/apiStages",
  "/quota",
  "/throttle",
  "/productCode",
  "/apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>",
  "/apiStages/<apidId:stageName>/throttle",
];

/** `/apiStages/{api id}:{stage}/throttle/{resource path}/{METHOD}/rateLimit` */
function patchStageThrottle(plan: UsagePlanRow, patch: Patch, key: string): UsagePlanRow {
  const [, , what, resource, method, limit] = patch.keys;
  const stage = plan.apiStages.find((one) => `${one.apiId}:${one.stage}` === key);
  if (what !== "throttle" && patch.op === "remove") {
    throw badPatchPath(patch.path ?? "", patch.op, REMOVABLE);
  }
  if (stage === undefined || what !== "throttle") throw invalidPatchPath(patch.path);
  const replaceStage = (throttle: PlanStage["throttle"]): UsagePlanRow => ({
    ...plan,
    apiStages: plan.apiStages.map((one) => (one === stage ? { ...one, throttle } : one)),
  });
  if (resource === undefined || method === undefined) {
    if (patch.op === "remove") return replaceStage(undefined);
    throw invalidPatchPath(patch.path);
  }
  const name = `${resource}/${method}`;
  const before = stage.throttle?.[name];
  return replaceStage(withKey(stage.throttle, name, patchThrottle(before, patch, limit)));
}

function patchThrottle(
  throttle: UsagePlanRow["throttle"],
  patch: Patch,
  member: string | undefined,
): NonNullable<UsagePlanRow["throttle"]> {
  if (member !== "rateLimit" && member !== "burstLimit") throw invalidPatchPath(patch.path);
  const before = throttle ?? { rateLimit: undefined, burstLimit: undefined };
  return { ...before, [member]: numberOf(patch) };
}

function patchQuota(quota: Quota | undefined, patch: Patch, member: string | undefined): Quota {
  const before: Quota = quota ?? { limit: 0, offset: 0, period: "DAY" };
  if (member === "limit" || member === "offset") return { ...before, [member]: numberOf(patch) };
  const { value } = patch;
  if (member === "period" && (value === "DAY" || value === "WEEK" || value === "MONTH")) {
    return { ...before, period: value };
  }
  throw invalidPatchPath(patch.path);
}

function numberOf({ value }: Patch): number {
  const number = Number(value);
  // Unverified: the text.
  if (value === undefined || value === "" || !Number.isFinite(number)) {
    throw badRequest(`Invalid number value: ${value}`);
  }
  return number;
}
