import { request } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, expect, vi } from "vitest";
import type {
  ContainerLaunch,
  RunnableImage,
  RunningContainer,
  TaskRuntime,
} from "../../../src/data-plane/tasks/task-runtime.ts";

/** A container under test and what it has said. */
export interface StartedContainer extends RunningContainer {
  readonly lines: readonly { readonly line: string; readonly stream: "stdout" | "stderr" }[];
  /** Waits until it has said this line. */
  said(line: string | RegExp): Promise<void>;
  /** GETs a path from one of its ports. */
  get(port: number, path?: string): Promise<string>;
}

let count = 0;

/** Starts a container of an image; what is not given is as a task definition leaves it. */
export async function startContainer(
  runtime: TaskRuntime,
  image: RunnableImage,
  overrides: Partial<ContainerLaunch> = {},
): Promise<StartedContainer> {
  const lines: { line: string; stream: "stdout" | "stderr" }[] = [];
  const container = await runtime.start({
    id: `${process.pid}-web-${++count}`,
    image: { kind: "stored", image },
    entryPoint: undefined,
    command: undefined,
    workingDirectory: undefined,
    user: undefined,
    environment: {},
    ports: [],
    sharesNetworkWith: undefined,
    cpuUnits: undefined,
    memoryMiB: undefined,
    readOnlyRoot: false,
    onLine: (line, stream) => void lines.push({ line, stream }),
    ...overrides,
  });
  return {
    ...container,
    lines,
    async said(wanted) {
      const look = () => {
        const found = lines.some(({ line }) =>
          typeof wanted === "string" ? line === wanted : wanted.test(line),
        );
        expect(found, `${wanted} is not in ${JSON.stringify(lines)}`).toBe(true);
      };
      await vi.waitFor(look, { timeout: 20_000, interval: 10 });
    },
    get: (port, path = "/") => get(container, port, path),
  };
}

function get(container: RunningContainer, port: number, path: string): Promise<string> {
  const address = container.addresses.get(port);
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...address, path, agent: false }, (incoming) => {
      text(incoming).then(resolve, reject);
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

/** Runtimes that are closed after the test that made them. Call it once, at the top of a test file. */
export function closeAfterEach(): <Runtime extends { close(): Promise<void> }>(
  runtime: Runtime,
) => Runtime {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((runtime) => runtime.close()));
  });
  return (runtime) => {
    open.push(runtime);
    return runtime;
  };
}
