import {
  exitText,
  exitedDocument,
  responseTooLargeDocument,
  timedOutDocument,
} from "./error-documents.ts";
import { exitedLine, timedOutLine } from "./log-lines.ts";
import type { RuntimeAnswer } from "./runtime-channel.ts";

/** What ended an invocation, or the init before the first. */
export type Ending =
  | { readonly kind: "answered"; readonly answer: RuntimeAnswer; readonly atMs: number }
  | { readonly kind: "initFailed"; readonly document: Uint8Array; readonly errorType: string }
  /** `how` is undefined for exit status 0. */
  | { readonly kind: "exited"; readonly how: string | undefined }
  | { readonly kind: "timedOut" };

/** Who is believed when two happen in one turn: a runtime that answers and then exits has answered. */
const BELIEF: readonly Ending["kind"][] = ["answered", "initFailed", "exited", "timedOut"];

/** Whether `ending` is to be believed rather than `other`. */
export function outranks(ending: Ending, other: Ending | undefined): boolean {
  return other === undefined || BELIEF.indexOf(ending.kind) < BELIEF.indexOf(other.kind);
}

/** An ending as the caller and the log see it. */
export interface Outcome {
  readonly isError: boolean;
  readonly payload: Uint8Array;
  /** The platform's own line about it, before END. */
  readonly line?: string;
  /** What REPORT says of it. */
  readonly status?: string;
  /** "Runtime.ExitError"; unknown for what the handler itself threw. */
  readonly errorType?: string;
}

export function outcomeOf(
  ending: Ending,
  invocation: {
    readonly requestId: string;
    readonly timeoutSeconds: number;
    readonly nowMs: number;
  },
): Outcome {
  const { requestId, timeoutSeconds, nowMs } = invocation;
  switch (ending.kind) {
    case "answered": {
      const { payload, isError } = ending.answer;
      if (payload === undefined) return { payload: responseTooLargeDocument(), isError: true };
      return { payload, isError };
    }
    case "initFailed":
      return failed(ending.document, ending.errorType);
    case "exited":
      return {
        ...failed(exitedDocument(requestId, ending.how), "Runtime.ExitError"),
        line: exitedLine(requestId, exitText(ending.how)),
      };
    case "timedOut":
      return {
        isError: true,
        payload: timedOutDocument(requestId, timeoutSeconds),
        line: timedOutLine(nowMs, requestId, timeoutSeconds),
        status: "Status: timeout",
        errorType: "Sandbox.Timedout",
      };
    default:
      return ending satisfies never;
  }
}

function failed(payload: Uint8Array, errorType: string): Outcome {
  return { isError: true, payload, errorType, status: `Status: error\tError Type: ${errorType}` };
}
