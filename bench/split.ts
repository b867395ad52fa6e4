// `npm run bench:split`: how truly a stage canary splits traffic, and what it costs. The observed share of 20 000
// requests against the configured one, with chi-square; then the server's CPU time for a request of one API without a
// canary and with one, by turns in the same run. Loopback only; about a minute.
import { Agent, request } from "node:http";
import { join } from "node:path";
import autocannon from "autocannon";
import { cpuMs, end, median, printTable, type Server, spread, startServer } from "./measure.ts";

const REQUESTS = 20_000;
const PERCENTS = [0.5, 10, 33.33, 50];
/** Of chi-square with one degree of freedom: a fair draw exceeds it once in a thousand times. */
const CHI_SQUARE_LIMIT = 10.83;
const CONNECTIONS = 32;
const ROUNDS = 10;
const SECONDS = 2;
/**
 * Below the 10 000 requests a second that the cloud, as AWS, lets an account send: more would measure how fast it refuses.
 * At a fixed rate the CPU time of a request says what throughput would.
 */
const PER_SECOND = 6000;
const HEADGATE = join(import.meta.dirname, "../packages/cli/bin/headgate.mjs");

const cloud = await startServer(
  [process.execPath, HEADGATE, "local", "start", "--port", "0"],
  /^ready: /,
);
try {
  const endpoint = cloud.line.replace("ready: ", "").trim();
  const stage = await openStage(endpoint);
  const isFair = await benchShares(stage);
  await benchCost(cloud, stage);
  if (!isFair) process.exitCode = 1;
} finally {
  await end(cloud);
}

interface Stage {
  readonly url: string;
  /** Undefined takes the canary away. */
  setPercent(percent: number | undefined): Promise<void>;
}

/** An API that answers "stable" from its stage and "canary" from the canary, made by the REST calls themselves. */
async function openStage(endpoint: string): Promise<Stage> {
  const authorization =
    "AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/apigateway/aws4_request, SignedHeaders=host, Signature=0";
  const call = async (method: string, path: string, body: unknown): Promise<{ id?: string }> => {
    const response = await fetch(endpoint + path, {
      method,
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  };
  const { id } = await call("POST", "/restapis?mode=import", documentOf("stable"));
  await call("POST", `/restapis/${id}/deployments`, { stageName: "prod" });
  await call("PUT", `/restapis/${id}?mode=overwrite`, documentOf("canary"));
  const { id: canaryId } = await call("POST", `/restapis/${id}/deployments`, {});
  const patch = (patchOperations: readonly object[]) =>
    call("PATCH", `/restapis/${id}/stages/prod`, { patchOperations });
  return {
    url: `${endpoint}/_aws/execute-api/${id}/prod/`,
    async setPercent(percent) {
      if (percent === undefined) {
        await patch([{ op: "remove", path: "/canarySettings" }]);
        return;
      }
      await patch([
        { op: "replace", path: "/canarySettings/deploymentId", value: canaryId },
        { op: "replace", path: "/canarySettings/percentTraffic", value: String(percent) },
      ]);
    },
  };
}

function documentOf(version: string) {
  const integration = {
    type: "mock",
    requestTemplates: { "application/json": '{"statusCode": 200}' },
    responses: {
      default: { statusCode: "200", responseTemplates: { "application/json": version } },
    },
  };
  const get = {
    responses: { "200": { description: "ok" } },
    "x-amazon-apigateway-integration": integration,
  };
  return { openapi: "3.0.1", info: { title: "split", version: "1" }, paths: { "/": { get } } };
}

/** Whether every share passed. */
async function benchShares(stage: Stage): Promise<boolean> {
  const rows = [["configured %", "observed %", "canary requests", "chi-square", "verdict"]];
  let isFair = true;
  for (const percent of PERCENTS) {
    await stage.setPercent(percent);
    const canary = await countCanary(stage.url);
    const expected = (REQUESTS * percent) / 100;
    const off = canary - expected;
    const chiSquare = off ** 2 / expected + off ** 2 / (REQUESTS - expected);
    const passes = chiSquare < CHI_SQUARE_LIMIT;
    isFair &&= passes;
    const observed = ((100 * canary) / REQUESTS).toFixed(2);
    rows.push([
      String(percent),
      observed,
      String(canary),
      chiSquare.toFixed(2),
      passes ? "fair" : "NOT FAIR",
    ]);
  }
  printTable(
    `Share of ${REQUESTS} requests; fair is a chi-square below ${CHI_SQUARE_LIMIT} (one fair draw in a thousand is not)`,
    rows,
  );
  return isFair;
}

async function countCanary(url: string): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let left = REQUESTS;
  let canary = 0;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      const body = await bodyOf(url, agent);
      if (body === "canary") canary += 1;
      else if (body !== "stable") throw new Error(`an answer of neither side: ${body}`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  agent.destroy();
  return canary;
}

function bodyOf(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    request(url, { agent }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => (body += chunk.toString()));
      response.on("end", () => resolve(body));
    })
      .on("error", reject)
      .end();
  });
}

async function benchCost(server: Server, stage: Stage): Promise<void> {
  const sides = [undefined, 10].map((percent) => ({
    percent,
    perSecond: new Array<number>(),
    cpuMicros: new Array<number>(),
  }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const { percent, perSecond, cpuMicros } of round % 2 === 0 ? sides : sides.toReversed()) {
      await stage.setPercent(percent);
      const pid = server.child.pid ?? 0;
      const before = cpuMs(pid);
      const result = await autocannon({
        url: stage.url,
        connections: CONNECTIONS,
        duration: SECONDS,
        overallRate: PER_SECOND,
      });
      const done = result["2xx"];
      if (result.errors > 0 || result.non2xx > 0 || done === 0) {
        throw new Error(`${result.errors} errors, ${result.non2xx} answers that are not 2xx`);
      }
      perSecond.push(done / result.duration);
      cpuMicros.push(((cpuMs(pid) - before) * 1000) / done);
    }
  }
  const base = median(sides[0]?.cpuMicros ?? []);
  printTable(
    `Server CPU at ${PER_SECOND} requests/s over ${CONNECTIONS} connections, median and range of ${ROUNDS} x ${SECONDS} s by turns`,
    [
      ["what", "answers/s", "us per request", "of no canary"],
      ...sides.map(({ percent, perSecond, cpuMicros }) => [
        percent === undefined ? "no canary" : `a canary of ${percent} %`,
        spread(perSecond),
        spread(cpuMicros, 1),
        (median(cpuMicros) / base).toFixed(3),
      ]),
    ],
  );
}
