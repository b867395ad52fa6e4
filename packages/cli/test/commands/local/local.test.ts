// Protects `headgate local`: a cloud that starts, answers, and ends cleanly, also when told by a signal.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import {
  headgate,
  type Running,
  startHeadgate,
  temporaryFolder,
} from "../../support/command-line.ts";

const running: Running[] = [];
afterEach(async () => {
  for (const { child, finished } of running.splice(0)) {
    child.kill("SIGKILL");
    await finished;
  }
});

async function startCloud(...argv: readonly string[]) {
  const cloud = startHeadgate(["local", "start", "--port", "0", ...argv]);
  running.push(cloud);
  const line = await cloud.line(/^ready: /);
  const port = new URL(line.replace("ready: ", "")).port;
  return { cloud, port, url: `http://127.0.0.1:${port}` };
}

describe("a local cloud", () => {
  it("prints one line when it is ready, says who it is, and ends on SIGTERM", async () => {
    const { cloud, port, url } = await startCloud(
      "--account",
      "123456789012",
      "--region",
      "eu-west-1",
    );
    const status = await headgate(["local", "status", "--port", port, "--json"]);
    expect(JSON.parse(status.stdout)).toMatchObject({
      url,
      status: "ready",
      account: "123456789012",
      region: "eu-west-1",
      dataDir: null,
      clock: { kind: "real" },
      services: { lambda: "available", apigateway: "available" },
    });
    cloud.child.kill("SIGTERM");
    expect(await cloud.finished).toEqual({ exitCode: 0, stdout: `ready: ${url}\n`, stderr: "" });
  });

  it("ends when `local stop` says so", async () => {
    const { cloud, port } = await startCloud();
    const stop = await headgate(["local", "stop", "--port", port]);
    expect(stop).toMatchObject({ exitCode: 0, stderr: "" });
    expect((await cloud.finished).exitCode).toBe(0);
  });

  it("is found by AWS_ENDPOINT_URL too", async () => {
    const { url } = await startCloud();
    const status = await headgate(["local", "status"], { env: { AWS_ENDPOINT_URL: url } });
    expect(status).toMatchObject({ exitCode: 0 });
    expect(status.stdout).toContain(`running at ${url}`);
  });

  it("moves a virtual clock by command, and refuses to move a real one", async () => {
    const virtual = await startCloud("--clock", "virtual");
    const moved = await headgate(["local", "advance", "50h", "--port", virtual.port]);
    expect(moved).toMatchObject({ exitCode: 0 });
    expect(moved.stdout).toMatch(/^advanced by 50h; it is now \d{4}-/);
    const wrong = await headgate(["local", "advance", "soon", "--port", virtual.port]);
    expect(wrong.exitCode).toBe(20);
    expect(wrong.stderr).toContain('"by" is "soon"; it must be a time such as');
    const real = await startCloud();
    const refused = await headgate(["local", "advance", "5m", "--port", real.port]);
    expect(refused.exitCode).toBe(20);
    expect(refused.stderr).toContain("--clock virtual");
  });

  it("forgets everything on reset", async () => {
    const { port } = await startCloud();
    const reset = await headgate(["local", "reset", "--port", port, "--json"]);
    expect(JSON.parse(reset.stdout)).toMatchObject({ reset: true });
  });

  it("does nothing for a web page, which cannot send our header", async () => {
    const { url, cloud } = await startCloud();
    const answer = await fetch(`${url}/_headgate/stop`, { method: "POST" });
    expect(answer.status).toBe(403);
    expect(cloud.child.exitCode).toBeNull();
  });
});

describe("a cloud that cannot start", () => {
  it("says that the port is in use", async () => {
    const { port } = await startCloud();
    const second = await headgate(["local", "start", "--port", port]);
    expect(second.exitCode).toBe(20);
    expect(second.stderr).toContain(`port ${port} on 127.0.0.1 is in use`);
    expect(second.stderr).toContain("--port");
  });

  it("says that the data directory is another cloud's", async () => {
    const folder = temporaryFolder();
    await startCloud("--data-dir", folder.path);
    const second = await headgate(["local", "start", "--port", "0", "--data-dir", folder.path]);
    expect(second.exitCode).toBe(20);
    expect(second.stderr).toContain("If another local cloud uses it, stop that one");
    folder.remove();
  });

  it("says that the data directory cannot be written", async () => {
    const failed = await headgate([
      "local",
      "start",
      "--port",
      "0",
      "--data-dir",
      "/dev/null/cloud",
    ]);
    expect(failed.exitCode).toBe(20);
    expect(failed.stderr).toContain("cannot use the data directory /dev/null/cloud");
  });
});

describe("asking for a cloud that is not there", () => {
  it("says where it looked and how to start one", async () => {
    const status = await headgate(["local", "status", "--port", "1"]);
    expect(status.exitCode).toBe(20);
    expect(status.stderr).toContain("no local cloud answers at http://127.0.0.1:1");
    expect(status.stderr).toContain("headgate local start");
  });

  it("is not fooled by another server", async () => {
    const other = createServer((_request, response) => response.end("hello"));
    await new Promise<void>((resolve) => void other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const status = await headgate(["local", "status", "--port", String(port), "--json"]);
    other.close();
    expect(status.exitCode).toBe(20);
    expect(JSON.parse(status.stdout)).toMatchObject({ error: { code: "LOCAL_CLOUD" } });
  });
});
