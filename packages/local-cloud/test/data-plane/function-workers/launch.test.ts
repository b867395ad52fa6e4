// Protects how a worker is started: its code, its AWS SDK, its wrapper script, and what this machine cannot run.
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openBenches, PID } from "../../support/worker-benches.ts";

const startBench = openBenches();

describe("calls of the AWS SDK", () => {
  /** An STS that remembers who called. */
  async function startSts() {
    const callers: string[] = [];
    const server = createServer((request, response) => {
      callers.push(/Credential=([^/]+)/.exec(request.headers.authorization ?? "")?.[1] ?? "");
      response.setHeader("content-type", "text/xml");
      response.end(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>000000000000</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    return { endpoint: `http://127.0.0.1:${port}`, callers, close: () => server.close() };
  }

  const CODE = {
    "index.mjs": [
      "import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';",
      "const client = new STSClient();",
      "export const handler = async () => (await client.send(new GetCallerIdentityCommand())).Account;",
    ].join("\n"),
  };

  it("reach the cloud with the role's credentials", async () => {
    const sts = await startSts();
    const bench = startBench({ endpoint: sts.endpoint });
    const version = await bench.version(CODE, { runtime: "nodejs24.x", handler: "index.handler" });
    expect((await bench.invoke(version)).payload).toBe("000000000000");
    sts.close();
    expect(sts.callers).toHaveLength(1);
    expect(bench.cloud.identities.identify(sts.callers[0] ?? "").caller.arn).toBe(
      "arn:aws:sts::000000000000:assumed-role/orders-role/orders",
    );
  });
});

describe("what cannot run", () => {
  it("is the function's failure, with a reason", async () => {
    const bench = startBench();
    const version = await bench.version({ "App.class": "" }, { runtime: "java21" });
    const answer = await bench.invoke(version);
    expect(answer.functionError).toBe("Unhandled");
    expect(answer.payload).toEqual({
      errorType: "Runtime.InvalidEntrypoint",
      errorMessage: `RequestId: ${answer.requestId} Error: the local cloud cannot run java21 (it runs python3.*, nodejs*.x and provided.*)`,
    });
    expect(answer.logTail).toContain("the local cloud cannot run java21");
  });

  it("is a wrapper script that is not there, as on AWS", async () => {
    const bench = startBench();
    const version = await bench.version(
      { "app.py": PID },
      { environment: { AWS_LAMBDA_EXEC_WRAPPER: "/var/task/missing" } },
    );
    const answer = await bench.invoke(version);
    expect(answer.payload).toEqual({
      errorType: "Runtime.ExitError",
      errorMessage: `RequestId: ${answer.requestId} Error: Runtime exited with error: exit status 127`,
    });
  });

  it("does not keep a wrapper script from running what can", async () => {
    const bench = startBench();
    const version = await bench.version(
      {
        "app.py": "import os\ndef handler(event, context):\n  return os.environ['WRAPPED']\n",
        wrapper: { text: '#!/bin/sh\nexport WRAPPED=yes\nexec "$@"\n', mode: 0o755 },
      },
      { environment: { AWS_LAMBDA_EXEC_WRAPPER: "/var/task/wrapper" } },
    );
    expect((await bench.invoke(version)).payload).toBe("yes");
  });
});

describe("unpacked code", () => {
  it("is shared by versions with the same zip", async () => {
    const bench = startBench();
    const code = "import os\ndef handler(event, context):\n  return os.getcwd()\n";
    const first = await bench.version({ "app.py": code });
    const second = { ...first, key: "second" };
    await bench.workers.unpack(first.codeSha256);
    const answers = await Promise.all([bench.invoke(first), bench.invoke(second)]);
    expect(answers[0]?.payload).toBe(answers[1]?.payload);
    expect(answers[0]?.payload).toContain(first.codeSha256);
    expect(existsSync(answers[0]?.payload as string)).toBe(true);
  });

  it("is whole when the workers are closed: nothing writes into the folder any more", async () => {
    const bench = startBench();
    const version = await bench.version({ "app.py": PID, "data.bin": "x".repeat(5_000_000) });
    const unpacking = bench.workers.unpack(version.codeSha256);
    await bench.workers.close();
    const folder = join(bench.cloud.options.scratchDirectory, "functions", version.codeSha256);
    expect(existsSync(join(folder, "data.bin"))).toBe(true);
    await unpacking;
  });
});
