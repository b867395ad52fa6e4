import { RolloutError, type VersionId } from "@headgate/core";
import { awsMessageOf, isNotFound } from "../../aws/errors.ts";
import { poll } from "../../aws/runner.ts";
import type { Clock } from "../../clock.ts";
import type { FunctionApi } from "./function-api.ts";

/** Provisioned concurrency usually takes one to three minutes. All of `prepare` must end in 15. */
const READY_MS = 480_000;

/** The provisioned concurrency asked for on a version or alias; undefined when there is none. */
export async function capacityOf(api: FunctionApi, qualifier: string): Promise<number | undefined> {
  try {
    return (await api.getCapacity(qualifier)).RequestedProvisionedConcurrentExecutions;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** What serves stable now: provisioned on the alias itself, or on the version it points to. */
export async function stableCapacity(
  api: FunctionApi,
  stable: VersionId,
): Promise<number | undefined> {
  return (await capacityOf(api, api.alias)) ?? (await capacityOf(api, stable));
}

/**
 * Gives the canary version as much provisioned concurrency as stable has, and waits until it is
 * ready: otherwise the canary would be compared cold with a warm stable. A version may have its own
 * while an alias that does not point to it has one too. Source: AWS docs, provisioned-concurrency.
 * @throws {RolloutError} CANARY_UNUSABLE, TARGET_UNSUITABLE (not enough concurrency), TIMED_OUT.
 */
export async function matchCapacity(
  api: FunctionApi,
  clock: Clock,
  versions: { readonly stable: VersionId; readonly canary: VersionId },
): Promise<void> {
  const { stable, canary } = versions;
  const wanted = await stableCapacity(api, stable);
  if (wanted === undefined) return;
  if (((await capacityOf(api, canary)) ?? 0) < wanted) await put(api, canary, wanted);
  await poll({
    clock,
    deadlineMs: READY_MS,
    waitingFor: `provisioned concurrency ${wanted} on ${api.functionName}:${canary}`,
    read: () => api.getCapacity(canary),
    settled: ({ Status, StatusReason }) => {
      if (Status === "FAILED") throw unusable(api, canary, StatusReason ?? "no reason given");
      return Status === "READY" ? true : undefined;
    },
    describe: ({ Status, AvailableProvisionedConcurrentExecutions: available = 0 }) =>
      `${Status ?? "unknown"}, ${available} available`,
  });
}

async function put(api: FunctionApi, canary: VersionId, wanted: number): Promise<void> {
  try {
    await api.putCapacity(canary, wanted);
  } catch (error) {
    if (!(error instanceof RolloutError) || error.code !== "AWS_REFUSED") throw error;
    throw new RolloutError(
      "TARGET_UNSUITABLE",
      `stable has provisioned concurrency ${wanted}, and the canary cannot get the same: ${awsMessageOf(error)}`,
      {
        hint: `While both serve they need ${2 * wanted}: raise the reserved or account concurrency, or lower the provisioned.`,
        cause: error,
      },
    );
  }
}

/**
 * Before an alias with its own provisioned concurrency may point to the canary, the canary's own must
 * go: a version can have only one. Lambda then moves the alias's, with the old version serving until
 * that is ready. Source: AWS docs, provisioned-concurrency.
 */
export async function yieldToAlias(api: FunctionApi, canary: VersionId): Promise<void> {
  if ((await capacityOf(api, api.alias)) === undefined) return;
  await remove(api, canary);
}

/** Removes the capacity that the version without traffic no longer needs, unless an alias uses it. */
export async function releaseCapacity(
  api: FunctionApi,
  versions: { readonly loser: VersionId; readonly live: VersionId },
): Promise<void> {
  const { loser, live } = versions;
  // None on the live version means that none was moved: what the loser has is not ours to take.
  if ((await stableCapacity(api, live)) === undefined) return;
  const aliases = await api.listAliases();
  const isInUse = aliases.some(
    ({ FunctionVersion, RoutingConfig }) =>
      FunctionVersion === loser || loser in (RoutingConfig?.AdditionalVersionWeights ?? {}),
  );
  if (!isInUse) await remove(api, loser);
}

async function remove(api: FunctionApi, qualifier: string): Promise<void> {
  try {
    await api.deleteCapacity(qualifier);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function unusable(api: FunctionApi, canary: VersionId, reason: string): RolloutError {
  return new RolloutError(
    "CANARY_UNUSABLE",
    `provisioned concurrency for ${api.functionName}:${canary} failed: ${reason}`,
    { hint: "Its code outside the handler probably fails; look at the version's log." },
  );
}
