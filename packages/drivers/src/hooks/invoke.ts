import {
  type HookCall,
  type HookOutcome,
  type InvokeTest,
  type PreflightFinding,
  RolloutError,
} from "@headgate/core";
import { lookAt, problem } from "../preflight.ts";
import type { HooksOptions } from "./index.ts";
import { lookAtFunction } from "./lambda.ts";
import { filled } from "./placeholders.ts";
import { tail } from "./verdict.ts";

type TestEvent = InvokeTest["events"][number];

/**
 * Invokes the canary's function (or the one that is named) with one event after the other; the first that it fails
 * on, or answers otherwise than expected, is a fail.
 */
export async function runInvoke(
  options: HooksOptions,
  call: HookCall,
  test: InvokeTest,
): Promise<HookOutcome> {
  const functionName = nameOf(options, call, test);
  if (functionName === undefined) return { verdict: "error", detail: NO_FUNCTION };
  const endMs = performance.now() + call.timeoutMs;
  for (const [index, event] of test.events.entries()) {
    const what = `${functionName} on ${event.name ?? `event ${index + 1}`}`;
    const leftMs = Math.ceil(endMs - performance.now());
    if (leftMs <= 0) return { verdict: "error", detail: `no time was left for ${what}` };
    try {
      const lack = await ask(options, functionName, event, call, leftMs);
      if (lack !== undefined) return { verdict: "fail", detail: `${what}: ${lack}` };
    } catch (error) {
      if (!(error instanceof RolloutError)) throw error;
      return { verdict: "error", detail: `${what}: ${error.message}` };
    }
  }
  const count = `${test.events.length} ${test.events.length === 1 ? "event" : "events"}`;
  return { verdict: "pass", detail: `${functionName} answered ${count} as expected` };
}

export async function lookAtInvoke(
  options: HooksOptions,
  check: string,
  call: HookCall,
  test: InvokeTest,
): Promise<PreflightFinding> {
  const functionName = nameOf(options, call, test);
  if (functionName !== undefined) return lookAtFunction(options, check, functionName);
  return lookAt(check, () => problem(NO_FUNCTION, "Give invoke.function."));
}

const NO_FUNCTION = "the target is no function, so invoke.function must name one";

function nameOf({ functionOf }: HooksOptions, call: HookCall, test: InvokeTest) {
  if (test.functionName !== undefined) return filled(test.functionName, call);
  return functionOf?.(call.input.canary ?? call.input.stable);
}

/** @returns what is wrong with the answer; undefined when nothing is. */
async function ask(
  { clients, run }: HooksOptions,
  functionName: string,
  event: TestEvent,
  call: HookCall,
  timeoutMs: number,
): Promise<string | undefined> {
  const lambda = await clients.lambda();
  const Payload = new TextEncoder().encode(filled(event.payload, call));
  const startMs = performance.now();
  const answer = await run(
    { action: "lambda:InvokeFunction", subject: `function ${functionName}` },
    (abortSignal) => lambda.invoke({ FunctionName: functionName, Payload }, { abortSignal }),
    // An event may have effects, so an invocation that may have run is not repeated.
    { deadlineMs: timeoutMs, attemptMs: timeoutMs, retry: "unsent" },
  );
  const tookMs = performance.now() - startMs;
  const text = new TextDecoder().decode(answer.Payload ?? new Uint8Array());
  if (answer.FunctionError !== undefined) return `it failed: ${tail(text)}`;
  if (event.maxDurationMs !== undefined && tookMs > event.maxDurationMs) {
    return `it took ${Math.round(tookMs)} ms, at most ${event.maxDurationMs} ms are allowed`;
  }
  if (event.expected === undefined) return undefined;
  const expected: unknown = JSON.parse(event.expected);
  if (isPart(expected, parsed(text))) return undefined;
  return `it returned ${tail(text)}, expected ${tail(event.expected)}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Whether all that is expected is there: objects may have more members, lists not more items. */
export function isPart(expected: unknown, found: unknown): boolean {
  if (typeof expected !== "object" || expected === null) return Object.is(expected, found);
  if (typeof found !== "object" || found === null) return false;
  if (Array.isArray(expected) !== Array.isArray(found)) return false;
  const members = new Map<string, unknown>(Object.entries(found));
  if (Array.isArray(expected) && expected.length !== members.size) return false;
  return Object.entries(expected).every(
    ([key, value]) => members.has(key) && isPart(value, members.get(key)),
  );
}
