// Protects how a Python function's failures and log lines look, as recorded from AWS. Real python3 processes.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { messagesOf, type WorkerBench, workerBench } from "../../support/worker-cloud.ts";

let bench: WorkerBench;
beforeAll(() => {
  bench = workerBench();
});
afterAll(() => bench.close());

const runOnce = async (code: string, event: unknown = {}) =>
  bench.invoke(await bench.version({ "app.py": code }), event);

describe("error documents", () => {
  it("reports what the handler raised, with the stack as on AWS", async () => {
    const answer = await runOnce(
      "class CustomException(Exception):\n  pass\ndef inner():\n  raise CustomException('bad order')\ndef handler(event, context):\n  inner()\n",
    );
    expect(answer.functionError).toBe("Unhandled");
    expect(answer.payload).toEqual({
      errorMessage: "bad order",
      errorType: "CustomException",
      requestId: answer.requestId,
      stackTrace: [
        '  File "/var/task/app.py", line 6, in handler\n    inner()\n',
        "  File \"/var/task/app.py\", line 4, in inner\n    raise CustomException('bad order')\n",
      ],
    });
    expect(Object.keys(answer.payload as object)).toEqual([
      "errorMessage",
      "errorType",
      "requestId",
      "stackTrace",
    ]);
  });

  it.each([
    [
      "a module that is not in the zip",
      { handler: "lambda_function_v1.handler" },
      "",
      "Runtime.ImportModuleError",
      "Unable to import module 'lambda_function_v1': No module named 'lambda_function_v1'",
    ],
    [
      "a function that is not in the module",
      { handler: "app.missing" },
      "",
      "Runtime.HandlerNotFound",
      "Handler 'missing' missing on module 'app'",
    ],
    [
      "a name without a dot",
      { handler: "handler" },
      "",
      "Runtime.MalformedHandlerName",
      "Bad handler 'handler': not enough values to unpack (expected 2, got 1)",
    ],
    [
      "a built-in module",
      { handler: "sys.handler" },
      "",
      "Runtime.BuiltInModuleConflict",
      "Cannot use built-in module sys as a handler module",
    ],
  ])("reports %s", async (_title, overrides, code, errorType, errorMessage) => {
    const answer = await bench.invoke(await bench.version({ "app.py": code }, overrides));
    expect(answer.functionError).toBe("Unhandled");
    expect(answer.payload).toEqual({ errorMessage, errorType, requestId: "", stackTrace: [] });
  });

  it("reports a syntax error with its line", async () => {
    const answer = await runOnce("def handler(event, context)\n  return 1\n");
    expect(answer.payload).toMatchObject({
      errorType: "Runtime.UserCodeSyntaxError",
      errorMessage: expect.stringMatching(/^Syntax error in module 'app': .*\(app.py, line 1\)$/),
      requestId: "",
      stackTrace: ['  File "/var/task/app.py" Line 1\n    def handler(event, context)\n'],
    });
  });

  it("reports what module code raised, import machinery included, and tries again next time", async () => {
    const version = await bench.version({ "app.py": 'raise Exception("Runtime startup fails")\n' });
    const answer = await bench.invoke(version);
    const { stackTrace, ...rest } = answer.payload as { stackTrace: string[] };
    expect(rest).toEqual({
      errorMessage: "Runtime startup fails",
      errorType: "Exception",
      requestId: "",
    });
    expect(stackTrace[0]).toMatch(
      /^ {2}File "\/var\/lang\/lib\/python3\.13\/importlib\/__init__\.py", line \d+, in import_module\n/,
    );
    expect(stackTrace.at(-1)).toBe(
      '  File "/var/task/app.py", line 1, in <module>\n    raise Exception("Runtime startup fails")\n',
    );
    expect(answer.initDurationMs).toBeUndefined();
    expect((await bench.invoke(version)).payload).toEqual(answer.payload);
  });

  it("reports a result that is no JSON", async () => {
    const answer = await runOnce("def handler(event, context):\n  return {1, 2}\n");
    expect(answer.payload).toEqual({
      errorMessage: "Unable to marshal response: Object of type set is not JSON serializable",
      errorType: "Runtime.MarshalError",
      requestId: answer.requestId,
      stackTrace: [],
    });
  });

  it("reports an event that is no JSON", async () => {
    const version = await bench.version({ "app.py": "def handler(event, context):\n  pass\n" });
    const answer = await bench.invoke(version, {}, { payload: Buffer.from("{nope") });
    expect(answer.payload).toMatchObject({
      errorType: "Runtime.UnmarshalError",
      errorMessage: expect.stringMatching(/^Unable to unmarshal input: /),
    });
  });

  it.each([
    ["sys.exit(0)", "Runtime exited without providing a reason"],
    ["exit(2)", "Runtime exited with error: exit status 2"],
    ["sys.exit(3)", "Runtime exited with error: exit status 3"],
    ["os.kill(os.getpid(), 11)", "Runtime exited with error: signal: segmentation fault"],
  ])("reports %s inside the handler and goes on with a new process", async (statement, text) => {
    const version = await bench.version({
      "app.py": `import os, sys\ndef handler(event, context):\n  if event.get('exit'):\n    ${statement}\n  return 'alive'\n`,
    });
    const answer = await bench.invoke(version, { exit: true });
    expect(answer.functionError).toBe("Unhandled");
    expect(answer.payload).toEqual({
      errorType: "Runtime.ExitError",
      errorMessage: `RequestId: ${answer.requestId} Error: ${text}`,
    });
    expect(answer.logTail).toContain(
      `RequestId: ${answer.requestId} Error: ${text}\nRuntime.ExitError\nEND`,
    );
    expect((await bench.invoke(version)).payload).toBe("alive");
  });

  it("reports an exit while the module is loaded", async () => {
    const answer = await runOnce("import sys\nsys.exit(0)\n");
    expect(answer.payload).toEqual({
      errorType: "Runtime.ExitError",
      errorMessage: `RequestId: ${answer.requestId} Error: Runtime exited without providing a reason`,
    });
  });
});

describe("logs", () => {
  it("are AWS's lines around the function's own", async () => {
    bench.logs.length = 0;
    const version = await bench.version({
      "app.py": [
        "import logging, os, subprocess, sys",
        "logging.getLogger().setLevel(logging.INFO)",
        "print('loading')",
        "def handler(event, context):",
        "  print('one\\ntwo')",
        "  print('to stderr', file=sys.stderr)",
        "  logging.info('first\\nsecond')",
        "  subprocess.run(['echo', 'from a child'])",
        "  os.write(1, b'no line feed')",
        "",
      ].join("\n"),
    });
    const { requestId: id, logTail } = await bench.invoke(version);
    const messages = messagesOf(bench);
    expect(messages).toEqual([
      expect.stringMatching(
        /^INIT_START Runtime Version: python:3\.13\.v\d+\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}\n$/,
      ),
      "loading\n",
      `START RequestId: ${id} Version: 3\n`,
      "one\n",
      "two\n",
      "to stderr\n",
      expect.stringMatching(
        new RegExp(
          `^\\[INFO\\]\\t\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z\\t${id}\\tfirst\\nsecond\\n$`,
        ),
      ),
      "from a child\n",
      "no line feed\n",
      `END RequestId: ${id}\n`,
      expect.stringMatching(
        new RegExp(
          `^REPORT RequestId: ${id}\\tDuration: \\d+\\.\\d\\d ms\\tBilled Duration: \\d+ ms\\tMemory Size: 128 MB\\t` +
            "Max Memory Used: \\d+ MB\\tInit Duration: \\d+\\.\\d\\d ms\\t\\n$",
        ),
      ),
    ]);
    expect(logTail).toBe(messages.slice(2).join(""));
    expect(new Set(bench.logs.map(({ group, stream }) => `${group} ${stream}`)).size).toBe(1);
    expect(bench.logs).toHaveLength(1);
  });

  it("show an error as one event with non-breaking spaces", async () => {
    bench.logs.length = 0;
    await runOnce("def handler(event, context):\n  raise ValueError('bad')\n");
    expect(messagesOf(bench)).toContain(
      "[ERROR] ValueError: bad\nTraceback (most recent call last):\n" +
        '\u00a0\u00a0File "/var/task/app.py", line 2, in handler\n' +
        "\u00a0\u00a0\u00a0\u00a0raise ValueError('bad')\n",
    );
  });

  it("show a failed init before START", async () => {
    bench.logs.length = 0;
    const version = await bench.version({ "app.py": "" }, { handler: "gone.handler" });
    const { requestId: id, logTail } = await bench.invoke(version);
    const messages = messagesOf(bench);
    expect(messages.map((message) => message.split(/[ \n]/)[0])).toEqual([
      "INIT_START",
      "[ERROR]",
      "INIT_REPORT",
      "START",
      "END",
      "REPORT",
    ]);
    expect(messages[2]).toMatch(
      /^INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: error\tError Type: Runtime\.ImportModuleError\n$/,
    );
    expect(messages[3]).toBe(`START RequestId: ${id} Version: 3\n`);
    expect(logTail).toContain("[ERROR] Runtime.ImportModuleError: Unable to import module 'gone'");
  });
});
