import { functionNotFound, invalidParameter } from "../errors.ts";
import { functionArn, LATEST, parseReference, parseUnqualified } from "../function-name.ts";
import { requestedProvisioned, unreservedConcurrency } from "../invoke/concurrency.ts";
import { UNRESERVED_CONCURRENCY_MIN } from "../limits.ts";
import type { LambdaParts } from "../parts.ts";
import type { LambdaHandlers } from "../sdk.ts";
import { type FunctionRow, type PlaceState, requireFunction } from "../state.ts";

/** Reserved concurrency. 0 stops a function at once. */
export function concurrencyOperations({ lambda }: LambdaParts) {
  return {
    PutFunctionConcurrency(input, context) {
      const state = lambda.in(context);
      const { name, qualifier } = parseReference(context, input.FunctionName ?? "");
      if (qualifier !== undefined) {
        throw invalidParameter(
          "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN.",
        );
      }
      const row = state.functions.get(name);
      if (row === undefined) throw functionNotFound(functionArn(context, name, LATEST));
      const reserved = input.ReservedConcurrentExecutions ?? 0;
      requireReservable(state, row, reserved);
      state.functions.set(name, { ...row, reservedConcurrency: reserved });
      return { ReservedConcurrentExecutions: reserved };
    },

    GetFunctionConcurrency(input, context) {
      const name = parseUnqualified(context, input.FunctionName ?? "");
      const { reservedConcurrency } = requireFunction(lambda.in(context), name);
      return { ReservedConcurrentExecutions: reservedConcurrency };
    },

    DeleteFunctionConcurrency(input, context) {
      const state = lambda.in(context);
      const row = requireFunction(state, parseUnqualified(context, input.FunctionName ?? ""));
      state.functions.set(row.name, { ...row, reservedConcurrency: undefined });
      return {};
    },
  } satisfies LambdaHandlers;
}

/** @throws AWS's errors. Source: recorded AWS answers (LocalStack test_function_concurrency_limits). */
function requireReservable(state: PlaceState, row: FunctionRow, reserved: number): void {
  const provisioned = requestedProvisioned(state, row);
  if (reserved < provisioned) {
    throw invalidParameter(
      ` ReservedConcurrentExecutions  ${reserved} should not be lower than function's total provisioned concurrency [${provisioned}].`,
    );
  }
  const own = row.reservedConcurrency ?? provisioned;
  // Taking no more than before is always possible.
  if (reserved <= own) return;
  if (unreservedConcurrency(state) + own - reserved < UNRESERVED_CONCURRENCY_MIN) {
    throw invalidParameter(
      `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${UNRESERVED_CONCURRENCY_MIN}].`,
    );
  }
}
