import { createHash } from "node:crypto";
import {
  type EcsFunction,
  HOOK_POINTS,
  type HookCall,
  type HookOutcome,
  type HookPoint,
  InvariantError,
  RolloutError,
} from "@headgate/core";
import type { HooksOptions } from "./index.ts";
import { invokeOnce } from "./lambda.ts";
import { tail } from "./verdict.ts";

/** What an event of ECS tells of a deployment, as far as there is such a thing for the target. */
export interface EcsDeploymentFacts {
  readonly serviceArn: string;
  /** Of the service deployment. */
  readonly resourceArn: string;
  readonly stableArn: string | undefined;
  readonly targetArn: string | undefined;
}

/** Reads them when a hook is asked. Undefined for a target that is no service. */
export type EcsDeploymentLook = (input: HookCall["input"]) => Promise<EcsDeploymentFacts>;

/** Source: AWS docs, "Lambda hooks for Amazon ECS service deployments". */
const CALL_BACK_SECONDS = 30;
/** Ours: a function that wants to be asked again at once is not asked in a circle. */
const LEAST_CALL_BACK_MS = 1000;

/** The stage of a service deployment at which ECS would ask. */
const STAGES = {
  beforeInstall: "PRE_SCALE_UP",
  afterInstall: "POST_SCALE_UP",
  afterTestTraffic: "POST_TEST_TRAFFIC_SHIFT",
  beforeTraffic: "PRE_PRODUCTION_TRAFFIC_SHIFT",
  step: "PRODUCTION_TRAFFIC_SHIFT",
  afterTraffic: "POST_PRODUCTION_TRAFFIC_SHIFT",
} as const satisfies Record<HookPoint, string>;

/**
 * Asks a function as ECS asks lifecycle hooks, again and again while it says IN_PROGRESS, with the `hookDetails` that it
 * gave; SUCCEEDED is a pass and FAILED a fail. Anything else is an error, as it ends a deployment of ECS, and so is
 * IN_PROGRESS beyond the hook's deadline.
 *
 * Source: AWS docs, "Lambda hooks for Amazon ECS service deployments".
 */
export async function askEcsFunction(
  options: HooksOptions,
  call: HookCall,
  target: EcsFunction,
): Promise<HookOutcome> {
  const { clock, ecsDeployment } = options;
  const { functionName } = target;
  if (ecsDeployment === undefined) return error(NO_SERVICE);
  const startMs = clock.nowMs();
  const endMs = startMs + call.timeoutMs;
  const executionId = executionIdOf(call, startMs);
  const hookDetails = new Map(Object.entries(parsed(target.details ?? "{}")));
  try {
    const about = eventOf(call, await ecsDeployment(call.input));
    for (;;) {
      const event = { executionId, ...about, hookDetails: Object.fromEntries(hookDetails) };
      const invocation = { functionName, event, timeoutMs: endMs - clock.nowMs() };
      const answered = await invokeOnce(options, invocation);
      if (answered.kind === "failed")
        return error(`function ${functionName} failed: ${answered.text}`);
      const answer = answerIn(answered.text);
      if (answer.kind === "over") return answer.outcome;
      if (answer.kind === "unreadable") {
        return error(
          `function ${functionName} gave no hookStatus of SUCCEEDED, FAILED or IN_PROGRESS; it returned ${tail(answered.text)}`,
        );
      }
      for (const [key, value] of Object.entries(answer.hookDetails)) hookDetails.set(key, value);
      if (clock.nowMs() + answer.callBackMs >= endMs) {
        return error(
          `function ${functionName} is still IN_PROGRESS at the hook's deadline, ${call.timeoutMs / 1000} s after it was first asked`,
        );
      }
      await clock.sleep(answer.callBackMs);
    }
  } catch (thrown) {
    if (!(thrown instanceof RolloutError)) throw thrown;
    return error(thrown.message);
  }
}

const NO_SERVICE = "protocol ecs tells of a deployment of an ECS service, and this target is none";

/** Only the stages that move traffic tell weights; for Headgate's testers ECS has no weights. */
function eventOf({ input }: HookCall, facts: EcsDeploymentFacts) {
  const { serviceArn, resourceArn, stableArn, targetArn } = facts;
  const point = pointOf(input.when);
  const isMoving = point === "beforeTraffic" || point === "step";
  const percent = input.weightBps / 100;
  const productionTrafficWeights =
    isMoving && targetArn !== undefined
      ? {
          [targetArn]: percent,
          ...(stableArn === undefined ? {} : { [stableArn]: (10_000 - input.weightBps) / 100 }),
        }
      : {};
  return {
    lifecycleStage: STAGES[point],
    resourceArn,
    executionDetails: {
      serviceArn,
      ...(targetArn === undefined ? {} : { targetServiceRevisionArn: targetArn }),
      testTrafficWeights: {},
      productionTrafficWeights,
    },
  };
}

function pointOf(when: string): HookPoint {
  for (const point of HOOK_POINTS) if (point === when) return point;
  throw new InvariantError(`a hook at ${when}, which is no point of a rollout`);
}

type Answer =
  | { readonly kind: "over"; readonly outcome: HookOutcome }
  | { readonly kind: "again"; readonly callBackMs: number; readonly hookDetails: object }
  | { readonly kind: "unreadable" };

function answerIn(text: string): Answer {
  const answer = parsed(text);
  if (!("hookStatus" in answer)) return { kind: "unreadable" };
  const detail = "detail" in answer && typeof answer.detail === "string" ? answer.detail : "";
  switch (answer.hookStatus) {
    case "SUCCEEDED":
      return {
        kind: "over",
        outcome: { verdict: "pass", detail: detail || "hookStatus SUCCEEDED" },
      };
    case "FAILED":
      return { kind: "over", outcome: { verdict: "fail", detail: detail || "hookStatus FAILED" } };
    case "IN_PROGRESS": {
      const given = "callBackDelay" in answer ? answer.callBackDelay : undefined;
      const seconds = typeof given === "number" && given >= 0 ? given : CALL_BACK_SECONDS;
      const details = "hookDetails" in answer ? answer.hookDetails : undefined;
      const hookDetails = isMapping(details) ? details : {};
      return {
        kind: "again",
        callBackMs: Math.max(LEAST_CALL_BACK_MS, seconds * 1000),
        hookDetails,
      };
    }
    default:
      return { kind: "unreadable" };
  }
}

function parsed(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return isMapping(value) ? value : {};
  } catch {
    return {};
  }
}

function isMapping(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Of one asking, the same at each of its invocations, in the form of ECS's own: a UUID. */
function executionIdOf({ input, name }: HookCall, startMs: number): string {
  const hex = createHash("sha256").update(`${input.rollout}/${name}/${startMs}`).digest("hex");
  return [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ]
    .map(([from, to]) => hex.slice(from, to))
    .join("-");
}

function error(detail: string): HookOutcome {
  return { verdict: "error", detail };
}
