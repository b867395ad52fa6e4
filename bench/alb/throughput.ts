// Requests per second through each way to the same targets, by turns in the same run.
import autocannon from "autocannon";
import { cpuMs, median, printTable, spread } from "../measure.ts";

export interface Way {
  readonly name: string;
  readonly url: string;
  readonly host?: string | undefined;
  /** Whose CPU time is counted. */
  readonly pid: number;
}

const CONNECTIONS = 64;

/**
 * @param yardstick the name of the way that the others are divided by.
 * @returns the ratios by name.
 */
export async function benchThroughput(
  ways: readonly Way[],
  yardstick: string,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<void> {
  const samples = ways.map((way) => ({
    way,
    perSecond: new Array<number>(),
    cpuMicros: new Array<number>(),
  }));
  for (let round = 0; round < rounds; round++) {
    for (const sample of round % 2 === 0 ? samples : samples.toReversed()) {
      const { perSecond, cpuMicros } = await measure(sample.way, seconds, round === 0);
      sample.perSecond.push(perSecond);
      sample.cpuMicros.push(cpuMicros);
    }
  }
  const base = median(samples.find(({ way }) => way.name === yardstick)?.perSecond ?? []);
  printTable(
    `Requests per second over ${CONNECTIONS} connections, median and range of ${rounds} x ${seconds} s by turns; client, proxy and targets share this machine's cores`,
    [
      ["what", "req/s", `of ${yardstick}`, "its CPU, us per request"],
      ...samples.map(({ way, perSecond, cpuMicros }) => [
        way.name,
        spread(perSecond),
        (median(perSecond) / base).toFixed(2),
        spread(cpuMicros, 1),
      ]),
    ],
  );
}

async function measure({ name, url, host, pid }: Way, seconds: number, isFirst: boolean) {
  const options = {
    url: `${url}/work`,
    connections: CONNECTIONS,
    ...(host !== undefined && { headers: { host } }),
  };
  if (isFirst) await autocannon({ ...options, duration: 1 });
  const before = cpuMs(pid);
  const result = await autocannon({ ...options, duration: seconds });
  const done = result["2xx"];
  if (result.errors > 0 || result.non2xx > 0 || done === 0) {
    throw new Error(`${name}: ${result.errors} errors, ${result.non2xx} answers that are not 2xx`);
  }
  return {
    perSecond: done / result.duration,
    cpuMicros: ((cpuMs(pid) - before) * 1000) / done,
  };
}
