import { expect, it } from "vitest";
import {
  LaunchError,
  type RunnableImage,
  type TaskRuntime,
} from "../../../src/data-plane/tasks/task-runtime.ts";
import type { ImageSettings, LayerFiles } from "../../support/runnable-image.ts";
import { closeAfterEach, startContainer } from "./container-bench.ts";

export interface RuntimeUnderTest {
  create(): Promise<TaskRuntime>;
  /** An image with these files in which `node` and `/bin/sh` can be run. */
  image(files: LayerFiles, settings: ImageSettings): Promise<RunnableImage>;
}

/** Listens on 8080 wherever it runs, and answers what it is asked for. */
export const SERVER = `
const http = require("node:http");
const server = http.createServer((request, response) => {
  response.end(request.url === "/env" ? JSON.stringify(process.env) : "hello from " + process.env.NAME);
});
server.listen(8080, "0.0.0.0", () => console.log("listening"));
process.on("SIGTERM", () => { console.log("asked to end"); process.exit(3); });
`;

const WEB: ImageSettings = { Cmd: ["node", "server.js"], WorkingDir: "/app", Env: ["NAME=image"] };

/** What every task runtime does; each is held to it. */
export function taskRuntimeBehaviour({ create, image }: RuntimeUnderTest): void {
  const closeLater = closeAfterEach();
  const open = async () => closeLater(await create());

  it("runs two containers that listen on the same port, each at an address of its own", async () => {
    const runtime = await open();
    const web = await image({ "app/server.js": SERVER }, WEB);
    const start = (NAME: string) =>
      startContainer(runtime, web, { environment: { NAME }, ports: [8080] });
    const [one, other] = await Promise.all([start("one"), start("other")]);
    await Promise.all([one.said("listening"), other.said("listening")]);
    expect(await one.get(8080)).toBe("hello from one");
    expect(await other.get(8080)).toBe("hello from other");
    expect(one.addresses.get(8080)?.host).toBe("127.0.0.1");
  });

  it("gives the image's environment, the task's over it, and nothing of the cloud's own", async () => {
    process.env["SECRET_OF_THE_CLOUD"] = "secret";
    const runtime = await open();
    const web = await image({ "app/server.js": SERVER }, { ...WEB, Env: ["NAME=image", "A=1"] });
    const container = await startContainer(runtime, web, {
      environment: { NAME: "task" },
      ports: [8080],
    });
    await container.said("listening");
    const environment: unknown = JSON.parse(await container.get(8080, "/env"));
    expect(environment).toMatchObject({ NAME: "task", A: "1" });
    expect(environment).not.toHaveProperty("SECRET_OF_THE_CLOUD");
    delete process.env["SECRET_OF_THE_CLOUD"];
  });

  it("asks with SIGTERM first and tells the program's own exit code", async () => {
    const runtime = await open();
    const web = await image({ "app/server.js": SERVER }, WEB);
    const container = await startContainer(runtime, web, { ports: [8080] });
    await container.said("listening");
    expect(await container.stop(20_000)).toEqual({ exitCode: 3, isOutOfMemory: false });
    expect(await container.exited).toEqual({ exitCode: 3, isOutOfMemory: false });
    expect(container.lines.at(-1)).toEqual({ line: "asked to end", stream: "stdout" });
    expect(await container.usage()).toBeUndefined();
  });

  it("kills what does not listen to SIGTERM, which is 137", async () => {
    const runtime = await open();
    const deaf = `process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up");`;
    const container = await startContainer(
      runtime,
      await image({ "app/deaf.js": deaf }, { Cmd: ["node", "/app/deaf.js"] }),
    );
    await container.said("up");
    expect((await container.stop(0)).exitCode).toBe(137);
  });

  it("delivers lines of both streams, a long one in parts and the last one without its end", async () => {
    const runtime = await open();
    const talk = `console.log("x".repeat(300_000)); console.error("wrong"); process.stdout.write("no end");`;
    const container = await startContainer(
      runtime,
      await image({ "app/talk.js": talk }, { Entrypoint: ["node"], Cmd: ["/app/talk.js"] }),
    );
    expect((await container.exited).exitCode).toBe(0);
    const out = container.lines.filter(({ stream }) => stream === "stdout");
    expect(out.map(({ line }) => line.length)).toEqual([262_118, 300_000 - 262_118, 6]);
    expect(out.at(-1)?.line).toBe("no end");
    expect(container.lines.filter(({ stream }) => stream === "stderr")).toEqual([
      { line: "wrong", stream: "stderr" },
    ]);
  });

  it("takes the task's entry point without the image's command, in the task's folder", async () => {
    const runtime = await open();
    const web = await image({ "data/said.txt": "from the folder" }, WEB);
    const container = await startContainer(runtime, web, {
      entryPoint: ["node", "-p", `require("node:fs").readFileSync("said.txt", "utf8")`],
      workingDirectory: "/data",
    });
    await container.exited;
    expect(container.lines).toEqual([{ line: "from the folder", stream: "stdout" }]);
  });

  it("runs health commands inside, and says of a slow one that it was too slow", async () => {
    const runtime = await open();
    const check = `fetch("http://localhost:8080/").then((answer) => answer.text()).then((text) => { console.log(text); process.exit(text.endsWith("one") ? 0 : 1); });`;
    const web = await image({ "app/server.js": SERVER, "app/check.js": check }, WEB);
    const container = await startContainer(runtime, web, {
      environment: { NAME: "one" },
      ports: [8080],
    });
    await container.said("listening");
    const execute = (...command: string[]) => container.execute(command, 20_000);
    expect(await execute("CMD", "node", "check.js")).toEqual({
      exitCode: 0,
      output: expect.stringContaining("hello from one"),
    });
    const shell = await execute("CMD-SHELL", "node /app/check.js || exit 1; exit 7");
    expect(shell.exitCode).toBe(7);
    expect((await execute("CMD-SHELL", "exit 4")).exitCode).toBe(4);
    const slow = await container.execute(["CMD", "node", "-e", "setInterval(() => {}, 1000)"], 300);
    expect(slow.exitCode).toBeUndefined();
    expect(await container.usage()).toMatchObject({
      memoryBytes: expect.any(Number),
      cpuMs: expect.any(Number),
    });
  });

  it("lets the containers of a task reach each other on localhost", async () => {
    const runtime = await open();
    const ask = `
        fetch("http://localhost:8080/").then((answer) => answer.text()).then(console.log);
        require("node:http").createServer((_request, response) => response.end("second")).listen(9090);`;
    const web = await image({ "app/server.js": SERVER, "app/ask.js": ask }, WEB);
    const id = `${process.pid}-first`;
    const environment = { NAME: "the first" };
    const first = await startContainer(runtime, web, {
      id,
      environment,
      ports: [8080],
      siblingPorts: [9090],
    });
    await first.said("listening");
    const second = await startContainer(runtime, web, {
      command: ["node", "ask.js"],
      ports: [9090],
      sharesNetworkWith: id,
    });
    await second.said("hello from the first");
    expect(await second.get(9090)).toBe("second");
    const back = await first.execute(
      [
        "node",
        "-e",
        `fetch("http://127.0.0.1:9090").then((answer) => answer.text()).then(console.log)`,
      ],
      20_000,
    );
    expect(back.output).toContain("second");
  });

  it("says CannotPullContainerError of an image that is nowhere", async () => {
    const runtime = await open();
    const web = await image({ "app/server.js": SERVER }, WEB);
    const reference = "127.0.0.1:1/nowhere/web:1";
    const started = startContainer(runtime, web, { image: { kind: "foreign", reference } });
    await expect(started).rejects.toThrow(LaunchError);
    await expect(started).rejects.toMatchObject({ reason: "CannotPullContainerError" });
  });
}
