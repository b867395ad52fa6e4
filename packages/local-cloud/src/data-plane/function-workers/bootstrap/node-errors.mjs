// How a Node.js function's failures look to its caller: AWS's error documents and stack traces.

import { join } from "node:path";
import { types } from "node:util";

const TASK_ROOT = process.env.LAMBDA_TASK_ROOT;
/** This file and its neighbours: on AWS the runtime is one file. */
const OUR_FILES = ["errors", "handler", "runtime"].map((name) =>
  join(import.meta.dirname, `node-${name}.mjs`),
);

/** An error that AWS's runtime itself reports, under its own error type. */
export class RuntimeFault extends Error {
  constructor(type, message) {
    super(message);
    this.name = `Runtime.${type}`;
    this.stack = this.stack.replace(/^[^\n]*?: /, `${this.name}: `);
  }
}

/** Paths of this machine as stack traces on AWS show them. */
function asOnAws(text) {
  return OUR_FILES.reduce(
    (shown, file) => shown.replaceAll(file, "/var/runtime/index.mjs"),
    text.replaceAll(TASK_ROOT, "/var/task"),
  );
}

/** The stack down to the runtime, whose own callers on this machine are not AWS's. */
function traceOf(error) {
  const lines = asOnAws(error.stack ?? "").split("\n");
  const isRuntime = (line) => line.startsWith("    at ") && line.includes("/var/runtime/index.mjs");
  const end = lines.findIndex(isRuntime);
  return end === -1 ? lines : lines.slice(0, end + 1);
}

/** What the caller of the function gets. */
export function errorDocument(error) {
  if (types.isNativeError(error) || isErrorLike(error)) {
    return {
      errorType: error.name,
      errorMessage: asOnAws(error.message),
      trace: traceOf(error),
    };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

function isErrorLike(value) {
  return ["name", "message", "stack"].every(
    (key) => typeof value?.[key] === "string" && value[key] !== "",
  );
}
