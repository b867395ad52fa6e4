// Runs a Node.js handler for the local cloud, one event at a time.
//
// Events come in on descriptor 3, answers leave on descriptor 4, both in the frames of `frames.ts`. Standard
// output and error belong to the function. Everything else is in the environment, as on AWS.
//
// What functions can observe follows AWS's own open-source runtime interface client for Node.js.

import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { format } from "node:util";
import { errorDocument, RuntimeFault } from "./node-errors.mjs";
import { letImportsReadNodePath, loadHandler } from "./node-handler.mjs";

const PREFIX_BYTES = 9;
/** The cloud turns this back into a line feed, so that many lines stay one log event. */
const LINE_BREAK_INSIDE_EVENT = "\x1e";
/** Unverified: the text AWS gives when an async handler's promise can never settle. */
const NEVER_SETTLED =
  "The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a " +
  "Promise that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes";

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

process.argv[1] = "/var/runtime/index.mjs";
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
