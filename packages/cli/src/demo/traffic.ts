import { Agent, request } from "node:http";

/** What the users of the demo saw. */
export interface TrafficCounts {
  readonly sent: number;
  readonly answered: number;
  /** Answers that are not 2xx, and requests without an answer. */
  readonly failed: number;
  /** Good answers by the version that they name. */
  readonly byVersion: Readonly<Record<string, number>>;
}

export interface Traffic {
  counts(): TrafficCounts;
  /** Sends no more, and waits for the answers that are still out. */
  stop(): Promise<TrafficCounts>;
}

const ANSWER_TIMEOUT_MS = 5000;
/** Past this many unanswered requests the target is beyond its means: more would measure only us. */
const MOST_OUTSTANDING = 1000;

/**
 * Steady traffic: a request every 1/rate seconds whether or not earlier ones were answered, as
 * independent users send them. A slow version does not slow its users down.
 *
 * @param url loopback only.
 */
export function startTraffic(url: string, ratePerSecond: number): Traffic {
  if (!url.startsWith("http://127.0.0.1:"))
    throw new Error(`traffic goes to this machine only, not ${url}`);
  const agent = new Agent({ keepAlive: true, maxSockets: MOST_OUTSTANDING });
  const counts = { sent: 0, answered: 0, failed: 0, byVersion: {} as Record<string, number> };
  const outstanding = new Set<Promise<void>>();
  const startMs = performance.now();

  const send = () => {
    counts.sent++;
    const answer = fetchVersion(url, agent).then(
      (version) => {
        counts.answered++;
        if (version === undefined) counts.failed++;
        else counts.byVersion[version] = (counts.byVersion[version] ?? 0) + 1;
      },
      () => void counts.failed++,
    );
    outstanding.add(answer);
    void answer.finally(() => outstanding.delete(answer));
  };
  // Timers are late; sending what is due by now keeps the rate true.
  const timer = setInterval(
    () => {
      const due = Math.floor(((performance.now() - startMs) / 1000) * ratePerSecond);
      while (counts.sent < due && outstanding.size < MOST_OUTSTANDING) send();
    },
    Math.max(1, 1000 / ratePerSecond / 2),
  );
  const snapshot = () => ({ ...counts, byVersion: { ...counts.byVersion } });
  return {
    counts: snapshot,
    async stop() {
      clearInterval(timer);
      await Promise.all(outstanding);
      agent.destroy();
      return snapshot();
    },
  };
}

/** The version that a 2xx answer names, undefined for every other answer. */
function fetchVersion(url: string, agent: Agent): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const call = request(url, { agent, timeout: ANSWER_TIMEOUT_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => void chunks.push(chunk));
      response.once("end", () =>
        resolve(versionIn(response.statusCode ?? 0, Buffer.concat(chunks))),
      );
      response.once("error", reject);
    });
    call.once("timeout", () => call.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS} ms`)));
    call.once("error", reject);
    call.end();
  });
}

function versionIn(status: number, body: Buffer): string | undefined {
  if (status < 200 || status > 299) return undefined;
  const answer: unknown = JSON.parse(body.toString("utf8"));
  if (typeof answer !== "object" || answer === null || !("version" in answer)) return undefined;
  return String(answer.version);
}

/** What happened between two readings. */
export function trafficSince(before: TrafficCounts, after: TrafficCounts): TrafficCounts {
  const versions = Object.entries(after.byVersion).map(
    ([version, count]) => [version, count - (before.byVersion[version] ?? 0)] as const,
  );
  return {
    sent: after.sent - before.sent,
    answered: after.answered - before.answered,
    failed: after.failed - before.failed,
    byVersion: Object.fromEntries(versions.filter(([, count]) => count > 0)),
  };
}
