import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ProcessRuntime } from "../../../src/data-plane/tasks/processes/process-runtime.ts";
import { gone, isAlive } from "../../support/processes.ts";
import { imageOf, layerOf } from "../../support/runnable-image.ts";
import { closeAfterEach, startContainer } from "./container-bench.ts";
import { SERVER, taskRuntimeBehaviour } from "./runtime-behaviour.ts";

// Protects container tasks on machines without a container engine: programs of unpacked images, each with the
// ports of a container of its own, that end when the task or the cloud does.

const directories: string[] = [];
const closeLater = closeAfterEach();

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), "headgate-tasks-"));
  directories.push(directory);
  return directory;
}

function openRuntime(scratchDirectory = scratch()): ProcessRuntime {
  return closeLater(new ProcessRuntime({ scratchDirectory, reason: "a test asked for them" }));
}

afterEach(() => {
  for (const path of directories.splice(0)) rmSync(path, { recursive: true, force: true });
});

describe("local processes", () => {
  taskRuntimeBehaviour({
    create: async () => new ProcessRuntime({ scratchDirectory: scratch(), reason: "a test" }),
    image: async (files, settings) => imageOf([await layerOf(files)], settings),
  });
});

const PYTHON_SERVER = `
import http.server, socketserver, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"python")
    def log_message(self, *given):
        pass

print("listening", flush=True)
http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever()
`;

describe("the ports of a process", () => {
  it("moves what a Python program listens on and connects to", async () => {
    const runtime = openRuntime();
    const image = imageOf([await layerOf({ "srv/app.py": PYTHON_SERVER })], {
      Cmd: ["python3", "app.py"],
      WorkingDir: "/srv",
    });
    const one = await startContainer(runtime, image, { ports: [8000] });
    const other = await startContainer(runtime, image, { ports: [8000] });
    await Promise.all([one.said("listening"), other.said("listening")]);
    const ask = "import urllib.request as u; print(u.urlopen('http://localhost:8000/').read())";
    const answered = await one.execute(["python3", "-c", ask], 20_000);
    expect(answered).toEqual({ exitCode: 0, output: "b'python'\n" });
    expect(await other.get(8000)).toBe("python");
  });

  it("moves an asyncio server for all addresses, whose IPv6 half stands beside", async () => {
    const runtime = openRuntime();
    const program = `
import asyncio
async def main():
    async def hello(reader, writer):
        await reader.readuntil(b"\\r\\n\\r\\n")
        writer.write(b"HTTP/1.0 200 OK\\r\\n\\r\\nasync")
        await writer.drain()
        writer.close()
    server = await asyncio.start_server(hello, None, 8000)
    print("listening", flush=True)
    await server.serve_forever()
asyncio.run(main())`;
    const image = imageOf([await layerOf({ "app.py": program })], { Cmd: ["python3", "/app.py"] });
    const container = await startContainer(runtime, image, { ports: [8000] });
    await container.said("listening");
    expect(await container.get(8000)).toBe("async");
  });

  it.each([
    ["a host", `server.listen(8080, "::")`],
    ["a text for the port", `server.listen("8080")`],
    ["options", `server.listen({ port: 8080, host: "127.0.0.1" })`],
    ["no host and a callback", `server.listen(8080, () => {})`],
    ["an undefined host", `server.listen(8080, undefined, () => {})`],
  ])("moves a Node.js server given %s", async (_what, listen) => {
    const runtime = openRuntime();
    const program = `
      const server = require("node:http").createServer((_request, response) => response.end("node"));
      server.on("listening", () => console.log("listening"));
      ${listen};`;
    const image = imageOf([await layerOf({ "app/a.js": program })], { Cmd: ["node", "/app/a.js"] });
    const container = await startContainer(runtime, image, { ports: [8080] });
    await container.said("listening");
    expect(await container.get(8080)).toBe("node");
  });

  it("gives PORT, and leads a PORT of the task's own to where it is", async () => {
    const runtime = openRuntime();
    const image = imageOf([await layerOf({ "app/a": "" })], {
      Cmd: ["node", "-p", "process.env.PORT"],
    });
    const printed = async (environment: Record<string, string>) => {
      const container = await startContainer(runtime, image, { environment, ports: [8080] });
      await container.exited;
      const { line } = container.lines[0] ?? {};
      return { line, given: String(container.addresses.get(8080)?.port) };
    };
    const unasked = await printed({});
    expect(unasked.line).toBe(unasked.given);
    const asked = await printed({ PORT: "8080" });
    expect(asked.line).toBe(asked.given);
    expect((await printed({ PORT: "unix" })).line).toBe("unix");
  });

  it("leads curl to the container's port in a health command", async () => {
    const runtime = openRuntime();
    const image = imageOf([await layerOf({ "app/server.js": SERVER })], {
      Cmd: ["node", "/app/server.js"],
      Env: ["NAME=checked"],
    });
    const container = await startContainer(runtime, image, { ports: [8080] });
    await container.said("listening");
    const command = ["CMD-SHELL", "curl -sf http://localhost:8080/health || exit 1"];
    expect(await container.execute(command, 20_000)).toEqual({
      exitCode: 0,
      output: "hello from checked\n",
    });
  });
});

describe("the program of a process", () => {
  it("runs the image's script by the interpreter that its first line names", async () => {
    const runtime = openRuntime();
    const script =
      "#!/usr/local/bin/node\nconsole.log(process.argv.slice(2).join(), __dirname.endsWith('/bin'))";
    const image = imageOf([await layerOf({ "usr/local/bin/tool": script })], {
      Entrypoint: ["tool"],
      Cmd: ["one", "two"],
    });
    const container = await startContainer(runtime, image);
    await container.exited;
    expect(container.lines).toEqual([{ line: "one,two true", stream: "stdout" }]);
  });

  it("runs node by name from a shell, on paths of the image", async () => {
    const runtime = openRuntime();
    const image = imageOf([await layerOf({ "app/say.js": "console.log(process.version)" })], {
      Cmd: ["/bin/sh", "-c", "cd /app && exec /usr/local/bin/node '/app/say.js'"],
    });
    const container = await startContainer(runtime, image);
    expect((await container.exited).exitCode).toBe(0);
    expect(container.lines).toEqual([{ line: process.version, stream: "stdout" }]);
  });

  it("says of a program that is nowhere what was looked for", async () => {
    const runtime = openRuntime();
    const image = imageOf([await layerOf({ "app/a": "" })], { Cmd: ["/app/no-such-program"] });
    const started = startContainer(runtime, image);
    await expect(started).rejects.toMatchObject({
      reason: "CannotStartContainerError",
      message: expect.stringContaining("/app/no-such-program"),
    });
  });

  it("tells an unhandled SIGTERM as 143", async () => {
    const runtime = openRuntime();
    const program = `setInterval(() => {}, 1000); console.log("up");`;
    const image = imageOf([await layerOf({ "a.js": program })], { Cmd: ["node", "/a.js"] });
    const container = await startContainer(runtime, image);
    await container.said("up");
    expect((await container.stop(20_000)).exitCode).toBe(143);
  });
});

describe("the files of a process", () => {
  const WRITER = `
    const { appendFileSync, readFileSync } = require("node:fs");
    appendFileSync("count.txt", "x");
    console.log(readFileSync("count.txt", "utf8"));`;

  it("gives each container a copy of its own", async () => {
    const runtime = openRuntime();
    const image = imageOf([await layerOf({ "app/write.js": WRITER })], {
      Cmd: ["node", "write.js"],
      WorkingDir: "/app",
    });
    for (const _time of [1, 2]) {
      const container = await startContainer(runtime, image);
      await container.exited;
      expect(container.lines).toEqual([{ line: "x", stream: "stdout" }]);
    }
  });
});

describe("the end of a process", () => {
  it("ends what the program has started, and leaves no files of it", async () => {
    const directory = scratch();
    const runtime = openRuntime(directory);
    const program = `
      const { spawn } = require("node:child_process");
      const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
      console.log(child.pid);
      process.on("SIGTERM", () => process.exit(0));
      setInterval(() => {}, 1000);`;
    const image = imageOf([await layerOf({ "a.js": program })], { Cmd: ["node", "/a.js"] });
    const container = await startContainer(runtime, image);
    await container.said(/^\d+$/);
    await container.stop(20_000);
    await gone(Number(container.lines[0]?.line));
    expect(readdirSync(join(directory, "tasks/containers"))).toEqual([]);
  });

  it("ends everything when the cloud is killed", async () => {
    const module = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
    const script = `
      import { ProcessRuntime } from ${module("../../../src/data-plane/tasks/processes/process-runtime.ts")};
      import { imageOf, layerOf } from ${module("../../support/runnable-image.ts")};
      const program = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);';
      const image = imageOf([await layerOf({ "a.js": program })], { Cmd: ["node", "/a.js"] });
      const runtime = new ProcessRuntime({ scratchDirectory: process.argv[1], reason: "a test" });
      const container = await runtime.start({
        id: "a", image: { kind: "stored", image }, environment: {}, ports: [], onLine() {},
      });
      console.log(container.runtimeId);`;
    const cloud = spawn(process.execPath, ["--input-type=module", "-e", script, scratch()], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [said] = await once(cloud.stdout, "data");
    const container = Number(String(said));
    expect(isAlive(container)).toBe(true);
    cloud.kill("SIGKILL");
    await gone(container);
  });

  it("ends everything when the runtime closes", async () => {
    const directory = scratch();
    const runtime = openRuntime(directory);
    const program = `process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up");`;
    const image = imageOf([await layerOf({ "a.js": program })], { Cmd: ["node", "/a.js"] });
    const container = await startContainer(runtime, image);
    await container.said("up");
    await runtime.close();
    await gone(Number(container.runtimeId));
    expect(readdirSync(directory)).toEqual([]);
  });
});
