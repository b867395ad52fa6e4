// Protects what a Python function and its caller observe: events and answers, handler names, context
// and environment, as recorded from AWS. Real python3 processes, no stand-ins.
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findPython } from "../../../src/data-plane/function-workers/interpreters.ts";
import { ENDPOINT, type WorkerBench, workerBench } from "../../support/worker-cloud.ts";

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
    expect(bench.cloud.identities.signingKey(accessKeyId)).toMatchObject({ sessionToken: token });
    expect(bench.cloud.identities.identify(accessKeyId).caller).toMatchObject({
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
