import { createServer, type Server } from "node:net";

/** A port of this machine's loopback that nobody else gets until it is let go. */
export interface HeldPort {
  readonly port: number;
  /** Frees it for the program that it is for, which should take it at once. */
  release(): Promise<void>;
}

/**
 * Takes a port by listening on it, so that no two tasks are given the same one. Between `release` and the
 * program's own listening another process may take it: Linux gives programs that ask for any port, and those
 * that connect, ports of different halves of its range, so this is rare; such a task fails and is replaced.
 */
export async function holdFreePort(): Promise<HeldPort> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: 0, exclusive: true }, () => resolve());
  });
  server.unref();
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a port was not given");
  return { port: address.port, release: () => closed(server) };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
