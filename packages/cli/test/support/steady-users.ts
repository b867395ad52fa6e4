import { Agent, request } from "node:http";

/** What became of requests. */
export interface Told {
  readonly sent: number;
  /** By the version that answered: the good answers and those with a status of 500 and more. */
  readonly byVersion: Readonly<Record<string, { readonly good: number; readonly failed: number }>>;
  /** Requests that no version answered: why, and when they were sent, in `performance.now()`. */
  readonly lost: readonly { readonly why: string; readonly sentAtMs: number }[];
}

export interface SteadyUsers {
  /** All requests that are over. */
  told(): Told;
  /** Waits for the answers to all that was sent so far, and tells what was sent since the last call. */
  phase(): Promise<Told>;
  stop(): Promise<void>;
}

const PER_SECOND = 100;
/** One of so many asks for the slow page: what a task still has to answer when it is to go. */
const SLOW_EVERY = 20;
const CONNECTIONS = 64;
const ANSWER_MAX_MS = 20_000;

/**
 * Users who send 100 requests a second over connections that they keep, whether or not earlier ones were answered.
 * A version names itself in the header "x-version": what comes without it was answered by nobody.
 */
export function steadyUsers(url: string): SteadyUsers {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const outstanding = new Set<Promise<void>>();
  const startMs = performance.now();
  let sent = 0;
  let now = emptyTally();
  const all = emptyTally();

  const send = () => {
    const path = ++sent % SLOW_EVERY === 0 ? "/slow" : "/";
    const sentAtMs = performance.now();
    const tallies = [now, all];
    const tell = (change: (tally: Tally) => void) => tallies.forEach(change);
    tell((tally) => tally.sent++);
    const answer = ask(`${url}${path}`, agent).then(
      ({ status, version }) =>
        version === undefined
          ? tell(({ lost }) => lost.push({ why: `status ${status}`, sentAtMs }))
          : tell(({ byVersion }) => {
              const counts = (byVersion[version] ??= { good: 0, failed: 0 });
              counts[status < 500 ? "good" : "failed"]++;
            }),
      (error: unknown) =>
        tell(({ lost }) =>
          lost.push({ why: error instanceof Error ? error.message : String(error), sentAtMs }),
        ),
    );
    outstanding.add(answer);
    void answer.finally(() => outstanding.delete(answer));
  };
  // Timers are late; sending what is due by now keeps the rate true.
  const timer = setInterval(() => {
    const due = ((performance.now() - startMs) / 1000) * PER_SECOND;
    while (sent < due) send();
  }, 5);
  return {
    told: () => all,
    async phase() {
      const over = now;
      now = emptyTally();
      await Promise.all(outstanding);
      return over;
    },
    async stop() {
      clearInterval(timer);
      await Promise.all(outstanding);
      agent.destroy();
    },
  };
}

interface Tally extends Told {
  sent: number;
  readonly byVersion: Record<string, { good: number; failed: number }>;
  readonly lost: { readonly why: string; readonly sentAtMs: number }[];
}

function emptyTally(): Tally {
  return { sent: 0, byVersion: {}, lost: [] };
}

function ask(
  url: string,
  agent: Agent,
): Promise<{ readonly status: number; readonly version: string | undefined }> {
  return new Promise((resolve, reject) => {
    const call = request(url, { agent, timeout: ANSWER_MAX_MS }, (response) => {
      const { statusCode = 0, headers } = response;
      const version = headers["x-version"];
      response.resume();
      response.once("end", () =>
        resolve({ status: statusCode, version: Array.isArray(version) ? version[0] : version }),
      );
      response.once("error", reject);
    });
    call.once("timeout", () => call.destroy(new Error(`no answer within ${ANSWER_MAX_MS} ms`)));
    call.once("error", reject);
    call.end();
  });
}
