// What a stage canary costs: the server's CPU time for a request of one API without a canary and with one, by turns.
import autocannon from "autocannon";
import { cpuMs, median, printTable, type Server, spread } from "../measure.ts";
import type { StageCanary } from "./stage-canary.ts";

const ROUNDS = 10;
const SECONDS = 2;
const CONNECTIONS = 32;
const CANARY_ONE_IN = 10;
/**
 * Below the 10 000 requests a second that the cloud, as AWS, lets an account send: more would measure how fast it refuses.
 * At a fixed rate the CPU time of a request says what throughput would.
 */
const PER_SECOND = 6000;

export async function benchCost(server: Server, stage: StageCanary): Promise<void> {
  const sides = [
    sideOf("no canary", () => stage.removeCanary()),
    sideOf(`a canary of ${100 / CANARY_ONE_IN} %`, () => stage.setShare(CANARY_ONE_IN)),
  ];
  for (let round = 0; round < ROUNDS; round++) {
    for (const { set, perSecond, cpuMicros } of round % 2 === 0 ? sides : sides.toReversed()) {
      await set();
      const sample = await load(server, stage.url);
      perSecond.push(sample.perSecond);
      cpuMicros.push(sample.cpuMicros);
    }
  }
  const base = median(sides[0]?.cpuMicros ?? []);
  printTable(
    `Server CPU at ${PER_SECOND} requests/s over ${CONNECTIONS} connections, median and range of ${ROUNDS} x ${SECONDS} s by turns`,
    [
      ["what", "answers/s", "us per request", "of no canary"],
      ...sides.map(({ name, perSecond, cpuMicros }) => [
        name,
        spread(perSecond),
        spread(cpuMicros, 1),
        (median(cpuMicros) / base).toFixed(3),
      ]),
    ],
  );
}

function sideOf(name: string, set: () => Promise<void>) {
  return { name, set, perSecond: new Array<number>(), cpuMicros: new Array<number>() };
}

async function load(
  server: Server,
  url: string,
): Promise<{ readonly perSecond: number; readonly cpuMicros: number }> {
  const pid = server.child.pid ?? 0;
  const before = cpuMs(pid);
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: SECONDS,
    overallRate: PER_SECOND,
  });
  const done = result["2xx"];
  if (result.errors > 0 || result.non2xx > 0 || done === 0) {
    throw new Error(`${result.errors} errors, ${result.non2xx} answers that are not 2xx`);
  }
  return {
    perSecond: done / result.duration,
    cpuMicros: ((cpuMs(pid) - before) * 1000) / done,
  };
}
