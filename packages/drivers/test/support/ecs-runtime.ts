import type { LocalCloudOptions } from "@headgate/local-cloud";
import { createServer, type Server } from "node:http";

type TaskRuntime = Exclude<LocalCloudOptions["taskRuntime"], string | undefined>;
type Container = Awaited<ReturnType<TaskRuntime["start"]>>;
type Exit = Awaited<Container["exited"]>;

/** Images by their reference's tag that do not do what they should. */
const EXITS = ":exits";
const DEAF = ":deaf";
/** Healthy, and fails for every user. */
const FAILING = ":failing";

/**
 * Substitute for what runs containers, at its contract: real ports and no programs. A container answers its image's
 * reference; one with the tag "exits" ends at once with code 1, one with the tag "deaf" opens no port, one with the tag "failing"
 * answers users with 500.
 */
export function imageRuntime(): TaskRuntime {
  const open = new Set<Server>();
  let started = 0;
  const listen = async (text: string) => {
    const server = createServer(({ headers }, response) => {
      const isUser = headers["user-agent"]?.startsWith("ELB-HealthChecker") !== true;
      response.statusCode = isUser && text.endsWith(FAILING) ? 500 : 200;
      response.end(text);
    });
    open.add(server);
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    return server;
  };
  const close = (server: Server) => {
    open.delete(server);
    server.close();
    server.closeAllConnections();
  };
  return {
    kind: "processes",
    description: "containers of a test",
    endpointFor: (url) => url,
    async start({ image, ports }): Promise<Container> {
      const reference = image.kind === "foreign" ? image.reference : image.image.digest;
      const addresses = new Map<number, { host: string; port: number }>();
      const servers: Server[] = [];
      for (const port of ports) {
        const server = await listen(reference);
        const address = server.address();
        const at = typeof address === "object" ? (address?.port ?? 0) : 0;
        addresses.set(port, { host: "127.0.0.1", port: at });
        if (reference.endsWith(DEAF)) close(server);
        else servers.push(server);
      }
      let end: (exit: Exit) => void = () => {};
      const exited = new Promise<Exit>((resolve) => {
        end = resolve;
      });
      const finish = (exitCode: number) => {
        servers.forEach(close);
        end({ exitCode, isOutOfMemory: false });
      };
      if (reference.endsWith(EXITS)) finish(1);
      started += 1;
      return {
        runtimeId: `container-${started}`,
        addresses,
        exited,
        async stop() {
          finish(143);
          return exited;
        },
        execute: () => Promise.resolve({ exitCode: 0, output: "" }),
        usage: () => Promise.resolve(undefined),
      };
    },
    close() {
      open.forEach(close);
      return Promise.resolve();
    },
  };
}
