// Protects what a Python function and its caller observe: handler names, context, environment, error
// documents and log lines, as recorded from AWS. Real python3 processes, no stand-ins.
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findPython } from "../../../src/data-plane/function-workers/interpreters.ts";
import { ENDPOINT, messagesOf, type WorkerBench, workerBench } from "../../support/worker-cloud.ts";

let bench: WorkerBench;
beforeAll(() => {
  bench = workerBench();
});
afterAll(() => bench.close());

const runOnce = async (code: string, event: unknown = {}) =>
  bench.invoke(await bench.version({ "app.py": code }), event);

describe("events and answers", () => {
  it("passes the event in and the handler's result out", async () => {
    const answer = await runOnce("def handler(event, context):\n  return {'got': event}\n", {
      é: [1],
    });
    expect(answer.payload).toEqual({ got: { é: [1] } });
    expect(answer.functionError).toBeUndefined();
    expect(answer.durationMs).toBeGreaterThan(0);
    expect(answer.maxMemoryMb).toBeGreaterThan(1);
  });

  it("answers null when the handler returns nothing", async () => {
    expect((await runOnce("def handler(event, context):\n  pass\n")).payload).toBeNull();
  });

  it("passes bytes through and writes a Decimal as a number", async () => {
    const bytes = await runOnce("def handler(event, context):\n  return b'{\"raw\": true}'\n");
    expect(bytes.payload).toEqual({ raw: true });
    const decimal = await runOnce(
      "from decimal import Decimal\ndef handler(event, context):\n  return [Decimal('3'), Decimal('1.5')]\n",
    );
    expect(decimal.payload).toEqual([3, 1.5]);
  });

  it("keeps module state between invocations and reports the init once", async () => {
    const version = await bench.version({
      "app.py":
        "calls = 0\ndef handler(event, context):\n  global calls\n  calls += 1\n  return calls\n",
    });
    const first = await bench.invoke(version);
    const second = await bench.invoke(version);
    expect([first.payload, second.payload]).toEqual([1, 2]);
    expect(first.initDurationMs).toBeGreaterThan(1);
    expect(second.initDurationMs).toBeUndefined();
  });
});

describe("handler names", () => {
  const body = "def handler(event, context):\n  return __name__\n";

  it.each([
    ["my-handler.handler", "my-handler.py", "my-handler"],
    ["src/app.handler", "src/app.py", "src.app"],
    ["src.app.handler", "src/app.py", "src.app"],
  ])("finds %s", async (handler, file, moduleName) => {
    const version = await bench.version({ [file]: body }, { handler });
    expect((await bench.invoke(version)).payload).toBe(moduleName);
  });

  it("imports modules that lie beside the handler", async () => {
    const version = await bench.version({
      "app.py": "from lib.words import WORD\ndef handler(event, context):\n  return WORD\n",
      "lib/words.py": "WORD = 'bundled'\n",
    });
    expect((await bench.invoke(version)).payload).toBe("bundled");
  });
});

describe("context", () => {
  it("describes the invocation", async () => {
    const version = await bench.version({
      "app.py": [
        "def handler(event, context):",
        "  return {",
        "    'id': context.aws_request_id, 'group': context.log_group_name, 'stream': context.log_stream_name,",
        "    'name': context.function_name, 'version': context.function_version,",
        "    'arn': context.invoked_function_arn, 'memory': context.memory_limit_in_mb,",
        "    'left': context.get_remaining_time_in_millis(),",
        "    'custom': context.client_context.custom, 'title': context.client_context.client.app_title,",
        "    'identity': context.identity.cognito_identity_id,",
        "  }",
        "",
      ].join("\n"),
    });
    const clientContext = JSON.stringify({ custom: { a: "b" }, client: { app_title: "shop" } });
    const answer = await bench.invoke(version, {}, { clientContext });
    expect(answer.payload).toEqual({
      id: answer.requestId,
      group: "/aws/lambda/orders",
      stream: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[3\][0-9a-f]{32}$/),
      name: "orders",
      version: "3",
      arn: "arn:aws:lambda:us-east-1:000000000000:function:orders:live",
      memory: "128",
      left: expect.any(Number),
      custom: { a: "b" },
      title: "shop",
      identity: null,
    });
    const { left } = answer.payload as { left: number };
    expect(left).toBeGreaterThan(9000);
    expect(left).toBeLessThanOrEqual(10_000);
  });

  it("says which context it could not read", async () => {
    const version = await bench.version({ "app.py": "def handler(event, context):\n  pass\n" });
    const answer = await bench.invoke(version, {}, { clientContext: "{" });
    expect(answer.payload).toMatchObject({
      errorType: "Runtime.LambdaContextUnmarshalError",
      errorMessage: expect.stringMatching(/^Unable to parse Client Context JSON: /),
    });
  });
});

describe("environment", () => {
  it("holds AWS's variables, the function's own and nothing of the cloud's process", async () => {
    const version = await bench.version(
      {
        "app.py":
          "import os\ndef handler(event, context):\n  return {'env': dict(os.environ), 'cwd': os.getcwd()}\n",
      },
      { environment: { TABLE: "orders", LANG: "C.UTF-8" } },
    );
    const { payload } = await bench.invoke(version);
    const { env, cwd } = payload as { env: Record<string, string>; cwd: string };
    // Python adds it by itself where the locale that LANG names is missing.
    delete env["LC_CTYPE"];
    expect(Object.keys(env).sort()).toEqual([
      "AWS_ACCESS_KEY_ID",
      "AWS_DEFAULT_REGION",
      "AWS_ENDPOINT_URL",
      "AWS_EXECUTION_ENV",
      "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
      "AWS_LAMBDA_FUNCTION_NAME",
      "AWS_LAMBDA_FUNCTION_VERSION",
      "AWS_LAMBDA_INITIALIZATION_TYPE",
      "AWS_LAMBDA_LOG_GROUP_NAME",
      "AWS_LAMBDA_LOG_STREAM_NAME",
      "AWS_LAMBDA_RUNTIME_API",
      "AWS_REGION",
      "AWS_SECRET_ACCESS_KEY",
      "AWS_SESSION_TOKEN",
      "AWS_XRAY_CONTEXT_MISSING",
      "AWS_XRAY_DAEMON_ADDRESS",
      "LAMBDA_RUNTIME_DIR",
      "LAMBDA_TASK_ROOT",
      "LANG",
      "LD_LIBRARY_PATH",
      "PATH",
      "PWD",
      "PYTHONPATH",
      "SHLVL",
      "TABLE",
      "TZ",
      "_AWS_XRAY_DAEMON_ADDRESS",
      "_AWS_XRAY_DAEMON_PORT",
      "_HANDLER",
      "_X_AMZN_TRACE_ID",
    ]);
    expect(env).toMatchObject({
      AWS_ENDPOINT_URL: ENDPOINT,
      AWS_EXECUTION_ENV: "AWS_Lambda_python3.13",
      AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
      AWS_REGION: "us-east-1",
      LANG: "C.UTF-8",
      LAMBDA_TASK_ROOT: cwd,
      PYTHONPATH: "/var/runtime",
      TABLE: "orders",
      TZ: ":UTC",
      _HANDLER: "app.handler",
      _X_AMZN_TRACE_ID: expect.stringMatching(
        /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/,
      ),
    });
  });

  it("gives a caller's trace id on", async () => {
    const version = await bench.version({
      "app.py":
        "import os\ndef handler(event, context):\n  return os.environ['_X_AMZN_TRACE_ID']\n",
    });
    const traceId = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
    expect((await bench.invoke(version, {}, { traceId })).payload).toBe(traceId);
  });

  it("carries the role's credentials, which the cloud recognises", async () => {
    const answer = await runOnce(
      "import os\ndef handler(event, context):\n  return [os.environ['AWS_ACCESS_KEY_ID'], os.environ['AWS_SESSION_TOKEN']]\n",
    );
    const [accessKeyId, token] = answer.payload as [string, string];
    expect(bench.cloud.identities.session(accessKeyId)).toMatchObject({
      sessionToken: token,
      arn: "arn:aws:sts::000000000000:assumed-role/orders-role/orders",
      userId: expect.stringMatching(/^AROA[0-9A-F]{16}:orders$/),
    });
  });

  it("finds boto3 exactly where this machine has it", async () => {
    const { executable } = await findPython("python3.13");
    const hasBoto3 = spawnSync(executable, ["-c", "import boto3"]).status === 0;
    const answer = await runOnce(
      "try:\n  import boto3\nexcept ImportError:\n  boto3 = None\ndef handler(event, context):\n  return boto3 is not None\n",
    );
    expect(answer.payload).toBe(hasBoto3);
  });

  it("hides packages that AWS does not ship", async () => {
    const answer = await runOnce("import pip\ndef handler(event, context):\n  return 'found'\n");
    expect(answer.payload).toMatchObject({ errorType: "Runtime.ImportModuleError" });
  });
});

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
