// `npm run bench:cloud`: start-up and memory against moto_server, requests per second through API Gateway,
// alias and a warm Python function against bare node:http, and the wire layer's CPU time per call.
// Loopback only; about one minute.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import autocannon from "autocannon";
import { DEMO_FILE } from "../packages/cli/src/demo/app.ts";
import { openShop } from "../packages/cli/src/demo/shop.ts";
import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";
import {
  cpuMs,
  end,
  median,
  printTable,
  residentMb,
  type Server,
  spread,
  startServer,
  timed,
} from "./measure.ts";
import { wireRows } from "./wire.ts";

const HEADGATE = join(import.meta.dirname, "../packages/cli/bin/headgate.mjs");
const START_UPS = 7;
const ROUNDS = 3;
const SECONDS = 4;
const CONNECTIONS = 32;

/** A function that only answers: the demo's own also writes a metric with each request. */
const HANDLER = `import json


def handler(event, context):
    return {"statusCode": 200, "body": json.dumps({"version": "1.0.0", "environment": "blue"})}
`;

const CLOUD = [process.execPath, HEADGATE, "local", "start", "--port", "0"];
const startCloud = () => startServer(CLOUD, /^ready: /);
const urlOf = ({ line }: Server) => line.replace("ready: ", "").trim();

await benchStartUp();
await benchThroughput();
printTable("The wire layer alone, in process: decode and encode, microseconds a call", [
  ["operation", "us"],
  ...(await wireRows()),
]);

async function benchStartUp(): Promise<void> {
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

async function benchThroughput(): Promise<void> {
  const bare = await startServer(
    [process.execPath, join(import.meta.dirname, "bare-server.ts")],
    /^ready: /,
  );
  const cloud = await startCloud();
  try {
    const api = await openApi(urlOf(cloud));
    const sts = {
      url: urlOf(cloud),
      method: "POST" as const,
      body: "Action=GetCallerIdentity&Version=2011-06-15",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        authorization:
          "AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=0",
      },
    };
    const results = { bare: empty(), api: empty(), sts: empty() };
    for (let round = 0; round < ROUNDS; round++) {
      await load(results.bare, bare, { url: urlOf(bare) });
      await load(results.api, cloud, { url: api });
      await load(results.sts, cloud, sts);
    }
    const base = median(results.bare.perSecond);
    const row = (name: string, { perSecond, cpuMicros }: Load) => [
      name,
      spread(perSecond),
      (median(perSecond) / base).toFixed(3),
      spread(cpuMicros),
    ];
    printTable(
      `Requests per second over ${CONNECTIONS} connections, median and range of ${ROUNDS} x ${SECONDS} s; client, servers and functions share this machine's cores`,
      [
        ["what", "req/s", "of bare node:http", "server CPU, us per request"],
        row("bare node:http", results.bare),
        row("API Gateway -> alias -> warm Python function", results.api),
        row("sts GetCallerIdentity (wire layer, awsQuery)", results.sts),
      ],
    );
  } finally {
    await end(cloud);
    await end(bare);
  }
}

/** The demo's function, alias and API with that handler. Returns the URL to ask. */
async function openApi(endpoint: string): Promise<string> {
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from(HANDLER), DEMO_FILE);
  zip.end();
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const configuration = { endpoint, region: "us-east-1", credentials };
  return (await openShop(configuration, await buffer(zip.outputStream))).url;
}

interface Load {
  readonly perSecond: number[];
  /** Of the server's own process, without the functions'. */
  readonly cpuMicros: number[];
}

function empty(): Load {
  return { perSecond: [], cpuMicros: [] };
}

async function load(
  into: Load,
  server: Server,
  target: autocannon.Request & { url: string },
): Promise<void> {
  const pid = server.child.pid ?? 0;
  await autocannon({ ...target, connections: CONNECTIONS, duration: 1 });
  const before = cpuMs(pid);
  const result = await autocannon({ ...target, connections: CONNECTIONS, duration: SECONDS });
  const done = result["2xx"];
  if (result.errors > 0 || result.non2xx > 0 || done === 0) {
    throw new Error(
      `${target.url}: ${result.errors} errors, ${result.non2xx} answers that are not 2xx`,
    );
  }
  into.perSecond.push(done / result.duration);
  into.cpuMicros.push(((cpuMs(pid) - before) * 1000) / done);
}
