import type { HookCall, HookOutcome, LoadTest } from "@headgate/core";
import { filled, filledHeaders } from "./placeholders.ts";
import { reasonOf } from "./smoke.ts";

/** A request that takes longer has failed. */
const REQUEST_MS = 10_000;
/** Requests that may be under way at once; what is due beyond that has failed, as it would for users. */
const IN_FLIGHT_MAX = 500;

interface Tally {
  readonly latenciesMs: number[];
  sent: number;
  failed: number;
  /** Of those that failed: there were too many under way. */
  heldBack: number;
  firstFailure: string | undefined;
}

/**
 * Sends requests at the rate that was asked for, whether or not answers come: a slow version is not spared. A status
 * of 500 and above, and no answer, are failures. Fails when failures or latencies are above their limits.
 */
export async function runLoad(call: HookCall, test: LoadTest): Promise<HookOutcome> {
  const { forMs, requestsPerSecond } = test;
  if (forMs + REQUEST_MS > call.timeoutMs) {
    const needed = forMs + REQUEST_MS;
    return {
      verdict: "error",
      detail: `the hook's deadline of ${call.timeoutMs} ms is too short: ${needed} ms are needed`,
    };
  }
  const tally: Tally = {
    latenciesMs: [],
    sent: 0,
    failed: 0,
    heldBack: 0,
    firstFailure: undefined,
  };
  const underWay = new Set<Promise<void>>();
  const total = Math.max(1, Math.floor((forMs / 1000) * requestsPerSecond));
  await atRate(total, requestsPerSecond, () => {
    tally.sent += 1;
    if (underWay.size >= IN_FLIGHT_MAX) {
      tally.failed += 1;
      tally.heldBack += 1;
      return;
    }
    const request = ask(call, test, tally).finally(() => underWay.delete(request));
    underWay.add(request);
  });
  await Promise.all(underWay);
  return outcomeOf(test, tally);
}

/** Calls `send` so often, spread evenly over time; what is late is caught up with at once. */
function atRate(total: number, perSecond: number, send: () => void): Promise<void> {
  const startMs = performance.now();
  let sent = 0;
  return new Promise((resolve) => {
    const turn = () => {
      const due = Math.min(
        total,
        Math.floor(((performance.now() - startMs) / 1000) * perSecond) + 1,
      );
      while (sent < due) {
        sent += 1;
        send();
      }
      if (sent < total) return;
      clearInterval(timer);
      resolve();
    };
    const timer = setInterval(turn, 5);
    turn();
  });
}

async function ask(call: HookCall, test: LoadTest, tally: Tally): Promise<void> {
  const startMs = performance.now();
  try {
    const response = await fetch(filled(test.url, call), {
      method: test.method,
      headers: { "user-agent": "headgate", ...filledHeaders(test.headers, call) },
      redirect: "manual",
      signal: AbortSignal.timeout(REQUEST_MS),
      ...(test.body === undefined ? {} : { body: filled(test.body, call) }),
    });
    for await (const _chunk of response.body ?? []) {
      // Read to its end, as users would, and kept nowhere.
    }
    tally.latenciesMs.push(performance.now() - startMs);
    if (response.status >= 500) fail(tally, `status ${response.status}`);
  } catch (error) {
    fail(tally, reasonOf(error, REQUEST_MS));
  }
}

function fail(tally: Tally, why: string): void {
  tally.failed += 1;
  tally.firstFailure ??= why;
}

function outcomeOf({ limits, requestsPerSecond }: LoadTest, tally: Tally): HookOutcome {
  const { sent, failed, firstFailure } = tally;
  const sorted = tally.latenciesMs.toSorted((one, other) => one - other);
  const at = (quantile: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))];
  const shown = (ms: number | undefined) => (ms === undefined ? "-" : `${Math.round(ms)} ms`);
  const why = [
    ...(tally.heldBack === 0 ? [] : [heldBackText(tally.heldBack, requestsPerSecond)]),
    ...(firstFailure === undefined ? [] : [`first: ${firstFailure}`]),
  ];
  const reasons = why.length === 0 ? "" : ` (${why.join("; ")})`;
  const latencies = `p50 ${shown(at(0.5))}, p95 ${shown(at(0.95))}, p99 ${shown(at(0.99))}`;
  const measured = `${failed} of ${sent} requests failed${reasons}, ${latencies}`;
  const broken: string[] = [];
  if (failed / sent > limits.maxErrorShare) {
    broken.push(`at most ${limits.maxErrorShare * 100}% may fail`);
  }
  for (const [name, quantile, maxMs] of [
    ["p50", 0.5, limits.maxP50Ms],
    ["p95", 0.95, limits.maxP95Ms],
    ["p99", 0.99, limits.maxP99Ms],
  ] as const) {
    const ms = at(quantile);
    if (maxMs === undefined || (ms !== undefined && ms <= maxMs)) continue;
    broken.push(`${name} may be ${maxMs} ms`);
  }
  if (broken.length === 0) return { verdict: "pass", detail: measured };
  return { verdict: "fail", detail: `${measured}; ${broken.join(", ")}` };
}

/** Whether the version or this machine is too slow for the rate cannot be told from here. */
function heldBackText(count: number, requestsPerSecond: number): string {
  return `${count} were not sent, for ${IN_FLIGHT_MAX} were under way already: answers come too slowly for ${requestsPerSecond} a second, or this machine cannot send so many`;
}
