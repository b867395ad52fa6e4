// The targets behind every proxy, in a process of their own.
import { join } from "node:path";
import { type Server, startServer } from "../measure.ts";

export interface Targets {
  readonly server: Server;
  readonly stable: number;
  readonly canary: number;
  /** Requests for "/work" that each has answered so far. */
  counts(): Promise<{ readonly stable: number; readonly canary: number }>;
}

/** It must be ended with `end(server)`. */
export async function startTargets(): Promise<Targets> {
  const server = await startServer(
    [process.execPath, join(import.meta.dirname, "../two-targets.ts")],
    /^ready: /,
  );
  const [stable = 0, canary = 0] = server.line.replace("ready: ", "").split(" ").map(Number);
  return {
    server,
    stable,
    canary,
    async counts() {
      const answer = await fetch(`http://127.0.0.1:${stable}/counts`);
      const [ofStable = 0, ofCanary = 0]: number[] = JSON.parse(await answer.text());
      return { stable: ofStable, canary: ofCanary };
    },
  };
}
