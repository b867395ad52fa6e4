import { AwsError } from "../../../aws-error.ts";
import type { FunctionInvoker, InvokeRequest, InvokeResult } from "../../../data-plane/ports.ts";
import type { Cloud } from "../../../service.ts";
import { type FunctionReference, functionArn, parseReference } from "../function-name.ts";
import { ASYNC_PAYLOAD_MAX_BYTES, PAYLOAD_MAX_BYTES } from "../limits.ts";
import { keyOf, type LambdaState, type PlaceState } from "../state.ts";
import type { AsyncQueue } from "./async-queue.ts";
import type { ThrottleReason } from "./concurrency.ts";
import { isAllowed } from "./resource-policy.ts";
import type { Runner } from "./runner.ts";
import { resolveTarget } from "./target.ts";

/** An invocation that knows the id of the request that carried it. */
interface IdentifiedInvokeRequest extends InvokeRequest {
  readonly requestId?: string | undefined;
}

export interface Invoker extends FunctionInvoker {
  invoke(request: IdentifiedInvokeRequest): Promise<InvokeResult>;
}

export function createInvoker(parts: {
  readonly cloud: Cloud;
  readonly lambda: LambdaState;
  readonly runner: Runner;
  readonly queue: AsyncQueue;
}): Invoker {
  const { cloud, lambda, runner, queue } = parts;

  const accept = async (request: IdentifiedInvokeRequest): Promise<InvokeResult> => {
    const state = lambda.in(request);
    const reference = parseReference(request, request.functionName, request.qualifier);
    const target = resolveTarget(state, reference, cloud.random);
    const executedVersion = target.version.version;
    const refusal = refusedByPolicy(state, reference, request) ?? refusedBySize(request);
    if (refusal !== undefined) return refusal;
    const { payload, clientContext, traceId, requestId = cloud.random.uuid() } = request;
    switch (request.invocationType) {
      case "DryRun":
        return { kind: "accepted", executedVersion };
      case "Event":
        queue.enqueue(state, reference, { id: requestId, payload, clientContext, traceId });
        return { kind: "accepted", executedVersion };
      case "RequestResponse": {
        const run = await runner.run(state, target, { requestId, payload, clientContext, traceId });
        if (run.kind === "throttled") return throttled(run.reason);
        const { functionError, payload: answer, logTail } = run.result;
        return { kind: "answered", executedVersion, functionError, payload: answer, logTail };
      }
    }
  };

  return {
    async invoke(request) {
      try {
        return await accept(request);
      } catch (error) {
        if (error instanceof AwsError) return refused(error);
        throw error;
      }
    },
  };
}

/** Services that call on someone's behalf need a statement of exactly the resource they name. */
function refusedByPolicy(
  state: PlaceState,
  { name, qualifier }: FunctionReference,
  { source }: InvokeRequest,
): InvokeResult | undefined {
  if (source === undefined) return undefined;
  const allowed = isAllowed(state.policies.get(keyOf(name, qualifier)), {
    action: "lambda:InvokeFunction",
    servicePrincipal: source.principal,
    sourceArn: source.arn,
    // Bucket ARNs and the like carry no account: here, all resources of the caller are its own.
    sourceAccount: source.arn.split(":")[4] || state.place.account,
  });
  if (allowed) return undefined;
  const resource = functionArn(state.place, name, qualifier);
  return {
    kind: "refused",
    code: "AccessDeniedException",
    status: 403,
    message: `User: ${source.principal} is not authorized to perform: lambda:InvokeFunction on resource: ${resource} because no resource-based policy allows the lambda:InvokeFunction action`,
  };
}

function refusedBySize({ payload, invocationType }: InvokeRequest): InvokeResult | undefined {
  const limit = invocationType === "Event" ? ASYNC_PAYLOAD_MAX_BYTES : PAYLOAD_MAX_BYTES;
  if (payload.byteLength <= limit) return undefined;
  return {
    kind: "refused",
    code: "RequestTooLargeException",
    status: 413,
    message: `${payload.byteLength} byte payload is too large for the ${invocationType} invocation type (limit ${limit} bytes)`,
    members: { Type: "User" },
  };
}

function throttled(reason: ThrottleReason): InvokeResult {
  return {
    kind: "refused",
    code: "TooManyRequestsException",
    status: 429,
    message: "Rate Exceeded.",
    members: { Reason: reason, Type: "User" },
  };
}

function refused({ code, status = 400, message, members }: AwsError): InvokeResult {
  return { kind: "refused", code, status, message, members };
}
