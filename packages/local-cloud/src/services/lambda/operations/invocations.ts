import { AwsError } from "../../../aws-error.ts";
import type { InvokeRequest, InvokeResult } from "../../../data-plane/ports.ts";
import type { RequestContext } from "../../../service.ts";
import type { LambdaParts } from "../parts.ts";
import type { LambdaHandlers } from "../sdk.ts";

const EMPTY_EVENT = Buffer.from("{}");

interface Invocation {
  readonly FunctionName: string | undefined;
  readonly Qualifier?: string | undefined;
  readonly ClientContext?: string | undefined;
  readonly Payload?: Uint8Array | undefined;
}

export function invocationOperations({ invoker }: Pick<LambdaParts, "invoker">) {
  /** @throws the refusal, as an error for the wire. */
  const invoke = async (
    input: Invocation,
    { account, region, requestId }: RequestContext,
    invocationType: InvokeRequest["invocationType"],
  ) => {
    const { Payload: body = EMPTY_EVENT } = input;
    const payload = body.byteLength === 0 ? EMPTY_EVENT : body;
    if (payload !== EMPTY_EVENT) requireJson(payload);
    const result = await invoker.invoke({
      account,
      region,
      functionName: input.FunctionName ?? "",
      qualifier: input.Qualifier,
      payload,
      invocationType,
      clientContext: input.ClientContext,
      requestId,
    });
    if (result.kind === "refused") throw errorOf(result);
    return result;
  };

  return {
    async Invoke(input, context) {
      const { InvocationType: invocationType = "RequestResponse" } = input;
      const result = await invoke(input, context, invocationType);
      if (result.kind === "accepted") {
        return { StatusCode: invocationType === "DryRun" ? 204 : 202 };
      }
      return {
        StatusCode: 200,
        ExecutedVersion: result.executedVersion,
        FunctionError: result.functionError,
        LogResult: input.LogType === "Tail" ? base64(result.logTail) : undefined,
        Payload: result.payload,
      };
    },

    /** Functions are run to their end before the first chunk is sent: the stream has one. */
    async InvokeWithResponseStream(input, context) {
      const result = await invoke(input, context, input.InvocationType ?? "RequestResponse");
      if (result.kind === "accepted") {
        return { StatusCode: 204, ExecutedVersion: result.executedVersion, EventStream: [] };
      }
      const { functionError, payload } = result;
      const complete = {
        ErrorCode: functionError,
        ErrorDetails: functionError === undefined ? undefined : Buffer.from(payload).toString(),
        LogResult: input.LogType === "Tail" ? base64(result.logTail) : undefined,
      };
      return {
        StatusCode: 200,
        ExecutedVersion: result.executedVersion,
        ResponseStreamContentType: "application/octet-stream",
        EventStream: [
          ...(functionError === undefined ? [{ PayloadChunk: { Payload: payload } }] : []),
          { InvokeComplete: complete },
        ],
      };
    },
  } satisfies LambdaHandlers;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** @throws InvalidRequestContentException. The first sentence is AWS's; what follows is this parser's. */
function requireJson(payload: Uint8Array): void {
  try {
    JSON.parse(utf8.decode(payload));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AwsError(
      "InvalidRequestContentException",
      `Could not parse request body into json: Could not parse payload into json: ${reason}`,
      { status: 400, members: { Type: "User" } },
    );
  }
}

function errorOf(refusal: Extract<InvokeResult, { kind: "refused" }>): AwsError {
  const { code, message, status, members } = refusal;
  return new AwsError(code, message, { status, members });
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
