import { type PreflightFinding, RolloutError, type VersionId } from "@headgate/core";
import type { FunctionApi } from "./function-api.ts";

/** What a function answered to one direct invocation. */
export type ProbeAnswer =
  | { readonly kind: "answered" }
  /** The handler ran and did not like the event: an application may well refuse an empty one. */
  | { readonly kind: "handlerFailed"; readonly message: string }
  /** The code never got as far as the handler: no request can succeed. */
  | { readonly kind: "broken"; readonly message: string };

/** The part of an Invoke answer that says how it went. */
export interface InvokeResult {
  /** X-Amz-Function-Error; absent on success. */
  readonly functionError: string | undefined;
  readonly payload: string;
  /** The last 4 KB of the log. */
  readonly logTail: string;
}

/** The largest timeout a function can have. Source: AWS docs, gettingstarted-limits. */
const LONGEST_RUN_SECONDS = 900;

export async function probe(
  api: FunctionApi,
  version: VersionId,
  payload: string,
): Promise<ProbeAnswer> {
  const { Timeout = LONGEST_RUN_SECONDS } = await api.getConfiguration(version);
  const answer = await api.invoke(version, payload, Timeout * 1000);
  return classify({
    functionError: answer.FunctionError,
    payload: answer.Payload === undefined ? "" : new TextDecoder().decode(answer.Payload),
    logTail: Buffer.from(answer.LogResult ?? "", "base64").toString("utf8"),
  });
}

/** Errors of the runtime that only the handler's own doing can cause. */
const HANDLER_ERRORS = new Set(["Runtime.MarshalError", "Runtime.UnhandledPromiseRejection"]);

/** Tells code that cannot start from a handler that did not like the event. */
export function classify({ functionError, payload, logTail }: InvokeResult): ProbeAnswer {
  if (functionError === undefined) return { kind: "answered" };
  const error = errorIn(payload);
  const message = [error.type, error.message].filter((part) => part !== "").join(": ");
  const runtimeFailed = error.type.startsWith("Runtime.") && !HANDLER_ERRORS.has(error.type);
  // Python marks an error outside the handler by an empty request id, Node by its loader in the trace.
  // Source: recorded AWS answers (LocalStack snapshot test_lambda_runtimes); AWS docs, nodejs-exceptions.
  const failedToLoad = error.requestId === "" || /_?loadUserApp|UserFunction\.js/.test(error.trace);
  const initFailed = /INIT_REPORT .*Phase: init\tStatus: error/.test(logTail);
  const isBroken = runtimeFailed || failedToLoad || initFailed;
  return { kind: isBroken ? "broken" : "handlerFailed", message: message || functionError };
}

interface FunctionErrorPayload {
  readonly type: string;
  readonly message: string;
  readonly requestId: string | undefined;
  readonly trace: string;
}

function errorIn(payload: string): FunctionErrorPayload {
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  const lines = (value: unknown) => (Array.isArray(value) ? value.map(text).join("\n") : "");
  try {
    const parsed: unknown = JSON.parse(payload);
    if (typeof parsed === "object" && parsed !== null) {
      const fields: Readonly<Record<string, unknown>> = { ...parsed };
      return {
        type: text(fields["errorType"]),
        message: text(fields["errorMessage"]),
        requestId: typeof fields["requestId"] === "string" ? fields["requestId"] : undefined,
        trace: lines(fields["trace"]),
      };
    }
  } catch {
    // A custom runtime may answer with anything; its text is then all there is to show.
  }
  return { type: "", message: payload, requestId: undefined, trace: "" };
}

/**
 * Invokes the canary directly, with no traffic on it yet.
 * @returns What a person should know although it stops nothing.
 * @throws {RolloutError} CANARY_UNUSABLE when the version's code cannot even start.
 */
export async function probeCanary(
  api: FunctionApi,
  version: VersionId,
  payload: string,
): Promise<PreflightFinding> {
  const answer = await probe(api, version, payload);
  if (answer.kind === "broken") {
    throw new RolloutError(
      "CANARY_UNUSABLE",
      `version ${version} of ${api.functionName} cannot start: ${answer.message}`,
      { hint: "Every request to it would fail. Mend the package or the handler setting." },
    );
  }
  return probeFinding(`canary version ${version} answers`, payload, answer);
}

/** @param answer is not `broken`: what that means differs between stable and canary. */
export function probeFinding(
  check: string,
  payload: string,
  answer: Exclude<ProbeAnswer, { readonly kind: "broken" }>,
): PreflightFinding {
  if (answer.kind === "answered") {
    return { check, outcome: "ok", detail: `answered the event ${payload}`, hint: "" };
  }
  return {
    check,
    outcome: "warning",
    detail: `its handler failed on the event ${payload}: ${answer.message}`,
    hint: "Give probe.payload an event that the function accepts.",
  };
}
