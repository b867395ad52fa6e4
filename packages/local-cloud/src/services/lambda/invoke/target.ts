import type { FunctionVersion } from "../../../data-plane/function-workers/function-workers.ts";
import type { Random } from "../../../random.ts";
import { functionNotFound, notInThisState } from "../errors.ts";
import { type FunctionReference, functionArn, LATEST } from "../function-name.ts";
import { servingVersion } from "../lifecycle.ts";
import { type AliasRow, type FunctionRow, keyOf, type PlaceState } from "../state.ts";
import type { MeasuredResource } from "./function-metrics.ts";

/** What one invocation runs. */
export interface Target {
  readonly row: FunctionRow;
  readonly version: FunctionVersion;
  /** As `context.invoked_function_arn` shows it: with the qualifier that was asked for. */
  readonly invokedArn: string;
  readonly measured: MeasuredResource;
}

/**
 * Finds what a reference leads to. A weighted alias draws its version here, once per call: AWS does so
 * per invocation. Source: AWS docs, "Implementing Lambda canary deployments using a weighted alias".
 *
 * @throws ResourceNotFoundException, ResourceConflictException when the version is not ready
 */
export function resolveTarget(
  state: PlaceState,
  reference: FunctionReference,
  random: Random,
): Target {
  const { name, qualifier } = reference;
  const row = state.functions.get(name);
  if (row === undefined) throw functionNotFound(functionArn(state.place, name, qualifier));
  const alias = qualifier === undefined ? undefined : state.aliases.get(keyOf(name, qualifier));
  const version = alias === undefined ? (qualifier ?? LATEST) : draw(alias, random);
  const found = state.versions.get(keyOf(name, version));
  if (found === undefined) throw functionNotFound(functionArn(state.place, name, qualifier));
  const serving = servingVersion(state.place, found);
  if (serving === undefined) throw notInThisState(found.state.status);
  return {
    row,
    version: serving,
    invokedArn: functionArn(state.place, name, qualifier),
    measured: {
      functionName: name,
      resource: qualifier === undefined ? name : keyOf(name, qualifier),
      executedVersion: alias === undefined ? undefined : version,
    },
  };
}

function draw(alias: AliasRow, random: Random): string {
  const { additional, functionVersion } = alias;
  if (additional === undefined) return functionVersion;
  return random.next() < additional.weight ? additional.version : functionVersion;
}
