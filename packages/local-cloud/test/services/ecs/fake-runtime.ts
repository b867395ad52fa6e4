import { createServer, type Server } from "node:http";
import type {
  ContainerExit,
  ContainerLaunch,
  LaunchError,
  RunningContainer,
  TaskRuntime,
} from "../../../src/data-plane/tasks/task-runtime.ts";

/** A container that runs nothing, but listens on its ports and does as the test says. */
export interface FakeContainer {
  readonly launch: ContainerLaunch;
  /** Ends it by itself. Resolves when that has been heard. */
  exit(exitCode: number, isOutOfMemory?: boolean): Promise<void>;
  /** What it answers to every request. */
  status: number;
  /** How its health check exits. */
  checkExit: number | undefined;
  /** The grace it was stopped with. */
  readonly graceMs: number | undefined;
  readonly isRunning: boolean;
}

export interface FakeRuntime extends TaskRuntime {
  /** In the order of their start. */
  readonly containers: readonly FakeContainer[];
  /** The newest of that name that runs. */
  newest(name: string): FakeContainer;
  /** Told of every launch; what it returns is thrown. */
  refuse: (launch: ContainerLaunch) => LaunchError | undefined;
  /** Told of every container that starts. */
  started: (container: FakeContainer) => void;
}

/** Substitute for what runs containers, at its contract: real ports, no programs. */
export function fakeRuntime(): FakeRuntime {
  const containers: FakeContainer[] = [];
  const servers = new Set<Server>();
  const runtime: FakeRuntime = {
    kind: "processes",
    description: "containers of a test",
    containers,
    refuse: () => undefined,
    started: () => {},
    endpointFor: (url) => url,
    newest(name) {
      const found = containers.findLast(
        ({ launch, isRunning }) => launch.id.endsWith(`-${name}`) && isRunning,
      );
      if (found === undefined) throw new Error(`no container ${name} runs`);
      return found;
    },
    async start(launch) {
      const refusal = runtime.refuse(launch);
      if (refusal !== undefined) throw refusal;
      const addresses = new Map<number, { host: string; port: number }>();
      const own: Server[] = [];
      let end: (exit: ContainerExit) => void = () => {};
      const exited = new Promise<ContainerExit>((resolve) => {
        end = resolve;
      });
      const state: { isRunning: boolean; graceMs: number | undefined } = {
        isRunning: true,
        graceMs: undefined,
      };
      const finish = (exitCode: number, isOutOfMemory = false) => {
        state.isRunning = false;
        for (const server of own) {
          server.close();
          server.closeAllConnections();
          servers.delete(server);
        }
        end({ exitCode, isOutOfMemory });
      };
      const container: FakeContainer = {
        launch,
        status: 200,
        checkExit: 0,
        async exit(exitCode, isOutOfMemory) {
          finish(exitCode, isOutOfMemory);
          await new Promise((resolve) => void setImmediate(resolve));
        },
        get graceMs() {
          return state.graceMs;
        },
        get isRunning() {
          return state.isRunning;
        },
      };
      for (const port of launch.ports) {
        const server = createServer((_request, response) => {
          response.writeHead(container.status);
          response.end(launch.id);
        });
        servers.add(server);
        own.push(server);
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const at = server.address();
        if (at === null || typeof at === "string") throw new Error("the port is not open");
        addresses.set(port, { host: "127.0.0.1", port: at.port });
      }
      containers.push(container);
      const running: RunningContainer = {
        runtimeId: `fake-${containers.length}`,
        addresses,
        exited,
        async stop(graceMs) {
          state.graceMs = graceMs;
          finish(143);
          return exited;
        },
        execute: async () => ({ exitCode: container.checkExit, output: "" }),
        usage: async () => ({ cpuMs: 1000, memoryBytes: 64 * 1024 * 1024 }),
      };
      runtime.started(container);
      return running;
    },
    async close() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
  return runtime;
}
