import { findVersion, storedBytes } from "./functions.ts";
import { functionArn, LATEST, parseUnqualified } from "../function-name.ts";
import { unreservedConcurrency } from "../invoke/concurrency.ts";
import {
  ACCOUNT_CONCURRENCY,
  CODE_STORAGE_BYTES,
  UNZIPPED_MAX_BYTES,
  ZIP_MAX_BYTES,
} from "../limits.ts";
import type { LambdaParts } from "../parts.ts";
import type { LambdaHandlers } from "../sdk.ts";
import { requireFunction } from "../state.ts";

/** Account settings, and the small settings that clients ask for on their way. */
export function accountOperations({ lambda }: LambdaParts) {
  return {
    GetAccountSettings(_input, context) {
      const state = lambda.in(context);
      return {
        AccountLimit: {
          TotalCodeSize: CODE_STORAGE_BYTES,
          CodeSizeUnzipped: UNZIPPED_MAX_BYTES,
          CodeSizeZipped: ZIP_MAX_BYTES,
          ConcurrentExecutions: ACCOUNT_CONCURRENCY,
          UnreservedConcurrentExecutions: unreservedConcurrency(state),
        },
        AccountUsage: { TotalCodeSize: storedBytes(state), FunctionCount: state.functions.size },
      };
    },

    /** Runtimes here are the machine's own, so they are never updated behind a function's back. */
    GetRuntimeManagementConfig(input, context) {
      const { row, qualifier = LATEST } = findVersion(lambda.in(context), context, input);
      return { UpdateRuntimeOn: "Auto", FunctionArn: functionArn(context, row.name, qualifier) };
    },

    PutRuntimeManagementConfig(input, context) {
      const { row, qualifier = LATEST } = findVersion(lambda.in(context), context, input);
      return {
        UpdateRuntimeOn: input.UpdateRuntimeOn,
        FunctionArn: functionArn(context, row.name, qualifier),
        RuntimeVersionArn: input.RuntimeVersionArn,
      };
    },

    GetFunctionRecursionConfig(input, context) {
      const name = parseUnqualified(context, input.FunctionName ?? "");
      return { RecursiveLoop: requireFunction(lambda.in(context), name).recursiveLoop };
    },

    PutFunctionRecursionConfig(input, context) {
      const state = lambda.in(context);
      const row = requireFunction(state, parseUnqualified(context, input.FunctionName ?? ""));
      const recursiveLoop = input.RecursiveLoop ?? row.recursiveLoop;
      state.functions.set(row.name, { ...row, recursiveLoop });
      return { RecursiveLoop: recursiveLoop };
    },

    /** No function has a code signing configuration here; Terraform asks anyway. */
    GetFunctionCodeSigningConfig(input, context) {
      const name = parseUnqualified(context, input.FunctionName ?? "");
      requireFunction(lambda.in(context), name);
      return { CodeSigningConfigArn: undefined, FunctionName: name };
    },
  } satisfies LambdaHandlers;
}
