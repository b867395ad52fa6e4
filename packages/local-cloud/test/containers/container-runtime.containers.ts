import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../../src/data-plane/tasks/containers/engine.ts";
import { LOADED_NAME } from "../../src/data-plane/tasks/containers/engine-images.ts";
import { findEngine } from "../../src/data-plane/tasks/containers/find-engine.ts";
import { chooseTaskRuntime } from "../../src/data-plane/tasks/choose-task-runtime.ts";
import type { TaskRuntime } from "../../src/data-plane/tasks/task-runtime.ts";
import { closeAfterEach, startContainer } from "../data-plane/tasks/container-bench.ts";
import { SERVER, taskRuntimeBehaviour } from "../data-plane/tasks/runtime-behaviour.ts";
import { type MachineBase, machineBase } from "../support/machine-base.ts";
import {
  type ImageSettings,
  imageOf,
  type LayerFiles,
  layerOf,
} from "../support/runnable-image.ts";

// Protects container tasks on a real engine: Docker or Podman must answer, or every test here fails.

const ENDPOINT = "http://127.0.0.1:4566";
const closeLater = closeAfterEach();
let base: MachineBase;

beforeAll(async () => {
  base = await machineBase();
});
afterAll(() => base.remove());

const open = (endpoint = ENDPOINT): Promise<TaskRuntime> => {
  const choice = chooseTaskRuntime({
    setting: "containers",
    scratchDirectory: "/nowhere",
    endpointUrl: () => endpoint,
  });
  return choice.runtime();
};
const imageWith = async (files: LayerFiles, settings: ImageSettings) =>
  imageOf([base, await layerOf(files)], settings);

describe("containers", () => {
  taskRuntimeBehaviour({ create: open, image: imageWith });
});

async function engineOf(): Promise<Engine> {
  const found = await findEngine(process.env);
  if (!("engine" in found)) throw new Error(`no engine answered at ${found.tried.join(", ")}`);
  return closeLater(found.engine);
}

describe("containers of an engine", () => {
  it("says which engine runs them", async () => {
    const runtime = closeLater(await open());
    expect(runtime.kind).toBe("containers");
    expect(runtime.description).toMatch(/^containers \(.+ at (unix|tcp):\/\/.+\)$/);
  });

  it("lets them reach the cloud's own endpoint, which listens on the loopback alone", async () => {
    const server = createServer((_request, response) => response.end("the cloud"));
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", () => resolve()));
    const address = server.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    const url = `http://127.0.0.1:${port}`;
    const runtime = closeLater(await open(url));
    const ask = `fetch(process.env.AWS_ENDPOINT_URL).then((answer) => answer.text()).then(console.log)`;
    const image = await imageWith({ "app/ask.js": ask }, { Cmd: ["node", "/app/ask.js"] });
    const container = await startContainer(runtime, image, {
      environment: { AWS_ENDPOINT_URL: runtime.endpointFor(url) },
    });
    await container.exited;
    server.close();
    expect(container.lines).toEqual([{ line: "the cloud", stream: "stdout" }]);
  });

  it("keeps a read-only root from being written to", async () => {
    const runtime = closeLater(await open());
    const write = `require("node:fs").writeFileSync("/app/x", "")`;
    const image = await imageWith({ "app/write.js": write }, { Cmd: ["node", "/app/write.js"] });
    const container = await startContainer(runtime, image, { readOnlyRoot: true });
    expect((await container.exited).exitCode).toBe(1);
    expect(container.lines.some(({ line }) => line.includes("EROFS"))).toBe(true);
  });

  it("ends what takes more memory than it may have, and says so", async () => {
    const runtime = closeLater(await open());
    const grow = `const all = []; for (;;) all.push(Buffer.alloc(16 * 1024 * 1024, 1));`;
    const image = await imageWith({ "app/grow.js": grow }, { Cmd: ["node", "/app/grow.js"] });
    const container = await startContainer(runtime, image, { memoryMiB: 128 });
    expect(await container.exited).toEqual({ exitCode: 137, isOutOfMemory: true });
  });

  it("takes an image that only the engine has by its name", async () => {
    const runtime = closeLater(await open());
    const image = await imageWith({ "a.js": "console.log('known')" }, { Cmd: ["node", "/a.js"] });
    await (
      await startContainer(runtime, image)
    ).exited;
    const reference = `${LOADED_NAME}:${image.digest.slice("sha256:".length)}`;
    const container = await startContainer(runtime, image, {
      image: { kind: "foreign", reference },
    });
    await container.exited;
    expect(container.lines).toEqual([{ line: "known", stream: "stdout" }]);
  });

  it("removes what a cloud has left that was killed, at the next start", async () => {
    const module = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
    const script = `
      import { chooseTaskRuntime } from ${module("../../src/data-plane/tasks/choose-task-runtime.ts")};
      import { imageOf, layerOf } from ${module("../support/runnable-image.ts")};
      import { machineBase } from ${module("../support/machine-base.ts")};
      const base = await machineBase();
      const layers = [base, await layerOf({ "a.js": "setInterval(() => {}, 1000);" })];
      const choice = chooseTaskRuntime({
        setting: "containers", scratchDirectory: "/nowhere", endpointUrl: () => "${ENDPOINT}",
      });
      const container = await (await choice.runtime()).start({
        id: "left", image: { kind: "stored", image: imageOf(layers, { Cmd: ["node", "/a.js"] }) },
        environment: {}, ports: [], readOnlyRoot: false, onLine() {},
      });
      await base.remove();
      console.log(container.runtimeId);`;
    const cloud = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [said] = await once(cloud.stdout, "data");
    cloud.kill("SIGKILL");
    await once(cloud, "exit");
    const engine = await engineOf();
    const path = `/containers/${String(said).trim()}/json`;
    expect((await engine.call({ method: "GET", path })).status).toBe(200);
    closeLater(await open());
    expect((await engine.call({ method: "GET", path })).status).toBe(404);
  });

  it("removes containers when they end, and everything when it closes", async () => {
    const runtime = await open();
    const image = await imageWith({ "app/server.js": SERVER }, { Cmd: ["node", "/app/server.js"] });
    const container = await startContainer(runtime, image, { ports: [8080] });
    await container.said("listening");
    const engine = await engineOf();
    const path = `/containers/${container.runtimeId}/json`;
    expect((await engine.call({ method: "GET", path })).status).toBe(200);
    await runtime.close();
    expect((await engine.call({ method: "GET", path })).status).toBe(404);
  });
});
