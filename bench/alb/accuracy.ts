// How truly the load balancer splits by weight, counted where the requests arrive.
import autocannon from "autocannon";
import { printTable } from "../measure.ts";
import { fairBounds } from "../split/binomial.ts";
import type { LoadBalancer } from "./load-balancer.ts";
import type { Targets } from "./targets.ts";

/** 0.1 %, 1 % and 10 %: the canary's weight is 1. */
const ONE_IN = [1000, 100, 10];
/** A fair split fails a verdict at most this often. */
const LEVEL = 0.001;
const CONNECTIONS = 64;

/** Whether every share was inside its bounds. */
export async function benchAccuracy(
  balancer: LoadBalancer,
  targets: Targets,
  requests: number,
): Promise<boolean> {
  const rows = [["configured %", "observed %", "canary requests", "exact bounds", "verdict"]];
  let areAllFair = true;
  for (const oneIn of ONE_IN) {
    await balancer.weigh(oneIn - 1, 1);
    const before = await targets.counts();
    const result = await autocannon({
      url: `${balancer.url}/work`,
      connections: CONNECTIONS,
      amount: requests,
    });
    const after = await targets.counts();
    const canary = after.canary - before.canary;
    const arrived = canary + after.stable - before.stable;
    if (arrived !== requests || result["2xx"] !== requests) {
      throw new Error(`${arrived} of ${requests} requests arrived, ${result["2xx"]} were answered`);
    }
    const { low, high } = fairBounds(requests, 1 / oneIn, LEVEL);
    const isFair = canary >= low && canary <= high;
    areAllFair &&= isFair;
    rows.push([
      String(100 / oneIn),
      ((100 * canary) / requests).toFixed(3),
      String(canary),
      `${low} to ${high}`,
      isFair ? "inside" : "OUTSIDE",
    ]);
  }
  printTable(
    `Share of ${requests} requests; outside of its exact two-sided binomial bounds lies at most ${LEVEL * 100} % of fair draws`,
    rows,
  );
  return areAllFair;
}
