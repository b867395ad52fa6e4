import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type {
  ContainerExit,
  ContainerLaunch,
  RunningContainer,
  TaskRuntime,
} from "../../../src/data-plane/tasks/task-runtime.ts";

/**
 * Runs "containers" as HTTP servers of the test's own process. The image says what one does: "web:1" answers its
 * own name, "crash:1" exits at once, "deaf:1" runs and opens no port, "broken:1" answers 500 to everything.
 */
export function inProcessRuntime(): TaskRuntime {
  const running = new Set<() => void>();
  return {
    kind: "processes",
    description: "servers of the test",
    endpointFor: (url) => url,
    async start(launch) {
      const image = imageOf(launch);
      const [name = ""] = image.split(":");
      const server = name === "deaf" || name === "crash" ? undefined : await listen(image, name);
      const exit = Promise.withResolvers<ContainerExit>();
      const end = (exitCode: number) => {
        running.delete(kill);
        server?.close();
        server?.closeAllConnections();
        exit.resolve({ exitCode, isOutOfMemory: false });
      };
      const kill = () => end(137);
      running.add(kill);
      if (name === "crash") end(1);
      const container: RunningContainer = {
        runtimeId: launch.id,
        addresses: new Map(launch.ports.map((port) => [port, addressOf(server)])),
        exited: exit.promise,
        stop() {
          end(143);
          return exit.promise;
        },
        execute: () => Promise.resolve({ exitCode: 0, output: "" }),
        usage: () => Promise.resolve({ cpuMs: 1, memoryBytes: 1 }),
      };
      return container;
    },
    async close() {
      for (const kill of running) kill();
    },
  };
}

function imageOf({ image }: ContainerLaunch): string {
  if (image.kind === "foreign") return image.reference;
  throw new Error("these tests run no stored images");
}

async function listen(image: string, name: string): Promise<Server> {
  const server = createServer((_request, response) => {
    response.writeHead(name === "broken" ? 500 : 200).end(image);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** Port 9 of this machine is closed: who listens to nothing is found there. */
function addressOf(server: Server | undefined) {
  const address = server?.address();
  const port = typeof address === "object" ? (address?.port ?? 9) : 9;
  return { host: "127.0.0.1", port };
}
