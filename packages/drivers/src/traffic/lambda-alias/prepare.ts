import { type PreflightFinding, type Prepared, RolloutError, type VersionId } from "@headgate/core";
import { isNotFound } from "../../aws/errors.ts";
import type { Clock } from "../../clock.ts";
import { loadCodePackage, type Revision } from "../../revisions/code-package.ts";
import { checkHandler } from "../../revisions/handler.ts";
import { matchCapacity } from "./capacity.ts";
import { INCOMPATIBLE_HINT, incompatibility } from "./compatibility.ts";
import type { FunctionApi, FunctionSettings } from "./function-api.ts";
import { probeCanary } from "./probe.ts";
import { bringCode, bringSettings, publishVersion, settledConfiguration } from "./publish.ts";
import { describeRoute, routeOf } from "./route.ts";

/** How a version is asked whether it answers at all: with an event of the user's choice, or not. */
export type Probe =
  | {
      readonly kind: "invoke";
      /** JSON. */
      readonly payload: string;
      /** Preflight really invokes stable too. Default false: a look should not do work. */
      readonly stableToo?: boolean;
    }
  | { readonly kind: "none" };

export interface Preparation {
  readonly api: FunctionApi;
  readonly clock: Clock;
  readonly revision: Revision;
  readonly settings: FunctionSettings;
  /** Stored with a version that is published. */
  readonly description: string | undefined;
  readonly probe: Probe;
}

/** The steps that make a canary version exist, answer and have capacity, in their order. */
export async function prepareCanary(preparation: Preparation): Promise<Prepared> {
  const { api, clock, revision } = preparation;
  const stable = await stableVersion(api);
  const isPublished = revision.kind === "version";
  const canary = isPublished
    ? await existingVersion(api, revision.version)
    : await publishRevision(preparation, revision);
  if (canary === stable) throw unchanged(api, stable);
  await mustBeCompatible(preparation, stable, canary);
  const warnings: PreflightFinding[] = [];
  if (preparation.probe.kind === "invoke") {
    const finding = await probeCanary(api, canary, preparation.probe.payload);
    if (finding.outcome === "warning") warnings.push(finding);
  }
  await matchCapacity(api, clock, { stable, canary });
  const { token } = routeOf(await api.getAlias());
  return { stable, canary, published: !isPublished, token, warnings };
}

async function stableVersion(api: FunctionApi): Promise<VersionId> {
  const route = routeOf(await api.getAlias());
  const label = `alias ${api.functionName}:${api.alias}`;
  if (route.stable === "$LATEST") {
    throw new RolloutError("TARGET_UNSUITABLE", `${label} points to $LATEST`, {
      hint: "Publish a version and point the alias to it: $LATEST cannot share an alias.",
    });
  }
  if (route.canary !== undefined) {
    throw new RolloutError(
      "TARGET_UNSUITABLE",
      `${label} already splits its traffic: ${describeRoute(route)}`,
      { hint: "Finish or undo the other rollout first." },
    );
  }
  return route.stable;
}

export async function existingVersion(api: FunctionApi, version: string): Promise<VersionId> {
  if (!/^[0-9]+$/.test(version)) {
    throw new RolloutError(
      "REVISION_INVALID",
      `"${version}" is not a published version; versions are numbers`,
      { hint: `aws lambda list-versions-by-function --function-name ${api.functionName}` },
    );
  }
  try {
    await api.getConfiguration(version);
    return version;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new RolloutError(
      "REVISION_NOT_FOUND",
      `function ${api.functionName} has no version ${version}`,
      {
        hint: `aws lambda list-versions-by-function --function-name ${api.functionName}`,
        cause: error,
      },
    );
  }
}

export async function publishRevision(
  { api, clock, settings, description }: Omit<Preparation, "probe" | "revision">,
  revision: Exclude<Revision, { readonly kind: "version" }>,
): Promise<VersionId> {
  const code = await loadCodePackage(revision);
  const latest = await api.getConfiguration();
  if (latest.PackageType === "Image") {
    throw new RolloutError(
      "TARGET_UNSUITABLE",
      `function ${api.functionName} is a container image; a ${revision.kind} cannot replace it`,
      { hint: "Publish the version yourself and name it in the revision." },
    );
  }
  checkHandler(code, {
    runtime: settings.runtime ?? latest.Runtime ?? "",
    handler: settings.handler ?? latest.Handler ?? "",
    hasLayers: (latest.Layers ?? []).length > 0,
  });
  await bringCode(api, clock, code);
  await bringSettings(api, clock, settings);
  return publishVersion(api, clock, { codeSha256: code.codeSha256, description });
}

async function mustBeCompatible(
  { api, clock }: Preparation,
  stable: VersionId,
  canary: VersionId,
): Promise<void> {
  const [before, after] = [
    await api.getConfiguration(stable),
    await settledConfiguration(api, clock, canary),
  ];
  const reason = incompatibility(before, after);
  if (reason === undefined) return;
  throw new RolloutError("CANARY_UNUSABLE", `version ${canary} cannot be a canary: ${reason}`, {
    hint: INCOMPATIBLE_HINT,
  });
}

function unchanged(api: FunctionApi, stable: VersionId): RolloutError {
  return new RolloutError(
    "REVISION_UNCHANGED",
    `the revision is what version ${stable} of ${api.functionName} already runs`,
    { hint: "There is nothing to roll out. Was the package built again after the change?" },
  );
}
