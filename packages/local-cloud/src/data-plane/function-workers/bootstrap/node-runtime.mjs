// Runs a Node.js handler for the local cloud, one event at a time.
//
// Started as `node node-runtime.mjs SETTINGS`, where SETTINGS is a JSON object: taskRoot (the unpacked
// function) and runtime ("nodejs24.x"). Events come in on descriptor 3, answers leave on descriptor 4, both in
// the frames of `frames.ts`. Standard output and error belong to the function.
//
// What functions can observe follows AWS's own open-source runtime interface client for Node.js.

import { existsSync, readFileSync, writeSync } from "node:fs";
import { createRequire, isBuiltin, registerHooks } from "node:module";
import { Socket } from "node:net";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { format, types } from "node:util";

const SETTINGS = JSON.parse(process.argv[2]);
const TASK_ROOT = SETTINGS.taskRoot;
const PREFIX_BYTES = 9;
/** The cloud turns this back into a line feed, so that many lines stay one log event. */
const LINE_BREAK_INSIDE_EVENT = "\x1e";
/** Source: AWS's runtime interface client for Node.js 24. */
const CALLBACKS_REMOVED =
  "ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. " +
  "You need to modify this function to use a supported handler signature to use Node.js 24 or later. " +
  "For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.";
/** Unverified: the text AWS gives when an async handler's promise can never settle. */
const NEVER_SETTLED =
  "The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a " +
  "Promise that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes";

/** An error that AWS's runtime itself reports, under its own error type. */
class RuntimeFault extends Error {
  constructor(type, message) {
    super(message);
    this.name = `Runtime.${type}`;
    this.stack = this.stack.replace(/^[^\n]*?: /, `${this.name}: `);
  }
}

// ---- the channel to the cloud ----

/** Blocking, so that an answer is out even when the process exits right after it. */
function writeAll(descriptor, bytes) {
  for (let offset = 0; offset < bytes.length;) {
    try {
      offset += writeSync(descriptor, bytes, offset);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

function send(kind, payload, header = "") {
  const headerBytes = Buffer.byteLength(header);
  const payloadBytes = Buffer.byteLength(payload);
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + headerBytes + payloadBytes);
  frame[0] = kind.charCodeAt(0);
  frame.writeUInt32BE(headerBytes, 1);
  frame.writeUInt32BE(payloadBytes, 5);
  frame.write(header, PREFIX_BYTES);
  frame.write(payload, PREFIX_BYTES + headerBytes);
  writeAll(4, frame);
}

const inbox = new Socket({ fd: 3, readable: true, writable: false });
let received = [];
let receivedBytes = 0;

inbox.on("data", (chunk) => {
  received.push(chunk);
  receivedBytes += chunk.length;
  if (receivedBytes < PREFIX_BYTES) return;
  // One event at a time: a frame is never followed by another before its answer.
  const bytes = received.length === 1 ? chunk : Buffer.concat(received);
  received = [bytes];
  const headerEnd = PREFIX_BYTES + bytes.readUInt32BE(1);
  const end = headerEnd + bytes.readUInt32BE(5);
  if (receivedBytes < end) return;
  received = [];
  receivedBytes = 0;
  handleEvent(
    JSON.parse(bytes.toString("utf8", PREFIX_BYTES, headerEnd)),
    bytes.toString("utf8", headerEnd),
  );
});
inbox.on("close", () => process.exit(0));

// ---- the console ----

let requestId;

function writeEvent(text) {
  writeAll(1, Buffer.from(`${text.replaceAll("\n", LINE_BREAK_INSIDE_EVENT)}\n`));
}

function patchConsole() {
  const log =
    (level) =>
    (...parameters) =>
      writeEvent(`${new Date().toISOString()}\t${requestId}\t${level}\t${format(...parameters)}`);
  console.log = console.info = log("INFO");
  console.debug = log("DEBUG");
  console.warn = log("WARN");
  console.error = log("ERROR");
  console.trace = log("TRACE");
  console.fatal = log("FATAL");
}

// ---- errors ----

/** Paths of this machine as stack traces on AWS show them. */
function asOnAws(text) {
  return text
    .replaceAll(TASK_ROOT, "/var/task")
    .replaceAll(import.meta.filename, "/var/runtime/index.mjs");
}

/** The stack down to the runtime, whose own callers on this machine are not AWS's. */
function traceOf(error) {
  const lines = asOnAws(error.stack ?? "").split("\n");
  const isRuntime = (line) => line.startsWith("    at ") && line.includes("/var/runtime/index.mjs");
  const end = lines.findIndex(isRuntime);
  return end === -1 ? lines : lines.slice(0, end + 1);
}

function errorDocument(error) {
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

function logError(title, thrown) {
  const error = thrown instanceof Error ? thrown : new Error(thrown);
  const { errorType, errorMessage, trace } = errorDocument(error);
  const known = { errorType, errorMessage, code: error.code };
  const shown = Object.assign(known, error, { stack: trace });
  let text;
  try {
    text = JSON.stringify(shown);
  } catch {
    text = JSON.stringify({ errorType, errorMessage, trace });
  }
  console.error(title, `\t${text}`);
}

// ---- loading the handler ----

/** On AWS an ES module finds the SDK too, although Node itself reads NODE_PATH for require only. */
function letImportsReadNodePath() {
  const parents = (process.env.NODE_PATH ?? "")
    .split(delimiter)
    .filter((folder) => basename(folder) === "node_modules")
    .map((folder) => pathToFileURL(join(dirname(folder), "importer.mjs")).href);
  registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context);
      } catch (error) {
        const isBare = !/^[./]|^\w+:/.test(specifier) && !isBuiltin(specifier);
        if (error.code !== "ERR_MODULE_NOT_FOUND" || !isBare) throw error;
        for (const parentURL of parents) {
          try {
            return next(specifier, { ...context, parentURL });
          } catch {
            // The next folder of NODE_PATH may have it; when none has, the first error is the true one.
          }
        }
        throw error;
      }
    },
  });
}

function isEsModuleFolder(folder) {
  const path = join(folder, "package.json");
  if (existsSync(path)) {
    try {
      return JSON.parse(readFileSync(path, "utf8")).type === "module";
    } catch {
      return false;
    }
  }
  if (folder.endsWith("/node_modules") || folder === dirname(folder)) return false;
  return isEsModuleFolder(dirname(folder));
}

async function loadModule(folder, name) {
  const path = resolve(TASK_ROOT, folder, name);
  const require = createRequire(import.meta.url);
  const isEsModule = isEsModuleFolder(dirname(path));
  const candidates = [
    ["", false],
    [".js", isEsModule],
    [".mjs", true],
    [".cjs", false],
  ];
  if (process.versions.node.split(".")[0] >= 24) {
    candidates.push([".ts", isEsModule], [".mts", true], [".cts", false]);
  }
  for (const [extension, isImport] of candidates) {
    const file = path + extension;
    if (existsSync(file)) return isImport ? await import(pathToFileURL(file).href) : require(file);
  }
  return require(require.resolve(name, { paths: [TASK_ROOT, folder] }));
}

async function loadHandler(fullName) {
  if (fullName.includes("..")) {
    throw new RuntimeFault(
      "MalformedHandlerName",
      `'${fullName}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const name = basename(fullName);
  const folder = fullName.slice(0, fullName.length - name.length);
  const [, moduleName, exportPath] = /^([^.]*)\.(.*)$/.exec(name) ?? [];
  if (moduleName === undefined) throw new RuntimeFault("MalformedHandlerName", "Bad handler");
  let loaded;
  try {
    loaded = await loadModule(folder, moduleName);
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuntimeFault("UserCodeSyntaxError", String(error));
    // AWS names only require's code here: a missing import inside an ES module keeps its own error.
    if (error?.code === "MODULE_NOT_FOUND")
      throw new RuntimeFault("ImportModuleError", `${error.name}: ${error.message}`);
    throw error;
  }
  const handler = exportPath.split(".").reduce((value, key) => value?.[key], loaded);
  if (!handler)
    throw new RuntimeFault("HandlerNotFound", `${fullName} is undefined or not exported`);
  if (typeof handler !== "function") {
    throw new RuntimeFault("HandlerNotFound", `${fullName} is not a function`);
  }
  if (handler.length >= 3 && Number.parseInt(SETTINGS.runtime.slice("nodejs".length), 10) >= 24) {
    throw new RuntimeFault("CallbackHandlerDeprecated", CALLBACKS_REMOVED);
  }
  return handler;
}

// ---- one invocation ----

let handler;
/** The invocation under way: what to do when nothing is left to run, and how to fail it. */
let current;

/** The wait for the next event must keep the process alive; the wait for an answer must not. */
function finish(kind, payload) {
  if (current === undefined) return;
  current = undefined;
  inbox.ref();
  send(kind, payload);
}

function fail(error) {
  if (current === undefined) return;
  logError("Invoke Error", error);
  finish("E", JSON.stringify(errorDocument(error)));
}

function succeed(result) {
  if (current === undefined) return;
  let payload;
  try {
    payload = JSON.stringify(result === undefined ? null : result) ?? "null";
  } catch {
    fail(new Error("Unable to stringify response body"));
    return;
  }
  finish("R", payload);
}

/** This process is the function's, not the cloud's: it lives in real time. */
function nowMs() {
  // oxlint-disable-next-line no-restricted-properties
  return Date.now();
}

function contextOf(header, invocation) {
  const deadlineMs = nowMs() + header.timeoutMs;
  const environment = process.env;
  let isDone = false;
  const once =
    (action) =>
    (...parameters) => {
      if (isDone || invocation !== current) return;
      isDone = true;
      action(...parameters);
    };
  const done = (error, result) => {
    if (error === undefined || error === null) succeed(result);
    else fail(error);
  };
  const context = {
    get callbackWaitsForEmptyEventLoop() {
      return invocation.waitsForEmptyLoop;
    },
    set callbackWaitsForEmptyEventLoop(value) {
      invocation.waitsForEmptyLoop = value;
    },
    succeed: once((result) => done(null, result)),
    fail: once((error) => done(error ?? "handled")),
    done: once(done),
    functionVersion: environment.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: environment.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: environment.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: environment.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext:
      header.clientContext === undefined ? undefined : JSON.parse(header.clientContext),
    identity: undefined,
    invokedFunctionArn: header.arn,
    awsRequestId: header.id,
    tenantId: undefined,
    getRemainingTimeInMillis: () => deadlineMs - nowMs(),
  };
  const callback = once((error, result) => {
    if (error !== undefined && error !== null) fail(error);
    else if (!invocation.waitsForEmptyLoop) succeed(result);
    else invocation.onEmptyLoop = () => setImmediate(() => succeed(result));
  });
  return { context, callback };
}

function handleEvent(header, payload) {
  requestId = header.id;
  process.env._X_AMZN_TRACE_ID = header.traceId;
  const invocation = { waitsForEmptyLoop: true, onEmptyLoop: answerNothing };
  current = invocation;
  inbox.unref();
  let callback;
  try {
    const built = contextOf(header, invocation);
    callback = built.callback;
    const result = handler(JSON.parse(payload), built.context, callback);
    if (typeof result?.then === "function") {
      result.then(built.context.succeed, built.context.fail).catch(built.context.fail);
    }
  } catch (error) {
    if (callback === undefined) fail(error);
    else callback(error);
  }
}

/** The handler can never answer: nothing is left to run. */
function answerNothing() {
  if (handler.constructor.name === "AsyncFunction")
    fail(new RuntimeFault("NodeJsExit", NEVER_SETTLED));
  else succeed(null);
}

// ---- the life of the process ----

function die(title, error, status) {
  logError(title, error);
  const payload = JSON.stringify(errorDocument(error));
  if (handler === undefined)
    send("I", payload, JSON.stringify({ errorType: error?.name ?? "Error" }));
  else send("F", payload);
  process.exit(status);
}

process.on("uncaughtException", (error) => die("Uncaught Exception", error, 129));
process.on("unhandledRejection", (reason) =>
  die(
    "Unhandled Promise Rejection",
    new RuntimeFault("UnhandledPromiseRejection", String(reason)),
    128,
  ),
);
process.on("beforeExit", () => current?.onEmptyLoop());

process.argv.splice(1, 2, "/var/runtime/index.mjs");
patchConsole();
letImportsReadNodePath();
inbox.unref();
try {
  const loaded = await loadHandler(process.env._HANDLER);
  handler = loaded;
} catch (error) {
  die("Uncaught Exception", error, 129);
}
inbox.ref();
send("A", "");
