// Requests per second through each door of the local cloud, against bare node:http by turns in the same run.
import autocannon from "autocannon";
import { join } from "node:path";
import { startCloud, urlOf } from "../local-cloud.ts";
import { cpuMs, end, median, printTable, type Server, spread, startServer } from "../measure.ts";
import { type Door, openDoors } from "./doors.ts";

const ROUNDS = 3;
const SECONDS = 4;
const CONNECTIONS = 32;

export async function benchThroughput(): Promise<void> {
  const bare = await startServer(
    [process.execPath, join(import.meta.dirname, "../bare-server.ts")],
    /^ready: /,
  );
  const cloud = await startCloud();
  try {
    const yardstick = loadOf(bare, {
      name: "bare node:http",
      request: { url: urlOf(bare) },
      answers: "2xx",
    });
    const doors = await openDoors(urlOf(cloud));
    const loads = [yardstick, ...doors.map((door) => loadOf(cloud, door))];
    for (let round = 0; round < ROUNDS; round++) {
      for (const load of loads) await measure(load);
    }
    const base = median(yardstick.perSecond);
    printTable(
      `Requests per second over ${CONNECTIONS} connections, median and range of ${ROUNDS} x ${SECONDS} s; client, servers and functions share this machine's cores`,
      [
        ["what", "req/s", "of bare node:http", "server CPU, us per request"],
        ...loads.map(({ door, perSecond, cpuMicros }) => [
          door.name,
          spread(perSecond),
          (median(perSecond) / base).toFixed(3),
          spread(cpuMicros),
        ]),
      ],
    );
  } finally {
    await end(cloud);
    await end(bare);
  }
}

interface Load {
  readonly server: Server;
  readonly door: Door;
  readonly perSecond: number[];
  /** Of the server's own process, without the functions'. */
  readonly cpuMicros: number[];
}

function loadOf(server: Server, door: Door): Load {
  return { server, door, perSecond: [], cpuMicros: [] };
}

/** Adds one round's figures to the load, after a second that does not count. */
async function measure({ server, door, perSecond, cpuMicros }: Load): Promise<void> {
  const { name, request, answers } = door;
  const pid = server.child.pid ?? 0;
  await autocannon({ ...request, connections: CONNECTIONS, duration: 1 });
  const before = cpuMs(pid);
  const result = await autocannon({ ...request, connections: CONNECTIONS, duration: SECONDS });
  const done = result[answers];
  const all = result["1xx"] + result["2xx"] + result["3xx"] + result["4xx"] + result["5xx"];
  if (result.errors > 0 || done < all || done === 0) {
    throw new Error(
      `${name} at ${request.url}: ${result.errors} errors, ${all - done} of ${all} answers that are not ${answers}`,
    );
  }
  perSecond.push(done / result.duration);
  cpuMicros.push(((cpuMs(pid) - before) * 1000) / done);
}
