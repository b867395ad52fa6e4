import type { Place } from "../../../telemetry/metric-sink.ts";
import { isoWithOffset } from "../../dates.ts";
import {
  aliasNotFound,
  conflict,
  functionNotFound,
  invalidParameter,
  notInThisState,
  provisionedNotFound,
} from "../errors.ts";
import {
  functionArn,
  isAliasName,
  LATEST,
  type NamedFunction,
  parseReference,
  referenceOf,
} from "../function-name.ts";
import { requestedProvisioned, unreservedConcurrency } from "../invoke/concurrency.ts";
import { UNRESERVED_CONCURRENCY_MIN } from "../limits.ts";
import type { LambdaParts } from "../parts.ts";
import { readyCount } from "../provisioning.ts";
import type { LambdaHandlers } from "../sdk.ts";
import {
  type FunctionRow,
  keyOf,
  type PlaceState,
  type ProvisionedRow,
  requireFunction,
  rowsOf,
} from "../state.ts";
import { marked, pageOfRows } from "./pages.ts";

const NOT_ON_LATEST = "The function resource provided must be an alias or a published version.";

/** Provisioned concurrency of a published version or of an alias. */
export function provisionedConcurrencyOperations({ cloud, lambda, provisioning }: LambdaParts) {
  return {
    PutProvisionedConcurrencyConfig(input, context) {
      const state = lambda.in(context);
      const { row, qualifier } = find(
        state,
        context,
        input,
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
      );
      const requested = input.ProvisionedConcurrentExecutions ?? 0;
      requireUnprovisioned(state, row, qualifier);
      requireActive(state, row, qualifier);
      const key = keyOf(row.name, qualifier);
      const current = state.provisioned.get(key);
      requireAvailable(state, row, requested, current?.requested ?? 0);
      const config: ProvisionedRow = {
        functionName: row.name,
        qualifier,
        requested,
        ready: current?.ready,
        failure: undefined,
        lastModifiedMs: cloud.clock.nowMs(),
      };
      state.provisioned.set(key, config);
      provisioning.apply(state, config);
      return status(state, config);
    },

    GetProvisionedConcurrencyConfig(input, context) {
      const state = lambda.in(context);
      const { row, qualifier } = find(state, context, input, NOT_ON_LATEST);
      const config = state.provisioned.get(keyOf(row.name, qualifier));
      if (config === undefined) throw provisionedNotFound();
      return status(state, config);
    },

    ListProvisionedConcurrencyConfigs(input, context) {
      const state = lambda.in(context);
      const { name } = parseReference(context, input.FunctionName ?? "");
      const configs = rowsOf(state.provisioned, requireFunction(state, name));
      const page = pageOfRows(configs, input, ([qualifier]) => qualifier);
      return marked("ProvisionedConcurrencyConfigs", {
        nextToken: page.nextToken,
        items: page.items.map(([, config]) => listed(state, config)),
      });
    },

    /** Deleting a configuration that does not exist is fine. */
    DeleteProvisionedConcurrencyConfig(input, context) {
      const state = lambda.in(context);
      const { row, qualifier } = find(state, context, input, NOT_ON_LATEST);
      const config = state.provisioned.get(keyOf(row.name, qualifier));
      if (config === undefined) return {};
      provisioning.release(state, config);
      state.provisioned.delete(keyOf(row.name, qualifier));
      return {};
    },
  } satisfies LambdaHandlers;
}

function find(state: PlaceState, place: Place, input: NamedFunction, refusal: string) {
  const { name, qualifier = LATEST } = referenceOf(place, input);
  if (qualifier === LATEST) throw invalidParameter(refusal);
  const key = keyOf(name, qualifier);
  const row = state.functions.get(name);
  if (row === undefined || !(state.aliases.has(key) || state.versions.has(key))) {
    const arn = functionArn(place, name, qualifier);
    throw isAliasName(qualifier) ? aliasNotFound(arn) : functionNotFound(arn);
  }
  return { row, qualifier };
}

/** A version has provisioned concurrency by itself or by an alias, never both. */
function requireUnprovisioned(state: PlaceState, row: FunctionRow, qualifier: string): void {
  const alias = state.aliases.get(keyOf(row.name, qualifier));
  if (alias === undefined) {
    const isPointedTo = row.aliases.some(
      (name) =>
        state.aliases.get(keyOf(row.name, name))?.functionVersion === qualifier &&
        state.provisioned.has(keyOf(row.name, name)),
    );
    if (isPointedTo) throw conflict("Version is pointed by a Provisioned Concurrency alias");
    return;
  }
  if (alias.additional !== undefined) {
    throw invalidParameter("Alias with weights can not be used with Provisioned Concurrency");
  }
  if (state.provisioned.has(keyOf(row.name, alias.functionVersion))) {
    throw conflict(
      "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
    );
  }
}

/** Unverified: that AWS refuses a version that is still being created with this error. */
function requireActive(state: PlaceState, { name }: FunctionRow, qualifier: string): void {
  const version = state.aliases.get(keyOf(name, qualifier))?.functionVersion ?? qualifier;
  if (state.versions.get(keyOf(name, version))?.state.status === "Pending")
    throw notInThisState("Pending");
}

/** @throws AWS's errors. Source: recorded AWS answers (LocalStack test_provisioned_concurrency_limits). */
function requireAvailable(
  state: PlaceState,
  row: FunctionRow,
  requested: number,
  current: number,
): void {
  const more = requested - current;
  if (row.reservedConcurrency !== undefined) {
    if (requestedProvisioned(state, row) + more > row.reservedConcurrency) {
      throw invalidParameter(
        "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
      );
    }
    return;
  }
  const unreserved = unreservedConcurrency(state);
  if (more > unreserved) {
    throw invalidParameter(
      `Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [${unreserved}].`,
    );
  }
  if (more > 0 && unreserved - more < UNRESERVED_CONCURRENCY_MIN) {
    throw invalidParameter(
      `Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${UNRESERVED_CONCURRENCY_MIN}].`,
    );
  }
}

function status(state: PlaceState, config: ProvisionedRow) {
  const ready = readyCount(state, config);
  return {
    RequestedProvisionedConcurrentExecutions: config.requested,
    AvailableProvisionedConcurrentExecutions: ready,
    AllocatedProvisionedConcurrentExecutions: ready,
    Status: statusOf(config, ready),
    StatusReason: config.failure,
    LastModified: isoWithOffset(config.lastModifiedMs),
  };
}

function listed(state: PlaceState, config: ProvisionedRow) {
  const { functionName, qualifier } = config;
  return {
    FunctionArn: functionArn(state.place, functionName, qualifier),
    ...status(state, config),
  };
}

function statusOf({ requested, failure }: ProvisionedRow, ready: number) {
  if (failure !== undefined) return "FAILED" as const;
  return ready === requested ? ("READY" as const) : ("IN_PROGRESS" as const);
}
