import { createHash } from "node:crypto";
import type { Configuration } from "../configuration.ts";
import { invalidParameter, notInThisState } from "../errors.ts";
import { parseUnqualified } from "../function-name.ts";
import { CREATING } from "../lifecycle.ts";
import type { LambdaParts } from "../parts.ts";
import type { LambdaHandlers } from "../sdk.ts";
import {
  type FunctionRow,
  keyOf,
  latestOf,
  type PlaceState,
  requireFunction,
  type VersionRow,
  versionsOf,
} from "../state.ts";
import { requireSettled } from "../update-guard.ts";
import { listedVersion, versionOutput } from "../version-output.ts";
import { marked, pageOfRows } from "./pages.ts";

export function versionOperations(parts: LambdaParts) {
  const { cloud, lambda } = parts;
  return {
    PublishVersion(input, context) {
      const state = lambda.in(context);
      const name = parseUnqualified(context, input.FunctionName ?? "");
      requireFunction(state, name);
      const latest = latestOf(state, name);
      requireSettled(state, latest, input.RevisionId);
      const current = latest.configuration.code.sha256Base64;
      if (input.CodeSha256 !== undefined && input.CodeSha256 !== current) {
        throw invalidParameter(
          `CodeSHA256 (${input.CodeSha256}) is different from current CodeSHA256 in $LATEST (${current}). Please try again with the CodeSHA256 in $LATEST.`,
        );
      }
      if (latest.state.status === "Failed" || latest.lastUpdate?.status === "Failed") {
        // Unverified: AWS's text.
        throw notInThisState("Failed");
      }
      const published = cloud.store.transaction(() =>
        publish(parts, state, name, input.Description),
      );
      return versionOutput(context, published, published.version);
    },

    ListVersionsByFunction(input, context) {
      const state = lambda.in(context);
      const row = requireFunction(state, parseUnqualified(context, input.FunctionName ?? ""));
      const page = pageOfRows(versionsOf(state, row), input, ({ version }) => version);
      return marked("Versions", {
        nextToken: page.nextToken,
        items: page.items.map((version) => listedVersion(context, version, version.version)),
      });
    },
  } satisfies LambdaHandlers;
}

/**
 * Freezes $LATEST under the next number, or gives the newest version when nothing has changed since it
 * was published. Called in a transaction; a version that is still Pending must be prepared after it.
 */
export function publish(
  { cloud }: Pick<LambdaParts, "cloud">,
  state: PlaceState,
  name: string,
  description: string | undefined,
): VersionRow {
  const row = requireFunction(state, name);
  const latest = latestOf(state, name);
  const fingerprint = fingerprintOf(latest.configuration);
  const newest = newestUnchanged(state, row, fingerprint);
  if (newest !== undefined) return newest;

  const version = String(row.nextVersion);
  const key = cloud.random.uuid();
  const configuration = {
    ...latest.configuration,
    description: description ?? latest.configuration.description,
  };
  const published: VersionRow = {
    functionName: name,
    version,
    configuration,
    revisionId: cloud.random.uuid(),
    lastModifiedMs: latest.lastModifiedMs,
    ...(latest.preparing === undefined
      ? {
          serving: { key, configuration },
          preparing: undefined,
          state: { status: "Active" },
          lastUpdate: { status: "Successful" },
        }
      : { serving: undefined, preparing: { ...latest.preparing, key }, ...CREATING }),
  };
  state.versions.set(keyOf(name, version), published);
  state.versions.set(keyOf(name), { ...latest, revisionId: cloud.random.uuid() });
  state.functions.set(name, {
    ...row,
    versions: [...row.versions, version],
    nextVersion: row.nextVersion + 1,
    lastPublished: { version, fingerprint },
  });
  return published;
}

function newestUnchanged(
  state: PlaceState,
  { name, lastPublished }: FunctionRow,
  fingerprint: string,
): VersionRow | undefined {
  if (lastPublished?.fingerprint !== fingerprint) return undefined;
  return state.versions.get(keyOf(name, lastPublished.version));
}

/** Equal for equal code and settings, the description of $LATEST included. */
function fingerprintOf(configuration: Configuration): string {
  const { environment } = configuration;
  const variables = environment && Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify({ ...configuration, environment: variables }))
    .digest("hex");
}
