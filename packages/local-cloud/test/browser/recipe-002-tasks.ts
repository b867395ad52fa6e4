import type { TaskRuntime } from "../../src/data-plane/tasks/task-runtime.ts";
import { inProcessRuntime } from "../services/ecs/task-runtime.ts";
import { createServer } from "node:http";
import { once } from "node:events";

const MIB = 1024 * 1024;

/**
 * Tasks that answer as the recipe's web service does, in the test's own process: the image "data:3" is version 3 with
 * the fault "data", "good:2" version 2 with none. Whatever else a container does is the usual test runtime's.
 */
export function recipeTasks(): TaskRuntime {
  const plain = inProcessRuntime();
  return {
    ...plain,
    async start(launch) {
      const reference = launch.image.kind === "foreign" ? launch.image.reference : "";
      const [fault = "", version = ""] = reference.split(":");
      const server = createServer((request, response) => {
        const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
        const isBroken = fault === "data" || (fault === "users" && searchParams.has("user"));
        const isError = pathname === "/api/data" && isBroken;
        if (isError) launch.onLine(`ERROR GET ${pathname} 500 version ${version}`, "stdout");
        response.writeHead(isError ? 500 : 200, { "content-type": "application/json" });
        response.end(JSON.stringify({ status: "healthy", version, data: [1, 2, 3] }));
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const container = await plain.start(launch);
      void container.exited.finally(() => {
        server.close();
        server.closeAllConnections();
      });
      const address = server.address();
      const port = typeof address === "object" ? (address?.port ?? 9) : 9;
      const addresses = new Map(launch.ports.map((each) => [each, { host: "127.0.0.1", port }]));
      let cpuMs = 0;
      const usage = () => Promise.resolve({ cpuMs: (cpuMs += 900), memoryBytes: 64 * MIB });
      return { ...container, addresses, usage };
    },
  };
}
