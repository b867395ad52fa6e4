// Protects the Lambda Runtime API that custom runtimes poll: every route, every refusal, and the endings that
// only the platform sees. The bootstraps are real executables from the zip, in Python and in shell.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FunctionVersion } from "../../../src/data-plane/function-workers/function-workers.ts";
import { RESPONSE_BYTES_MAX } from "../../../src/data-plane/function-workers/limits.ts";
import { messagesOf, type WorkerBench, workerBench } from "../../support/worker-cloud.ts";

let bench: WorkerBench;
beforeAll(() => {
  bench = workerBench();
});
afterAll(() => bench.close());

const customVersion = (bootstrap: string, overrides: Partial<FunctionVersion> = {}) =>
  bench.version(
    { bootstrap: { text: bootstrap, mode: 0o755 } },
    { runtime: "provided.al2023", handler: "function.handler", ...overrides },
  );

/** A runtime whose `answer(event, headers, post)` is the given Python. */
const runtimeOf = (answer: string, init = "pass") => `#!/usr/bin/env python3
import json, os, sys, urllib.error, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/"

def post(path, body, headers={}):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(api + path, data, headers)) as response:
            return [response.status, json.load(response)]
    except urllib.error.HTTPError as error:
        return [error.code, json.load(error)]

${init}
while True:
    with urllib.request.urlopen(api + "invocation/next") as response:
        headers, event = response.headers, json.load(response)
    request_id = headers["Lambda-Runtime-Aws-Request-Id"]
${answer
  .split("\n")
  .map((line) => `    ${line}`)
  .join("\n")}
`;

describe("a custom runtime", () => {
  it("gets events with their headers and answers them", async () => {
    const version = await customVersion(
      runtimeOf(
        "answer = {'event': event, 'headers': {k.lower(): v for k, v in headers.items()}, 'env': dict(os.environ)}\npost('invocation/' + request_id + '/response', answer)",
      ),
    );
    const clientContext = '{"custom":{}}';
    const answer = await bench.invoke(version, { a: 1 }, { clientContext });
    const { event, headers, env } = answer.payload as Record<string, Record<string, string>>;
    expect(event).toEqual({ a: 1 });
    expect(headers).toMatchObject({
      "lambda-runtime-aws-request-id": answer.requestId,
      "lambda-runtime-invoked-function-arn":
        "arn:aws:lambda:us-east-1:000000000000:function:orders:live",
      "lambda-runtime-trace-id": expect.stringMatching(/^Root=1-/),
      "lambda-runtime-client-context": clientContext,
      "lambda-runtime-deadline-ms": expect.stringMatching(/^\d{13}$/),
    });
    expect(env).toMatchObject({ _HANDLER: "function.handler", LAMBDA_TASK_ROOT: env?.["PWD"] });
    expect(env).not.toHaveProperty("AWS_EXECUTION_ENV");
    expect((await bench.invoke(version)).initDurationMs).toBeUndefined();
  });

  it("may be a shell script, which starts in the function's folder", async () => {
    const answer = "post('invocation/' + request_id + '/response', sys.argv[1:])";
    const version = await bench.version(
      {
        bootstrap: {
          text: '#!/bin/sh\necho "starting $_HANDLER" >&2\nexec python3 ./runtime.py "$PWD"\n',
          mode: 0o755,
        },
        "runtime.py": runtimeOf(answer),
      },
      { runtime: "provided.al2023", handler: "function.handler" },
    );
    bench.logs.length = 0;
    expect((await bench.invoke(version)).payload).toEqual([
      expect.stringContaining(version.codeSha256),
    ]);
    expect(messagesOf(bench)[1]).toBe("starting function.handler\n");
  });

  it("reports an invocation's error in its own words", async () => {
    const version = await customVersion(
      runtimeOf(
        "post('invocation/' + request_id + '/error', {'errorMessage': 'bad', 'errorType': 'My.Error', 'stackTrace': ['x']})",
      ),
    );
    const answer = await bench.invoke(version);
    expect(answer.functionError).toBe("Unhandled");
    expect(answer.payload).toEqual({
      errorMessage: "bad",
      errorType: "My.Error",
      stackTrace: ["x"],
    });
  });

  it("reports a failed init", async () => {
    bench.logs.length = 0;
    const version = await customVersion(
      runtimeOf(
        "pass",
        "post('init/error', {'errorMessage': 'no config', 'errorType': 'My.Init'}, {'Lambda-Runtime-Function-Error-Type': 'My.Init'})\nsys.exit(1)",
      ),
    );
    const answer = await bench.invoke(version);
    expect(answer.functionError).toBe("Unhandled");
    expect(answer.payload).toEqual({ errorMessage: "no config", errorType: "My.Init" });
    expect(messagesOf(bench).some((line) => line.endsWith("Error Type: My.Init\n"))).toBe(true);
  });

  it("is refused answers that fit no invocation", async () => {
    const version = await customVersion(
      runtimeOf(
        [
          "refusals = [post('invocation/other/response', 1), post('init/error', {}), post('nothing', {})]",
          "if event: refusals = event",
          "accepted = post('invocation/' + request_id + '/response', refusals)",
          "again = post('invocation/' + request_id + '/response', 1)",
          "print(json.dumps([accepted, again]), flush=True)",
        ].join("\n"),
      ),
    );
    const answer = await bench.invoke(version, []);
    const refusals = answer.payload as [number, { errorType: string }][];
    expect(refusals.map(([status, { errorType }]) => [status, errorType])).toEqual([
      [400, "InvalidRequestID"],
      [403, "InvalidStateTransition"],
      [404, "Not Found"],
    ]);
    const { logTail } = await bench.invoke(version, [1]);
    const printed = messagesOf(bench).find((line) => line.startsWith("[[202"));
    expect(JSON.parse(printed ?? "")).toEqual([
      [202, { status: "OK" }],
      [403, expect.objectContaining({ errorType: "InvalidStateTransition" })],
    ]);
    expect(logTail).toContain("REPORT");
  });

  it("may answer 6 MB and no more", async () => {
    const version = await customVersion(
      runtimeOf(
        "print(post('invocation/' + request_id + '/response', b'\"' + b'x' * event + b'\"')[0], flush=True)",
      ),
    );
    const most = await bench.invoke(version, RESPONSE_BYTES_MAX - 2);
    expect(most.payload).toHaveLength(RESPONSE_BYTES_MAX - 2);
    const over = await bench.invoke(version, RESPONSE_BYTES_MAX - 1);
    expect(over.payload).toMatchObject({ errorType: "Function.ResponseSizeTooLarge" });
  });

  it("is ended when it takes too long", async () => {
    const version = await customVersion(runtimeOf("while True: pass"), { timeoutSeconds: 1 });
    expect((await bench.invoke(version)).payload).toMatchObject({ errorType: "Sandbox.Timedout" });
  });

  it.each([
    ["sys.exit(0)", "Runtime exited without providing a reason"],
    ["sys.exit(4)", "Runtime exited with error: exit status 4"],
  ])("that does %s is reported", async (statement, text) => {
    const answer = await bench.invoke(await customVersion(runtimeOf(statement)));
    expect(answer.payload).toEqual({
      errorType: "Runtime.ExitError",
      errorMessage: `RequestId: ${answer.requestId} Error: ${text}`,
    });
  });

  it("must be in the zip and executable", async () => {
    const provided = { runtime: "provided.al2023" };
    const none = await bench.invoke(await bench.version({ "readme.txt": "" }, provided));
    expect(none.payload).toEqual({
      errorType: "Runtime.InvalidEntrypoint",
      errorMessage: `RequestId: ${none.requestId} Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]`,
    });
    const plain = await bench.invoke(await bench.version({ bootstrap: "#!/bin/sh\n" }, provided));
    expect(plain.payload).toMatchObject({
      errorMessage: expect.stringContaining("fork/exec /var/task/bootstrap: permission denied"),
    });
  });
});
