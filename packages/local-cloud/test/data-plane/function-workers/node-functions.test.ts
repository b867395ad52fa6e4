// Protects what a Node.js function and its caller observe: module kinds, handler names, context, callbacks,
// error documents and log lines, as AWS's own runtime client shows them. Real node processes.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FunctionVersion } from "../../../src/data-plane/function-workers/function-workers.ts";
import {
  ENDPOINT,
  messagesOf,
  type WorkerBench,
  workerBench,
  type ZipEntries,
} from "../../support/worker-cloud.ts";

let bench: WorkerBench;
beforeAll(() => {
  bench = workerBench();
});
afterAll(() => bench.close());

const nodeVersion = (files: ZipEntries, overrides: Partial<FunctionVersion> = {}) =>
  bench.version(files, { runtime: "nodejs24.x", handler: "index.handler", ...overrides });

const runOnce = async (
  code: string,
  overrides: Partial<FunctionVersion> = {},
  event: unknown = {},
) => bench.invoke(await nodeVersion({ "index.js": code }, overrides), event);

/** Callback handlers ended with Node.js 24. */
const WITH_CALLBACKS = { runtime: "nodejs22.x" };

describe("modules and handler names", () => {
  const commonJs = "exports.handler = async (event) => ({ got: event });";
  const esModule = "export const handler = async (event) => ({ got: event });";

  it.each<[string, ZipEntries, string]>([
    ["CommonJS", { "index.js": commonJs }, "index.handler"],
    [".cjs", { "index.cjs": commonJs }, "index.handler"],
    [".mjs", { "index.mjs": esModule }, "index.handler"],
    [
      ".js in a module package",
      { "index.js": esModule, "package.json": '{"type":"module"}' },
      "index.handler",
    ],
    ["a folder", { "src/orders.js": commonJs }, "src/orders.handler"],
    ["a hyphen", { "my-orders.js": commonJs }, "my-orders.handler"],
    [
      "a nested export",
      { "index.js": "exports.api = { get: async (event) => ({ got: event }) };" },
      "index.api.get",
    ],
    [
      "TypeScript",
      {
        "index.ts": "export const handler = async (event: object) => ({ got: event });",
        "package.json": '{"type":"module"}',
      },
      "index.handler",
    ],
  ])("runs %s", async (_title, files, handler) => {
    const answer = await bench.invoke(await nodeVersion(files, { handler }), { a: 1 });
    expect(answer.payload).toEqual({ got: { a: 1 } });
  });

  it("finds the AWS SDK from both kinds of module, and no other package of ours", async () => {
    const required = await runOnce(
      "const { STSClient } = require('@aws-sdk/client-sts'); exports.handler = async () => typeof STSClient;",
    );
    expect(required.payload).toBe("function");
    const imported = await bench.invoke(
      await nodeVersion({
        "index.mjs":
          "import { STSClient } from '@aws-sdk/client-sts'; export const handler = async () => [typeof STSClient, process.env.AWS_ENDPOINT_URL];",
      }),
    );
    expect(imported.payload).toEqual(["function", ENDPOINT]);
    const other = await runOnce("require('yazl'); exports.handler = async () => 1;");
    expect(other.payload).toMatchObject({ errorType: "Runtime.ImportModuleError" });
  });
});

describe("handlers", () => {
  it("may call back, succeed, fail or be done", async () => {
    const answers = await Promise.all(
      [
        "(event, context, callback) => callback(null, 'called back')",
        "(event, context) => context.succeed('succeeded')",
        "(event, context) => context.done(null, 'done')",
        "(event, context, callback) => { setImmediate(() => callback(null, 'later')); }",
        "() => {}",
      ].map((handler) => runOnce(`exports.handler = ${handler};`, WITH_CALLBACKS)),
    );
    expect(answers.map(({ payload }) => payload)).toEqual([
      "called back",
      "succeeded",
      "done",
      "later",
      null,
    ]);
    const failed = await runOnce(
      "exports.handler = (event, context) => context.fail(new TypeError('no'));",
      WITH_CALLBACKS,
    );
    expect(failed.payload).toMatchObject({ errorType: "TypeError", errorMessage: "no" });
  });

  it("waits for the event loop to empty after a callback, unless told not to", async () => {
    const code = `
      let ticks = 0;
      exports.handler = (event, context, callback) => {
        if (event.wait === false) context.callbackWaitsForEmptyEventLoop = false;
        setTimeout(() => { ticks += 1; }, 30);
        const before = ticks;
        callback(null, { get ticks() { return ticks - before; } });
      };`;
    const version = await nodeVersion({ "index.js": code }, WITH_CALLBACKS);
    expect((await bench.invoke(version, {})).payload).toEqual({ ticks: 1 });
    expect((await bench.invoke(version, { wait: false })).payload).toEqual({ ticks: 0 });
  });

  it("are refused with a callback on Node.js 24, as on AWS", async () => {
    const answer = await runOnce(
      "exports.handler = (event, context, callback) => callback(null, 1);",
    );
    expect(answer.payload).toMatchObject({
      errorType: "Runtime.CallbackHandlerDeprecated",
      errorMessage: expect.stringContaining(
        "AWS Lambda has removed support for callback-based function handlers",
      ),
    });
  });

  it("see the context", async () => {
    const version = await nodeVersion({
      "index.js":
        "exports.handler = async (event, context) => ({ ...context, left: context.getRemainingTimeInMillis() });",
    });
    const clientContext = JSON.stringify({ custom: { a: "b" } });
    const answer = await bench.invoke(version, {}, { clientContext });
    expect(answer.payload).toEqual({
      callbackWaitsForEmptyEventLoop: true,
      functionVersion: "3",
      functionName: "orders",
      memoryLimitInMB: "128",
      logGroupName: "/aws/lambda/orders",
      logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[3\][0-9a-f]{32}$/),
      clientContext: { custom: { a: "b" } },
      invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:orders:live",
      awsRequestId: answer.requestId,
      left: expect.any(Number),
    });
  });

  it("see the environment", async () => {
    const { payload } = await runOnce(
      "exports.handler = async () => ({ ...process.env, cwd: process.cwd() });",
      { environment: { TABLE: "orders" } },
    );
    const environment = payload as Record<string, string>;
    expect(environment).toMatchObject({
      AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
      AWS_ENDPOINT_URL: ENDPOINT,
      LAMBDA_TASK_ROOT: environment["cwd"],
      NODE_PATH: expect.stringMatching(/^\/opt\/nodejs\/node24\/node_modules:/),
      TABLE: "orders",
      TZ: ":UTC",
      _HANDLER: "index.handler",
    });
    expect(environment).not.toHaveProperty("HOME");
    expect(environment).not.toHaveProperty("PYTHONPATH");
  });
});

describe("error documents", () => {
  it("report what the handler threw", async () => {
    const answer = await runOnce(
      "exports.handler = async () => {\n  throw Object.assign(new RangeError('bad order'), { code: 'E1' });\n};",
    );
    expect(answer.functionError).toBe("Unhandled");
    const document = answer.payload as { trace: string[] };
    expect(Object.keys(document)).toEqual(["errorType", "errorMessage", "trace"]);
    expect(document).toMatchObject({ errorType: "RangeError", errorMessage: "bad order" });
    expect(document.trace[0]).toBe("RangeError: bad order");
    expect(document.trace[1]).toMatch(/^ {4}at .*\/var\/task\/index\.js:2:\d+\)?$/);
  });

  it("report what was thrown although it is no error", async () => {
    const answer = await runOnce("exports.handler = async () => { throw 'just text'; };");
    expect(answer.payload).toEqual({ errorType: "string", errorMessage: "just text", trace: [] });
  });

  it.each([
    ["index.missing", "Runtime.HandlerNotFound", "index.missing is undefined or not exported"],
    ["index.text", "Runtime.HandlerNotFound", "index.text is not a function"],
    ["handler", "Runtime.MalformedHandlerName", "Bad handler"],
    [
      "../index.handler",
      "Runtime.MalformedHandlerName",
      "'../index.handler' is not a valid handler name. Use absolute paths when specifying root directories in handler names.",
    ],
    [
      "gone.handler",
      "Runtime.ImportModuleError",
      "Error: Cannot find module 'gone'\nRequire stack:\n- /var/runtime/index.mjs",
    ],
  ])("report the handler name %s", async (handler, errorType, errorMessage) => {
    const answer = await runOnce("exports.text = 'text';", { handler });
    expect(answer.functionError).toBe("Unhandled");
    expect(answer.payload).toMatchObject({ errorType, errorMessage });
    const { trace } = answer.payload as { trace: string[] };
    expect(trace[0]).toBe(`${errorType}: ${errorMessage.split("\n")[0]}`);
    expect(trace.join("\n")).not.toContain("node-runtime.mjs");
  });

  it("report a syntax error", async () => {
    const answer = await runOnce("exports.handler = async () => {");
    expect(answer.payload).toMatchObject({
      errorType: "Runtime.UserCodeSyntaxError",
      errorMessage: "SyntaxError: Unexpected end of input",
    });
  });

  it("report what module code threw", async () => {
    const answer = await runOnce("throw new Error('startup fails');");
    expect(answer.payload).toMatchObject({ errorType: "Error", errorMessage: "startup fails" });
    expect(answer.initDurationMs).toBeUndefined();
  });

  it("report a result that is no JSON", async () => {
    const answer = await runOnce("exports.handler = async () => 10n;");
    expect(answer.payload).toMatchObject({
      errorType: "Error",
      errorMessage: "Unable to stringify response body",
    });
  });

  it("report an async handler that can never settle", async () => {
    const answer = await runOnce("exports.handler = async () => new Promise(() => {});");
    expect(answer.payload).toMatchObject({ errorType: "Runtime.NodeJsExit" });
  });

  it.each([
    [
      "an uncaught exception",
      "setImmediate(() => { throw new Error('loose'); }); await new Promise(() => {});",
      "Error",
      "loose",
    ],
    [
      "an unhandled rejection",
      "Promise.reject(new Error('loose')); await new Promise((done) => setTimeout(done, 1000));",
      "Runtime.UnhandledPromiseRejection",
      "Error: loose",
    ],
  ])(
    "report %s and go on with a new process",
    async (_title, statement, errorType, errorMessage) => {
      const version = await nodeVersion({
        "index.js": `exports.handler = async (event) => { if (event.fail) { ${statement} } return process.pid; };`,
      });
      const first = await bench.invoke(version);
      const failed = await bench.invoke(version, { fail: true });
      expect(failed.payload).toMatchObject({ errorType, errorMessage });
      const next = await bench.invoke(version);
      expect(next.functionError).toBeUndefined();
      expect(next.payload).not.toBe(first.payload);
    },
  );

  it("report process.exit", async () => {
    const answer = await runOnce("exports.handler = async () => process.exit(7);");
    expect(answer.payload).toEqual({
      errorType: "Runtime.ExitError",
      errorMessage: `RequestId: ${answer.requestId} Error: Runtime exited with error: exit status 7`,
    });
  });
});

describe("logs", () => {
  it("prefix console lines and keep many lines one event", async () => {
    bench.logs.length = 0;
    const { requestId: id } = await runOnce(
      "console.log('loading'); exports.handler = async () => { console.log('one %s\\ntwo', 1); console.error({ a: 1 }); process.stdout.write('plain\\n'); process.stderr.write('error output\\n'); };",
    );
    const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
    expect(messagesOf(bench)).toEqual([
      expect.stringMatching(/^INIT_START Runtime Version: nodejs:24\.v1\t/),
      expect.stringMatching(new RegExp(`^${time}\tundefined\tINFO\tloading\n$`)),
      `START RequestId: ${id} Version: 3\n`,
      expect.stringMatching(new RegExp(`^${time}\t${id}\tINFO\tone 1\ntwo\n$`)),
      expect.stringMatching(new RegExp(`^${time}\t${id}\tERROR\t\\{ a: 1 \\}\n$`)),
      "plain\n",
      "error output\n",
      `END RequestId: ${id}\n`,
      expect.stringMatching(new RegExp(`^REPORT RequestId: ${id}\t`)),
    ]);
  });

  it("show a failed invocation as one JSON line", async () => {
    bench.logs.length = 0;
    const { requestId: id } = await runOnce(
      "exports.handler = async () => { throw Object.assign(new Error('bad'), { order: 7 }); };",
    );
    const line = messagesOf(bench).find((message) => message.includes("Invoke Error"));
    const [, level, json] = /^\S+\t\S+\t(ERROR)\tInvoke Error \t(.*)\n$/.exec(line ?? "") ?? [];
    expect(line).toContain(id);
    expect(level).toBe("ERROR");
    expect(JSON.parse(json ?? "")).toMatchObject({
      errorType: "Error",
      errorMessage: "bad",
      order: 7,
      stack: [
        "Error: bad",
        expect.stringContaining("/var/task/index.js"),
        expect.stringContaining("/var/runtime/index.mjs"),
      ],
    });
  });
});
