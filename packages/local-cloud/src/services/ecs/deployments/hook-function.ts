import type { DeploymentLifecycleHook } from "@aws-sdk/client-ecs";
import { isJsonObject, type JsonObject, parseJsonObject } from "../../../json-object.ts";
import type { Cloud } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import type { HookRun } from "./progress.ts";

/** Source: AWS docs, "Lambda hooks for Amazon ECS service deployments". */
const CALL_BACK_SECONDS = 30;

export type HookAnswer =
  | { readonly kind: "succeeded" }
  | {
      readonly kind: "inProgress";
      readonly callBackMs: number;
      readonly hookDetails: JsonObject | undefined;
    }
  | { readonly kind: "failed"; readonly why: string };

/** The part of the event that tells of the deployment. */
export interface ExecutionDetails {
  readonly serviceArn: string;
  readonly targetServiceRevisionArn: string;
  /** Percent by the ARN of a service revision; empty at stages that move no traffic of the lane. */
  readonly testTrafficWeights: Readonly<Record<string, number>>;
  readonly productionTrafficWeights: Readonly<Record<string, number>>;
}

/** Calls a hook's function once, as its role, and reads its answer. */
export async function callHook(
  cloud: Cloud,
  place: Place,
  run: HookRun,
  event: {
    readonly deploymentArn: string;
    readonly executionDetails: ExecutionDetails;
    readonly hookDetails: JsonObject | undefined;
  },
): Promise<HookAnswer> {
  const { roleArn = "", targetArn = "" } = run;
  const [roles, functions] = await Promise.all([cloud.port("roles"), cloud.port("functions")]);
  if (roles.trusts(place.account, roleArn, "ecs.amazonaws.com") !== "trusted") {
    return { kind: "failed", why: `ECS was unable to assume role ${roleArn}` };
  }
  const denied = await cloud.authority?.asRole(
    { roleArn, sessionName: "ECS-Lambda-Execution", region: place.region },
    { action: "lambda:InvokeFunction", resource: targetArn, service: "lambda" },
  );
  if (denied !== undefined) return uninvokable(targetArn, denied.message);
  const payload = {
    executionId: run.executionId,
    lifecycleStage: run.at,
    resourceArn: event.deploymentArn,
    executionDetails: event.executionDetails,
    hookDetails: event.hookDetails,
  };
  const result = await functions.invoke({
    account: place.account,
    region: place.region,
    functionName: targetArn,
    payload: Buffer.from(JSON.stringify(payload)),
    invocationType: "RequestResponse",
  });
  if (result.kind === "refused") {
    return uninvokable(targetArn, result.message);
  }
  const text = result.kind === "answered" ? Buffer.from(result.payload).toString("utf8") : "";
  return readAnswer(targetArn, parseJsonObject(text));
}

/** Source, the session's name too: AWS docs, "Troubleshooting Amazon ECS blue/green deployments". */
function uninvokable(targetArn: string, why: string): HookAnswer {
  return {
    kind: "failed",
    why: `ECS was unable to invoke hook target ${targetArn} due to ${why}`,
  };
}

/** What a function that fails gives back is an answer without a status, too. */
function readAnswer(targetArn: string, answer: JsonObject | undefined): HookAnswer {
  const status = answer?.["hookStatus"];
  const unreadable = (why: string): HookAnswer => ({
    kind: "failed",
    why: `ECS was unable to parse the response from ${targetArn} due to ${why}`,
  });
  if (status === undefined || status === null) return unreadable("HookStatus must not be null");
  switch (status) {
    case "SUCCEEDED":
      return { kind: "succeeded" };
    case "FAILED":
      return {
        kind: "failed",
        why: `Lifecycle hook target ${targetArn} returned FAILED status.`,
      };
    case "IN_PROGRESS": {
      const { callBackDelay, hookDetails } = answer ?? {};
      const seconds =
        typeof callBackDelay === "number" && callBackDelay >= 0 ? callBackDelay : CALL_BACK_SECONDS;
      return {
        kind: "inProgress",
        callBackMs: seconds * 1000,
        hookDetails: isJsonObject(hookDetails) ? hookDetails : undefined,
      };
    }
    default:
      // Unverified: the words.
      return unreadable(`HookStatus ${JSON.stringify(status)} is not valid`);
  }
}

/** Templates give it as the text of a JSON object. Source: AWS docs, AWS::ECS::Service DeploymentLifecycleHook. */
export function detailsOf(hook: DeploymentLifecycleHook | undefined): JsonObject | undefined {
  const { hookDetails } = hook ?? {};
  if (typeof hookDetails === "string") return parseJsonObject(hookDetails);
  return isJsonObject(hookDetails) ? hookDetails : undefined;
}
