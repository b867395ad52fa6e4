import type { CanarySettings, DeploymentCanarySettings } from "@aws-sdk/client-api-gateway";
import type { CanaryDefinition } from "../../../data-plane/execute-api/api-definition.ts";
import { badRequest } from "../errors.ts";
import { isTrue, type Patch, withKey, withoutKey } from "../patch.ts";
import type { StageRow } from "../state.ts";

/**
 * Paths that only `replace` may name. Source of all texts here without another mark: recorded AWS answers
 * (LocalStack snapshot test_apigateway_canary).
 */
const REPLACEABLE = new Set(["percentTraffic", "deploymentId", "useStageCache"]);

/** A canary as CreateStage or CreateDeployment describe it. @throws for a percentage out of range. */
export function newCanary(
  deploymentId: string,
  settings: Omit<CanarySettings, "deploymentId"> | DeploymentCanarySettings,
): CanaryDefinition {
  return {
    deploymentId,
    percentTraffic: checkPercent(settings.percentTraffic ?? 0),
    stageVariableOverrides: settings.stageVariableOverrides,
    useStageCache: settings.useStageCache ?? false,
  };
}

/**
 * `replace` under /canarySettings. A stage without a canary gets one on its own deployment with 0.0 percent,
 * so that replacing only the percentage sends that share to the same code.
 */
export function patchCanary(
  stage: StageRow,
  patch: Patch,
  facts: { hasDeployment(id: string): boolean },
  refusals: { readonly invalidPath: () => Error; readonly nothingToRemove: () => Error },
): StageRow {
  const [, member = "", name, ...rest] = patch.keys;
  const isVariable = member === "stageVariableOverrides" && name !== undefined && rest.length === 0;
  const isMember = REPLACEABLE.has(member) && name === undefined;
  if (patch.op === "remove") {
    // Unverified: that removing a canary which is not there succeeds.
    if (patch.keys.length === 1) return { ...stage, canary: undefined };
    if (isVariable) return withoutOverride(stage, name, refusals);
    if (!isMember) throw refusals.nothingToRemove();
  }
  if (!isVariable && !isMember) throw refusals.invalidPath();
  if (patch.op !== "replace") {
    throw badRequest(`Invalid ${patch.op} operation with path: ${patch.path}`);
  }
  const canary = stage.canary ?? newCanary(stage.deploymentId, {});
  const value = patch.value ?? "";
  if (isVariable) {
    const stageVariableOverrides = withKey(canary.stageVariableOverrides, name, value);
    return { ...stage, canary: { ...canary, stageVariableOverrides } };
  }
  if (member === "useStageCache") {
    return { ...stage, canary: { ...canary, useStageCache: isTrue(value) } };
  }
  if (member === "deploymentId") {
    if (!facts.hasDeployment(value)) throw badRequest("Deployment id does not exist");
    return { ...stage, canary: { ...canary, deploymentId: value } };
  }
  const percentTraffic = checkPercent(value.trim() === "" ? Number.NaN : Number(value), value);
  return { ...stage, canary: { ...canary, percentTraffic } };
}

/** Source: hashicorp/terraform-provider-aws, which takes single overrides away like this. */
function withoutOverride(
  stage: StageRow,
  name: string,
  refusals: { readonly nothingToRemove: () => Error },
): StageRow {
  const { canary } = stage;
  if (canary?.stageVariableOverrides?.[name] === undefined) throw refusals.nothingToRemove();
  const stageVariableOverrides = withoutKey(canary.stageVariableOverrides, name);
  return { ...stage, canary: { ...canary, stageVariableOverrides } };
}

const COPY_TARGETS = ["/deploymentId", "/variables"];
const COPY_SOURCES = ["/canarySettings/deploymentId", "/canarySettings/stageVariableOverrides"];

/** `copy` promotes: the canary's deployment, or its variables laid over the stage's. The canary stays. */
export function copyFromCanary(stage: StageRow, { path, from }: Patch): StageRow {
  if (!COPY_TARGETS.includes(path ?? "") || !COPY_SOURCES.includes(from ?? "")) {
    throw badCopy(path, from);
  }
  const { canary } = stage;
  if (canary === undefined) throw badRequest("Promotion not available. Canary does not exist.");
  const isDeployment = path === "/deploymentId";
  // Unverified: what AWS says of a deployment copied to variables, or the other way round.
  if (isDeployment !== (from === "/canarySettings/deploymentId")) throw badCopy(path, from);
  if (isDeployment) return { ...stage, deploymentId: canary.deploymentId };
  const { stageVariableOverrides: overrides } = canary;
  if (overrides === undefined) return stage;
  return { ...stage, variables: { ...stage.variables, ...overrides } };
}

function badCopy(path: string | undefined, from: string | undefined) {
  return badRequest(
    `Invalid copy operation with path: ${path} and from ${from}. Valid copy:path are ` +
      `[${COPY_TARGETS.join(", ")}] and valid copy:from are [${COPY_SOURCES.join(", ")}]`,
  );
}

/** 0.0 to 100.0 inclusive, fractions allowed. Source: AWS docs, "Update a canary release". */
function checkPercent(percent: number, given = String(percent)): number {
  if (percent >= 0 && percent <= 100) return percent;
  // Unverified: the text.
  throw badRequest(
    `Invalid canary percentTraffic value: ${given}. Must be a number between 0.0 and 100.0`,
  );
}

export function canaryShape(canary: CanaryDefinition): CanarySettings {
  return { ...canary };
}
