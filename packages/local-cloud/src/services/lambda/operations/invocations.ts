import { AwsError } from "../../../aws-error.ts";
import type { InvokeResult } from "../../../data-plane/ports.ts";
import type { LambdaParts } from "../parts.ts";
import type { LambdaHandlers } from "../sdk.ts";

const EMPTY_EVENT = Buffer.from("{}");

export function invocationOperations({ invoker }: Pick<LambdaParts, "invoker">) {
  return {
    async Invoke(input, context) {
      const { InvocationType: invocationType = "RequestResponse", Payload: body } = input;
      const payload = body === undefined || body.byteLength === 0 ? EMPTY_EVENT : body;
      if (payload !== EMPTY_EVENT) requireJson(payload);
      const result = await invoker.invoke({
        account: context.account,
        region: context.region,
        functionName: input.FunctionName ?? "",
        qualifier: input.Qualifier,
        payload,
        invocationType,
        clientContext: input.ClientContext,
        requestId: context.requestId,
      });
      switch (result.kind) {
        case "refused":
          throw errorOf(result);
        case "accepted":
          return { StatusCode: invocationType === "DryRun" ? 204 : 202 };
        case "answered":
          return {
            StatusCode: 200,
            ExecutedVersion: result.executedVersion,
            FunctionError: result.functionError,
            LogResult:
              input.LogType === "Tail" ? Buffer.from(result.logTail).toString("base64") : undefined,
            Payload: result.payload,
          };
      }
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
