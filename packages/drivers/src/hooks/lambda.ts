import {
  type HookCall,
  type HookOutcome,
  type PreflightFinding,
  RolloutError,
} from "@headgate/core";
import { isNotFound } from "../aws/errors.ts";
import { lookAt } from "../preflight.ts";
import type { HooksOptions } from "./index.ts";
import { tail, verdictIn } from "./verdict.ts";

/**
 * Invokes a function with the call's input as its event. It must return
 * `{"verdict": "pass" | "fail", "detail"?: string}`: an answer without a verdict is an error, as is a
 * function that fails.
 */
export async function invokeHook(
  { clients, run }: HooksOptions,
  call: HookCall,
  functionName: string,
): Promise<HookOutcome> {
  try {
    const lambda = await clients.lambda();
    const Payload = new TextEncoder().encode(JSON.stringify(call.input));
    const answer = await run(
      { action: "lambda:InvokeFunction", subject: `hook function ${functionName}` },
      (abortSignal) => lambda.invoke({ FunctionName: functionName, Payload }, { abortSignal }),
      // A hook may have effects, so an invocation that may have run is not repeated.
      { deadlineMs: call.timeoutMs, attemptMs: call.timeoutMs, retry: "unsent" },
    );
    const text = new TextDecoder().decode(answer.Payload ?? new Uint8Array());
    if (answer.FunctionError !== undefined) {
      return { verdict: "error", detail: `function ${functionName} failed: ${tail(text)}` };
    }
    return (
      verdictIn(text) ?? {
        verdict: "error",
        detail: `function ${functionName} gave no verdict; it returned ${tail(text)}`,
      }
    );
  } catch (error) {
    if (!(error instanceof RolloutError)) throw error;
    return { verdict: "error", detail: error.message };
  }
}

export function lookAtFunction(
  { clients, run }: HooksOptions,
  check: string,
  functionName: string,
): Promise<PreflightFinding> {
  return lookAt(check, async () => {
    const lambda = await clients.lambda();
    const subject = `function ${functionName}`;
    try {
      await run({ action: "lambda:InvokeFunction", subject }, (abortSignal) =>
        lambda.invoke({ FunctionName: functionName, InvocationType: "DryRun" }, { abortSignal }),
      );
    } catch (error) {
      if (!isNotFound(error)) throw error;
      throw new RolloutError("HOOK_NOT_FOUND", `there is no ${subject}`, {
        hint: "Create it, or correct the hook's function name.",
        cause: error,
      });
    }
    return `${subject} may be invoked`;
  });
}
