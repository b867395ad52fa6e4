import { type Configuration, changedConfiguration } from "../configuration.ts";
import { checkZip, codeOf } from "../deployment-package.ts";
import { invalidParameter, noS3Yet } from "../errors.ts";
import { parseUnqualified } from "../function-name.ts";
import { UPDATING } from "../lifecycle.ts";
import type { LambdaParts } from "../parts.ts";
import { requireRole } from "../role.ts";
import type { LambdaHandlers, LambdaInput } from "../sdk.ts";
import { keyOf, latestOf, type PlaceState, requireFunction, type VersionRow } from "../state.ts";
import { requireSettled } from "../update-guard.ts";
import { versionOutput } from "../version-output.ts";
import { requireStorage } from "./functions.ts";
import { publish } from "./versions.ts";

/** Changes of $LATEST: its code and its configuration. */
export function updateOperations(parts: LambdaParts) {
  const { cloud, lambda, lifecycle } = parts;

  /** $LATEST as it will be while the change is made ready. */
  const updated = (latest: VersionRow, configuration: Configuration): VersionRow => {
    const nowMs = cloud.clock.nowMs();
    return {
      ...latest,
      configuration,
      preparing: { key: cloud.random.uuid(), startedAtMs: nowMs },
      // A function whose creation failed has nothing to serve: it is created anew.
      state: latest.serving === undefined ? { status: "Pending" } : latest.state,
      ...UPDATING,
      revisionId: cloud.random.uuid(),
      lastModifiedMs: nowMs,
    };
  };

  const findLatest = (state: PlaceState, name: string, revisionId: string | undefined) => {
    requireFunction(state, name);
    const latest = latestOf(state, name);
    requireSettled(state, latest, revisionId);
    return latest;
  };

  return {
    async UpdateFunctionCode(input, context) {
      const state = lambda.in(context);
      const name = parseUnqualified(context, input.FunctionName ?? "");
      findLatest(state, name, input.RevisionId);
      const zip = requireZip(input);
      await checkZip(zip);
      const code = codeOf(zip);
      requireStorage(state, code.sizeBytes);
      // Another update may have come while the zip was read.
      const latest = findLatest(state, name, input.RevisionId);
      const architectures = input.Architectures ?? latest.configuration.architectures;
      const row = updated(latest, { ...latest.configuration, code, architectures });
      if (input.DryRun === true) return versionOutput(context, latest, undefined);

      cloud.store.blobs.put(zip);
      const published = cloud.store.transaction(() => {
        state.versions.set(keyOf(name), row);
        return input.Publish === true ? publish(parts, state, name, undefined) : undefined;
      });
      lifecycle.prepare(state, row);
      if (published === undefined) return versionOutput(context, row, undefined);
      lifecycle.prepare(state, published);
      return versionOutput(context, published, published.version);
    },

    async UpdateFunctionConfiguration(input, context) {
      const state = lambda.in(context);
      const name = parseUnqualified(context, input.FunctionName ?? "");
      findLatest(state, name, input.RevisionId);
      if (input.Role !== undefined) await requireRole(cloud, context, input.Role);
      const latest = findLatest(state, name, input.RevisionId);
      const row = updated(latest, changedConfiguration(latest.configuration, input));
      state.versions.set(keyOf(name), row);
      lifecycle.prepare(state, row);
      return versionOutput(context, row, undefined);
    },
  } satisfies LambdaHandlers;
}

function requireZip(input: LambdaInput<"UpdateFunctionCode">): Uint8Array {
  if (input.ImageUri !== undefined) {
    throw invalidParameter(
      "Please don't provide ImageUri when updating a function with packageType Zip.",
    );
  }
  if (input.S3Bucket !== undefined || input.S3Key !== undefined) {
    throw noS3Yet();
  }
  if (input.ZipFile === undefined) {
    throw invalidParameter("Please provide a source for function code.");
  }
  return input.ZipFile;
}
