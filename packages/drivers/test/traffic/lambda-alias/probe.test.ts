// Protects the line between code that cannot start (no request can succeed: stop) and a handler that
// did not like the probe's event (an application may refuse it: go on, and say so).
import { describe, expect, it } from "vitest";
import { classify } from "../../../src/traffic/lambda-alias/probe.ts";

function kindOf(payload: unknown, logTail = ""): string {
  const text = typeof payload === "string" ? payload : JSON.stringify(payload);
  return classify({ functionError: "Unhandled", payload: text, logTail }).kind;
}

describe("code that cannot start", () => {
  it.each([
    [
      "a module that is not in the package",
      {
        errorMessage: "Unable to import module 'app': No module named 'app'",
        errorType: "Runtime.ImportModuleError",
        requestId: "",
        stackTrace: [],
      },
    ],
    [
      "a handler that is not in the module",
      { errorMessage: "Handler 'x' missing on module 'app'", errorType: "Runtime.HandlerNotFound" },
    ],
    ["a syntax error", { errorType: "Runtime.UserCodeSyntaxError", errorMessage: "app.py line 1" }],
    [
      "an exit while loading",
      { errorType: "Runtime.ExitError", errorMessage: "RequestId: 1 Error: exit status 1" },
    ],
    [
      "a Python module that raises while it is imported",
      { errorType: "KeyError", errorMessage: "'TABLE'", requestId: "", stackTrace: [] },
    ],
    [
      "a Node module that throws while it is imported",
      {
        errorType: "ReferenceError",
        errorMessage: "x is not defined",
        trace: ["ReferenceError: x is not defined", "    at _loadUserApp (UserFunction.js:1)"],
      },
    ],
  ])("%s", (_, payload) => {
    expect(kindOf(payload)).toBe("broken");
  });

  it("is also told by the log's INIT_REPORT", () => {
    const log =
      "INIT_REPORT Init Duration: 12.00 ms\tPhase: init\tStatus: error\tError Type: Error\n";
    expect(kindOf({ errorType: "Error", errorMessage: "no" }, log)).toBe("broken");
  });
});

describe("a handler that failed", () => {
  it.each([
    [
      "a Python exception in it",
      { errorType: "KeyError", errorMessage: "'body'", requestId: "8a5c", stackTrace: [] },
    ],
    [
      "a Node error in it",
      { errorType: "TypeError", errorMessage: "no", trace: ["TypeError: no", "    at handler"] },
    ],
    ["an answer that is not JSON", { errorType: "Runtime.MarshalError", errorMessage: "no" }],
    ["a timeout", { errorType: "Sandbox.Timedout", errorMessage: "Task timed out" }],
    ["an error that is no JSON", "it broke"],
  ])("%s", (_, payload) => {
    expect(kindOf(payload)).toBe("handlerFailed");
  });

  it("is told in the function's own words", () => {
    const payload = JSON.stringify({ errorType: "KeyError", errorMessage: "'body'" });
    const answer = classify({ functionError: "Unhandled", payload, logTail: "" });
    expect(answer).toEqual({ kind: "handlerFailed", message: "KeyError: 'body'" });
  });
});

it("an answer without X-Amz-Function-Error is an answer, whatever it says", () => {
  const payload = JSON.stringify({ errorType: "Runtime.ImportModuleError", statusCode: 500 });
  expect(classify({ functionError: undefined, payload, logTail: "" }).kind).toBe("answered");
});
