// How truly the targets split: the canary's requests of 20 000, against what a fair draw gives.
import { Agent, request } from "node:http";
import { printTable } from "../measure.ts";
import { fairBounds } from "./binomial.ts";
import type { SplitTarget } from "./target.ts";

const REQUESTS = 20_000;
/** 0.1 %, 1 %, 10 % and 50 %. */
const ONE_IN = [1000, 100, 10, 2];
/** A fair split fails a verdict at most this often: with twelve of them, a run in eighty at most. */
const LEVEL = 0.001;
const CONNECTIONS = 32;
const ANSWER_WITHIN_MS = 10_000;

/** Whether every share of every target was inside its bounds. */
export async function benchShares(targets: readonly SplitTarget[]): Promise<boolean> {
  const rows = [
    ["target", "configured %", "observed %", "canary requests", "exact bounds", "verdict"],
  ];
  let areAllFair = true;
  for (const target of targets) {
    for (const oneIn of ONE_IN) {
      await target.setShare(oneIn);
      const canary = await countCanary(target);
      const { low, high } = fairBounds(REQUESTS, 1 / oneIn, LEVEL);
      const isFair = canary >= low && canary <= high;
      areAllFair &&= isFair;
      rows.push([
        target.name,
        String(100 / oneIn),
        ((100 * canary) / REQUESTS).toFixed(3),
        String(canary),
        `${low} to ${high}`,
        isFair ? "inside" : "OUTSIDE",
      ]);
    }
  }
  printTable(
    `Share of ${REQUESTS} requests; outside of its exact two-sided binomial bounds lies at most ${LEVEL * 100} % of fair draws`,
    rows,
  );
  return areAllFair;
}

async function countCanary({ name, url, answers }: SplitTarget): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let left = REQUESTS;
  let canary = 0;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      const body = await bodyOf(url, agent);
      if (body === answers.canary) canary += 1;
      else if (body !== answers.stable) {
        throw new Error(
          `${name} at ${url} answered ${body}, not ${answers.stable} or ${answers.canary}`,
        );
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  } finally {
    agent.destroy();
  }
  return canary;
}

function bodyOf(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, timeout: ANSWER_WITHIN_MS }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => (body += chunk.toString()));
      response.on("end", () => resolve(body));
      response.on("error", reject);
    });
    asked.on("timeout", () =>
      asked.destroy(new Error(`${url}: silent for ${ANSWER_WITHIN_MS} ms`)),
    );
    asked.on("error", reject);
    asked.end();
  });
}
