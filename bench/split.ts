// `npm run bench:split`: how truly a Lambda alias, a stage canary and a VPC Lattice listener of the local cloud split
// traffic, and what a canary costs. Exits with 1 when a share is not what a fair draw gives. Loopback only; about two
// minutes.
import { shopClients } from "../packages/cli/src/demo/shop-clients.ts";
import { configurationOf, startCloud, urlOf } from "./local-cloud.ts";
import { end } from "./measure.ts";
import { benchCost } from "./split/cost.ts";
import { openFunctionTargets } from "./split/function-targets.ts";
import { benchShares } from "./split/shares.ts";
import { openStageCanary } from "./split/stage-canary.ts";

const cloud = await startCloud();
try {
  const endpoint = urlOf(cloud);
  const clients = await shopClients(configurationOf(endpoint));
  const site = { endpoint, clients };
  const [alias, listener] = await openFunctionTargets(site);
  const stage = await openStageCanary(site);
  const areFair = await benchShares([alias, stage, listener]);
  await benchCost(cloud, stage);
  clients.close();
  if (!areFair) process.exitCode = 1;
} finally {
  await end(cloud);
}
