import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  chooseTaskRuntime,
  TaskRuntimeUnavailableError,
} from "../../../src/data-plane/tasks/choose-task-runtime.ts";
import { closeAfterEach } from "./container-bench.ts";

// Protects the choice of what runs tasks: nothing is looked for before the first task, the setting decides, and
// a choice that this machine cannot have is refused in words that say what to do.

const closeLater = closeAfterEach();
let directory: string;
let socket: string;
/** The paths that the engine was asked for. */
let asked: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "headgate-choice-"));
  socket = join(directory, "docker.sock");
  asked = [];
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const choose = (setting: string | undefined) =>
  closeLater(
    chooseTaskRuntime({
      setting,
      scratchDirectory: directory,
      endpointUrl: () => "http://127.0.0.1:4566",
      environment: { DOCKER_HOST: `unix://${socket}` },
    }),
  );

/** The part of an engine's API that is asked before the first task. */
async function startEngine(): Promise<void> {
  const engine = createServer((request, response) => {
    asked.push(request.url ?? "");
    const version = { Version: "1.2.3", Components: [{ Name: "Test Engine" }] };
    response.end(JSON.stringify(request.url === "/version" ? version : []));
  });
  await new Promise<void>((resolve) => void engine.listen(socket, () => resolve()));
  closeLater({
    close: () =>
      new Promise((resolve) => {
        engine.close(() => resolve());
        engine.closeAllConnections();
      }),
  });
}

describe("the choice of a task runtime", () => {
  it("takes containers when an engine answers, and asks it nothing before the first task", async () => {
    await startEngine();
    const choice = choose(undefined);
    expect(asked).toEqual([]);
    const runtime = await choice.runtime();
    expect(runtime.kind).toBe("containers");
    expect(runtime.description).toBe(`containers (Test Engine 1.2.3 at unix://${socket})`);
    expect(await choice.runtime()).toBe(runtime);
  });

  it("takes local processes when none does", async () => {
    const runtime = await choose(undefined).runtime();
    expect(runtime.description).toBe("local processes (no container engine answered)");
    expect(runtime.endpointFor("http://127.0.0.1:4566")).toBe("http://127.0.0.1:4566");
  });

  it("takes local processes without a look at the engine when the setting asks for them", async () => {
    await startEngine();
    const runtime = await choose("processes").runtime();
    expect(runtime.description).toBe("local processes (HEADGATE_TASKS asks for them)");
    expect(asked).toEqual([]);
  });

  it("refuses containers where there is no engine, says where it looked, and looks again next time", async () => {
    const choice = choose("containers");
    await expect(choice.runtime()).rejects.toThrow(TaskRuntimeUnavailableError);
    await expect(choice.runtime()).rejects.toThrow(`unix://${socket}; start Docker or Podman`);
    await startEngine();
    expect((await choice.runtime()).kind).toBe("containers");
  });

  it("refuses a setting that means nothing", async () => {
    await expect(choose("docker").runtime()).rejects.toThrow(
      'HEADGATE_TASKS is "docker"; it can be containers or processes',
    );
  });

  it("starts nothing after it was closed", async () => {
    const choice = choose("processes");
    await choice.close();
    await expect(choice.runtime()).rejects.toThrow(TaskRuntimeUnavailableError);
  });
});
