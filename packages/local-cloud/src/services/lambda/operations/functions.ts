import type { Place } from "../../../telemetry/metric-sink.ts";
import { codeLocation } from "../code-door.ts";
import { newConfiguration } from "../configuration.ts";
import { checkZip, codeOf } from "../deployment-package.ts";
import {
  brokenText,
  conflict,
  functionNotFound,
  invalidParameter,
  noS3Yet,
  storageExceeded,
} from "../errors.ts";
import { functionArn, isAliasName, LATEST, parseReference, referenceOf } from "../function-name.ts";
import { CREATING } from "../lifecycle.ts";
import { CODE_STORAGE_BYTES, NAME_MAX } from "../limits.ts";
import type { LambdaParts } from "../parts.ts";
import { removeFunction, removeVersion } from "../removal.ts";
import { requireRole } from "../role.ts";
import type { LambdaHandlers, LambdaInput } from "../sdk.ts";
import {
  type FunctionRow,
  keyOf,
  latestOf,
  type PlaceState,
  requireFunction,
  type VersionRow,
  versionsOf,
} from "../state.ts";
import { listedVersion, versionOutput } from "../version-output.ts";
import { requireTags } from "./tags.ts";
import { publish } from "./versions.ts";
import { marked, pageOfRows } from "./pages.ts";

export function functionOperations(parts: LambdaParts) {
  const { cloud, lambda, lifecycle } = parts;
  return {
    async CreateFunction(input, context) {
      const state = lambda.in(context);
      const name = parseNewName(context, input.FunctionName ?? "");
      const zip = requireZip(input);
      await checkZip(zip);
      const code = codeOf(zip);
      const configuration = newConfiguration(input, name, code);
      requireTags(input.Tags ?? {});
      await requireRole(cloud, context, configuration.roleArn);
      requireStorage(state, code.sizeBytes);
      if (state.functions.has(name)) throw conflict(`Function already exist: ${name}`);

      cloud.store.blobs.put(zip);
      const nowMs = cloud.clock.nowMs();
      const latest: VersionRow = {
        functionName: name,
        version: LATEST,
        configuration,
        serving: undefined,
        preparing: { key: cloud.random.uuid(), startedAtMs: nowMs },
        ...CREATING,
        revisionId: cloud.random.uuid(),
        lastModifiedMs: nowMs,
      };
      const published = cloud.store.transaction(() => {
        state.functions.set(name, newFunction(name, input.Tags ?? {}));
        state.versions.set(keyOf(name), latest);
        return input.Publish === true ? publish(parts, state, name, undefined) : undefined;
      });
      lifecycle.prepare(state, latest);
      if (published === undefined) return versionOutput(context, latest, undefined);
      lifecycle.prepare(state, published);
      // The answer shows the version under the function's own ARN. Source: recorded AWS answer
      // (LocalStack snapshot test_publish_version_on_create).
      return versionOutput(context, published, undefined);
    },

    GetFunction(input, context) {
      const state = lambda.in(context);
      const { row, version, qualifier } = findVersion(state, context, input);
      const { reservedConcurrency, tags } = row;
      const { sha256Hex } = version.configuration.code;
      return {
        Configuration: versionOutput(context, version, qualifier),
        Code: { RepositoryType: "S3", Location: codeLocation(cloud, sha256Hex) },
        Tags: Object.keys(tags).length === 0 ? undefined : { ...tags },
        Concurrency:
          reservedConcurrency === undefined
            ? undefined
            : { ReservedConcurrentExecutions: reservedConcurrency },
      };
    },

    GetFunctionConfiguration(input, context) {
      const { version, qualifier } = findVersion(lambda.in(context), context, input);
      return versionOutput(context, version, qualifier);
    },

    ListFunctions(input, context) {
      const state = lambda.in(context);
      const isAll = input.FunctionVersion === "ALL";
      const functions = [...state.functions.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
      const rows = functions.flatMap((row) =>
        isAll ? versionsOf(state, row) : [latestOf(state, row.name)],
      );
      const page = pageOfRows(rows, input, (row) => keyOf(row.functionName, row.version));
      return marked("Functions", {
        nextToken: page.nextToken,
        items: page.items.map((row) =>
          listedVersion(context, row, isAll ? row.version : undefined),
        ),
      });
    },

    DeleteFunction(input, context) {
      const { name, qualifier } = referenceOf(context, input);
      if (qualifier !== undefined && isAliasName(qualifier)) {
        throw invalidParameter("Deletion of aliases is not currently supported.");
      }
      if (qualifier === LATEST) {
        throw invalidParameter("$LATEST version cannot be deleted without deleting the function.");
      }
      const state = lambda.in(context);
      const row = requireFunction(state, name);
      if (qualifier === undefined) removeFunction(parts, state, row);
      else removeVersion(parts, state, row, qualifier);
      return { StatusCode: 204 };
    },
  } satisfies LambdaHandlers;
}

/**
 * A name alone is held to a shorter limit than the ARN forms, which the wire layer checks.
 * Source: recorded AWS answers (LocalStack snapshot test_function_arns).
 */
function parseNewName(place: Place, functionName: string): string {
  if (!functionName.includes(":") && functionName.length > NAME_MAX) {
    throw invalidParameter(
      brokenText(
        functionName,
        "functionName",
        `Member must have length less than or equal to ${NAME_MAX}`,
      ),
    );
  }
  const { name, qualifier } = parseReference(place, functionName);
  if (qualifier !== undefined) {
    // Unverified: AWS's text.
    throw invalidParameter("A function cannot be created with a qualifier in its name.");
  }
  return name;
}

function requireZip({ Code, PackageType, CodeSigningConfigArn }: LambdaInput<"CreateFunction">) {
  if (PackageType === "Image" || Code?.ImageUri !== undefined) {
    throw invalidParameter(
      "This local cloud does not run container images yet. Create the function from a zip.",
    );
  }
  if (Code?.S3Bucket !== undefined || Code?.S3Key !== undefined) {
    throw noS3Yet();
  }
  if (CodeSigningConfigArn !== undefined) {
    throw invalidParameter("This local cloud does not support CodeSigningConfigArn yet.");
  }
  if (Code?.ZipFile === undefined) {
    throw invalidParameter("Please provide a source for function code.");
  }
  return Code.ZipFile;
}

function newFunction(name: string, tags: Record<string, string>): FunctionRow {
  return {
    name,
    versions: [],
    aliases: [],
    nextVersion: 1,
    lastPublished: undefined,
    tags,
    reservedConcurrency: undefined,
    recursiveLoop: "Terminate",
  };
}

/** Code of all versions of all functions together. */
export function storedBytes(state: PlaceState): number {
  let bytes = 0;
  for (const { configuration } of state.versions.values()) bytes += configuration.code.sizeBytes;
  return bytes;
}

export function requireStorage(state: PlaceState, moreBytes: number): void {
  if (storedBytes(state) + moreBytes <= CODE_STORAGE_BYTES) return;
  throw storageExceeded();
}

/** The version that a name and a qualifier lead to; for a weighted alias, its first version. */
export function findVersion(
  state: PlaceState,
  place: Place,
  input: { readonly FunctionName: string | undefined; readonly Qualifier?: string | undefined },
) {
  const { name, qualifier } = referenceOf(place, input);
  const row = state.functions.get(name);
  const version =
    qualifier === undefined
      ? LATEST
      : (state.aliases.get(keyOf(name, qualifier))?.functionVersion ?? qualifier);
  const found = state.versions.get(keyOf(name, version));
  if (row === undefined || found === undefined) {
    throw functionNotFound(functionArn(place, name, qualifier));
  }
  return { row, version: found, qualifier };
}
