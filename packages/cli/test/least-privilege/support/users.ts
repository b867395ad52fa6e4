import { Agent, request } from "node:http";

/** Where users go, and how. */
export interface Visit {
  readonly url: string;
  readonly method?: "GET" | "POST";
  readonly body?: string;
}

const PER_SECOND = 60;
/** Of one door. What is slower than this many are sends no more for now. */
const MOST_OUTSTANDING = 32;
const ANSWER_MAX_MS = 10_000;

/** Users of every door, whatever they are answered: a steady stream that gives both versions something to compare. */
export function keepVisiting(visits: readonly Visit[]): { stop(): Promise<void> } {
  const agent = new Agent({ keepAlive: true });
  const streams = visits.map((visit) => {
    const outstanding = new Set<Promise<void>>();
    const timer = setInterval(() => {
      if (outstanding.size >= MOST_OUTSTANDING) return;
      const answer = ask(visit, agent);
      outstanding.add(answer);
      void answer.finally(() => outstanding.delete(answer));
    }, 1000 / PER_SECOND);
    return { timer, outstanding };
  });
  return {
    async stop() {
      for (const { timer } of streams) clearInterval(timer);
      await Promise.all(streams.map(({ outstanding }) => Promise.all(outstanding)));
      agent.destroy();
    },
  };
}

/** Resolves when it is answered, or will not be. */
function ask({ url, method = "GET", body }: Visit, agent: Agent): Promise<void> {
  return new Promise((resolve) => {
    const call = request(url, { method, agent, timeout: ANSWER_MAX_MS }, (response) => {
      response.resume();
      response.once("close", resolve);
    });
    call.once("timeout", () => call.destroy());
    call.once("error", () => resolve());
    call.end(body);
  });
}
