// What a proxy adds to a request: paced far below what any of them can do, every request timed on its own.
import { Agent, request } from "node:http";
import { printTable } from "../measure.ts";
import type { Way } from "./throughput.ts";

const CONNECTIONS = 64;
const PER_SECOND = 1000;
/** All that are due within this time are sent together. */
const BEAT_MS = 4;

/** @param direct the way without a proxy: what the others add is the difference to it. */
export async function benchLatency(
  direct: Way,
  ways: readonly Way[],
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<void> {
  const samples = [direct, ...ways].map((way) => ({ way, millis: new Array<number>() }));
  for (let round = 0; round < rounds; round++) {
    for (const { way, millis } of round % 2 === 0 ? samples : samples.toReversed()) {
      millis.push(...(await pace(way, seconds)));
    }
  }
  const at = (millis: readonly number[], share: number) =>
    millis.toSorted((left, right) => left - right)[Math.floor(millis.length * share)] ?? Number.NaN;
  const base = samples[0]?.millis ?? [];
  printTable(
    `Milliseconds a request at ${PER_SECOND} requests/s over ${CONNECTIONS} connections, ${rounds} x ${seconds} s by turns`,
    [
      ["what", "p50", "p99", "added at p50", "added at p99"],
      ...samples.map(({ way, millis }) => [
        way.name,
        at(millis, 0.5).toFixed(3),
        at(millis, 0.99).toFixed(3),
        (at(millis, 0.5) - at(base, 0.5)).toFixed(3),
        (at(millis, 0.99) - at(base, 0.99)).toFixed(3),
      ]),
    ],
  );
}

async function pace({ url, host }: Way, seconds: number): Promise<readonly number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const one = () => timeOne(`${url}/work`, host, agent);
  // Opens the connections, here and behind the proxy.
  await Promise.all(Array.from({ length: CONNECTIONS }, one));
  const startMs = performance.now();
  const asked: Promise<number>[] = [];
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const elapsedMs = performance.now() - startMs;
      const due = Math.min(seconds * PER_SECOND, Math.floor((elapsedMs * PER_SECOND) / 1000));
      while (asked.length < due) asked.push(one());
      if (asked.length < seconds * PER_SECOND) return;
      clearInterval(timer);
      resolve();
    }, BEAT_MS);
  });
  const millis = await Promise.all(asked);
  agent.destroy();
  return millis;
}

function timeOne(url: string, host: string | undefined, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const startMs = performance.now();
    const headers = host === undefined ? {} : { host };
    const call = request(url, { agent, headers, timeout: 10_000 }, (answer) => {
      answer.resume();
      answer.once("end", () => resolve(performance.now() - startMs));
      answer.once("error", reject);
    });
    call.once("timeout", () => call.destroy(new Error(`${url} was silent for 10 s`)));
    call.once("error", reject);
    call.end();
  });
}
