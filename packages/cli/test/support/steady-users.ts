import { Agent, request } from "node:http";
import { expect } from "vitest";

/** What became of requests. */
export interface Told {
  readonly sent: number;
  /** By the version that answered: the good answers and those with a status of 500 and more. */
  readonly byVersion: Readonly<Record<string, { readonly good: number; readonly failed: number }>>;
  /** Why, for each request that no version answered: "status 502". */
  readonly lost: readonly string[];
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
/** One of so many sends something. */
const POST_EVERY = 7;
const BODY = Buffer.alloc(8192, "x");
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
    const tallies = [now, all];
    const tell = (change: (tally: Tally) => void) => tallies.forEach(change);
    tell((tally) => tally.sent++);
    const body = sent % POST_EVERY === 0 ? BODY : undefined;
    const answer = ask(`${url}${path}`, agent, body).then(
      ({ status, version }) =>
        version === undefined
          ? tell(({ lost }) => lost.push(`status ${status}`))
          : tell(({ byVersion }) => {
              const counts = (byVersion[version] ??= { good: 0, failed: 0 });
              counts[status < 500 ? "good" : "failed"]++;
            }),
      (error: unknown) =>
        tell(({ lost }) => lost.push(error instanceof Error ? error.message : String(error))),
    );
    outstanding.add(answer);
    void answer.finally(() => outstanding.delete(answer));
  };
  // Timers are late; sending what is due by now keeps the rate true.
  const timer = setInterval(() => {
    const due = ((performance.now() - startMs) / 1000) * PER_SECOND;
    for (let missing = Math.ceil(due) - sent; missing > 0; missing--) send();
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
  readonly lost: string[];
}

function emptyTally(): Tally {
  return { sent: 0, byVersion: {}, lost: [] };
}

function ask(
  url: string,
  agent: Agent,
  body: Buffer | undefined,
): Promise<{ readonly status: number; readonly version: string | undefined }> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const call = request(url, { method, agent, timeout: ANSWER_MAX_MS }, (response) => {
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
    call.end(body);
  });
}

/** Since the last phase nothing was lost, no version failed, and these versions answered. */
export async function expectServed(users: SteadyUsers, versions: readonly string[]): Promise<Told> {
  const told = await users.phase();
  expect(told.lost).toEqual([]);
  expect(Object.keys(told.byVersion).toSorted()).toEqual(versions);
  for (const { failed } of Object.values(told.byVersion)) expect(failed).toBe(0);
  return told;
}
