import type { Dispatcher } from "undici";
import type { Cloud } from "../../../service.ts";
import type { Backends } from "./backends.ts";

/** The real backends; HTTP connections are opened when needed and closed with the service. */
export function openBackends(cloud: Cloud): { backends: Backends; close: () => Promise<void> } {
  const agents = new Map<boolean, Promise<Dispatcher>>();
  const open = async (insecure: boolean): Promise<Dispatcher> => {
    const { Agent } = await import("undici");
    return new Agent({
      connect: { rejectUnauthorized: !insecure },
      // The integration's own deadline is the only one.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  };
  return {
    backends: {
      functions: () => cloud.port("functions"),
      http({ insecure }) {
        const agent = agents.get(insecure) ?? open(insecure);
        agents.set(insecure, agent);
        return agent;
      },
    },
    async close() {
      for (const agent of agents.values()) await (await agent).destroy();
      agents.clear();
    },
  };
}
