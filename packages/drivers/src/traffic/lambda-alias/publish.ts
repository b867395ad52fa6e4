import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import { RolloutError, type VersionId } from "@headgate/core";
import { isAwsException } from "../../aws/errors.ts";
import { poll } from "../../aws/runner.ts";
import type { Clock } from "../../clock.ts";
import type { CodePackage } from "../../revisions/code-package.ts";
import type { FunctionApi, FunctionSettings } from "./function-api.ts";

/** As long as the SDK's own waiter, FunctionUpdatedV2. Source: botocore lambda waiters. */
const UPDATE_MS = 300_000;
const PUBLISH_ATTEMPTS = 3;

/**
 * A function's configuration once no update is under way any more.
 * @throws {RolloutError} CANARY_UNUSABLE when the version failed, TIMED_OUT.
 */
export function settledConfiguration(
  api: FunctionApi,
  clock: Clock,
  version?: VersionId,
): Promise<FunctionConfiguration> {
  const label = version === undefined ? api.functionName : `${api.functionName}:${version}`;
  return poll({
    clock,
    deadlineMs: UPDATE_MS,
    waitingFor: `function ${label} to be active and updated`,
    read: () => api.getConfiguration(version),
    settled: (read) => {
      if (read.State === "Pending" || read.LastUpdateStatus === "InProgress") return undefined;
      const failure = failureOf(read);
      if (failure === undefined) return read;
      throw new RolloutError("CANARY_UNUSABLE", `function ${label} is not usable: ${failure}`, {
        hint: "Lambda could not make it ready; its role, its network or a layer may be wrong.",
      });
    },
    describe: ({ State, LastUpdateStatus }) =>
      `state ${State ?? "unknown"}, update ${LastUpdateStatus ?? "unknown"}`,
  });
}

/** What stops a function from running, in Lambda's words; undefined when nothing does. */
export function failureOf(configuration: FunctionConfiguration): string | undefined {
  const { State, StateReason, LastUpdateStatus, LastUpdateStatusReason } = configuration;
  if (State === "Failed") return `state Failed: ${StateReason ?? "no reason given"}`;
  if (LastUpdateStatus === "Failed") {
    return `the last update failed: ${LastUpdateStatusReason ?? "no reason given"}`;
  }
  return undefined;
}

/**
 * Makes $LATEST hold this code; uploads nothing when it already does.
 * @throws {RolloutError} AWS_REFUSED when someone else changes the code at the same time.
 */
export async function bringCode(api: FunctionApi, clock: Clock, code: CodePackage): Promise<void> {
  const latest = await settledConfiguration(api, clock);
  if (latest.CodeSha256 === code.codeSha256) return;
  await despiteRace(() => api.updateCode(code.zip, latest.RevisionId));
  const after = await settledConfiguration(api, clock);
  if (after.CodeSha256 !== code.codeSha256) throw changedMeanwhile(api, "code");
}

/** Makes $LATEST have these settings; changes nothing when it already has them. */
export async function bringSettings(
  api: FunctionApi,
  clock: Clock,
  settings: FunctionSettings,
): Promise<void> {
  const latest = await settledConfiguration(api, clock);
  if (hasSettings(latest, settings)) return;
  await despiteRace(() => api.updateSettings(settings, latest.RevisionId));
  const after = await settledConfiguration(api, clock);
  if (!hasSettings(after, settings)) throw changedMeanwhile(api, "configuration");
}

/**
 * Publishes $LATEST, provided that it still holds this code. Lambda returns the newest version
 * instead when nothing changed since, which makes a second attempt harmless.
 */
export async function publishVersion(
  api: FunctionApi,
  clock: Clock,
  guard: { readonly codeSha256: string; readonly description: string | undefined },
): Promise<VersionId> {
  for (let attempt = 1; ; attempt++) {
    const latest = await settledConfiguration(api, clock);
    if (latest.CodeSha256 !== guard.codeSha256) throw changedMeanwhile(api, "code");
    const published = await despiteRace(() =>
      api.publish({ ...guard, revisionId: latest.RevisionId }),
    );
    if (published?.Version !== undefined) return published.Version;
    if (attempt === PUBLISH_ATTEMPTS) throw changedMeanwhile(api, "configuration");
  }
}

/**
 * Undefined when someone was faster: another deployer, or our own attempt whose answer was lost. What
 * counts is what is there afterwards, so the caller looks.
 */
async function despiteRace<Value>(change: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await change();
  } catch (error) {
    const isRace =
      isAwsException(error, "PreconditionFailedException") ||
      isAwsException(error, "ResourceConflictException");
    if (isRace) return undefined;
    throw error;
  }
}

export function hasSettings(
  configuration: FunctionConfiguration,
  settings: FunctionSettings,
): boolean {
  const { handler, runtime, environment } = settings;
  return (
    (handler === undefined || handler === configuration.Handler) &&
    (runtime === undefined || runtime === configuration.Runtime) &&
    (environment === undefined || isSame(environment, configuration.Environment?.Variables ?? {}))
  );
}

function isSame(
  left: Readonly<Record<string, string>>,
  right: Readonly<Record<string, string>>,
): boolean {
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length && names.every((name) => left[name] === right[name])
  );
}

function changedMeanwhile(api: FunctionApi, what: "code" | "configuration"): RolloutError {
  return new RolloutError(
    "AWS_REFUSED",
    `the ${what} of function ${api.functionName} was changed by someone else during the preparation`,
    { hint: "Let the other deployment finish, then deploy again." },
  );
}
