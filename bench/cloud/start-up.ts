// How soon the local cloud answers and what it keeps in memory, beside moto_server where that is installed.
import { execFileSync } from "node:child_process";
import { CLOUD } from "../local-cloud.ts";
import { end, printTable, residentMb, spread, startServer, timed } from "../measure.ts";

const START_UPS = 7;

export async function benchStartUp(): Promise<void> {
  const rows = [["server", "ready after ms", "resident MB"]];
  rows.push(["headgate local start", ...(await startUps(CLOUD, /^ready: /))]);
  const moto = motoServer();
  if (moto === undefined) {
    process.stdout.write("moto_server is not installed: nothing to compare the start-up with\n");
  } else {
    rows.push([
      "moto_server",
      ...(await startUps([moto, "-H", "127.0.0.1", "-p", "0"], /Running on http/)),
    ]);
  }
  printTable(
    `Start-up, median and range of ${START_UPS} (the first start fills Node's compile cache)`,
    rows,
  );
}

async function startUps(argv: readonly string[], ready: RegExp): Promise<string[]> {
  await end(await startServer(argv, ready));
  const times: number[] = [];
  const memory: number[] = [];
  for (let run = 0; run < START_UPS; run++) {
    const [ms, server] = await timed(() => startServer(argv, ready));
    times.push(ms);
    memory.push(residentMb(server.child.pid ?? 0));
    await end(server);
  }
  return [spread(times), spread(memory)];
}

function motoServer(): string | undefined {
  try {
    return execFileSync("sh", ["-c", "command -v moto_server"], { encoding: "utf8" }).trim();
  } catch {
    return undefined;
  }
}
