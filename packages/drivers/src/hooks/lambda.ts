import {
  type HookCall,
  type HookOutcome,
  type PreflightFinding,
  RolloutError,
} from "@headgate/core";
import { isNotFound } from "../aws/errors.ts";
import { lookAt, warning } from "../preflight.ts";
import type { HooksOptions } from "./index.ts";
import { tail, verdictIn } from "./verdict.ts";

/** What came back of one invocation. */
type Answered =
  | { readonly kind: "answered"; readonly text: string }
  /** It threw, or took longer than it may; what it said of that, cut short. */
  | { readonly kind: "failed"; readonly text: string };

/**
 * Invokes a function with the call's input as its event. It must return
 * `{"verdict": "pass" | "fail", "detail"?: string}`: an answer without a verdict is an error, as is a
 * function that fails.
 */
export async function invokeHook(
  options: HooksOptions,
  call: HookCall,
  functionName: string,
): Promise<HookOutcome> {
  try {
    const { timeoutMs, input: event } = call;
    const { kind, text } = await invokeOnce(options, { functionName, event, timeoutMs });
    if (kind === "failed") {
      return { verdict: "error", detail: `function ${functionName} failed: ${text}` };
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

/** @throws {RolloutError} when it could not be invoked, or was not heard in time. */
export async function invokeOnce(
  { clients, run }: Pick<HooksOptions, "clients" | "run">,
  {
    functionName,
    event,
    timeoutMs,
  }: { readonly functionName: string; readonly event: object; readonly timeoutMs: number },
): Promise<Answered> {
  const lambda = await clients.lambda();
  const Payload = new TextEncoder().encode(JSON.stringify(event));
  const answer = await run(
    { action: "lambda:InvokeFunction", subject: `hook function ${functionName}` },
    (abortSignal) => lambda.invoke({ FunctionName: functionName, Payload }, { abortSignal }),
    // A hook may have effects, so an invocation that may have run is not repeated.
    { deadlineMs: timeoutMs, attemptMs: timeoutMs, retry: "unsent" },
  );
  const text = new TextDecoder().decode(answer.Payload ?? new Uint8Array());
  if (answer.FunctionError === undefined) return { kind: "answered", text };
  return { kind: "failed", text: tail(text) };
}

export function lookAtFunction(
  options: Pick<HooksOptions, "clients" | "run">,
  check: string,
  functionName: string,
): Promise<PreflightFinding> {
  return lookAt(check, async () => {
    await tryInvoke(options, functionName);
    return `function ${functionName} may be invoked`;
  });
}

/** Of a function that only CodeDeploy invokes: whoever releases need not be allowed to. */
export function lookAtReporter(
  options: Pick<HooksOptions, "clients" | "run">,
  check: string,
  functionName: string,
): Promise<PreflightFinding> {
  return lookAt(check, async () => {
    try {
      await tryInvoke(options, functionName);
      return `function ${functionName} is there`;
    } catch (error) {
      if (!(error instanceof RolloutError) || error.code !== "AWS_DENIED") throw error;
      return warning(`it was not looked at: ${error.message}`, error.hint);
    }
  });
}

/** Asks Lambda whether an invocation would begin. @throws {RolloutError} */
async function tryInvoke(
  { clients, run }: Pick<HooksOptions, "clients" | "run">,
  functionName: string,
): Promise<void> {
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
}
