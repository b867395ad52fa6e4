// `npm run bench:alb`: weighted forward of a load balancer of the local cloud against nginx split_clients and haproxy in
// one run: requests per second, latency added, and how truly it splits. Exits with 1 when a share is not what a fair
// draw gives. Needs nginx and haproxy; loopback only; under three minutes, with `-- --quick` under 40 seconds.
import { parseArgs } from "node:util";
import { benchAccuracy } from "./alb/accuracy.ts";
import { benchLatency } from "./alb/latency.ts";
import { createLoadBalancer } from "./alb/load-balancer.ts";
import { type Peer, startPeers } from "./alb/peers.ts";
import { startTargets } from "./alb/targets.ts";
import { benchThroughput } from "./alb/throughput.ts";
import { startCloud, urlOf } from "./local-cloud.ts";
import { end, type Server } from "./measure.ts";

const { values } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const size = values.quick
  ? { throughput: { rounds: 2, seconds: 1 }, latency: { rounds: 1, seconds: 1 }, requests: 10_000 }
  : { throughput: { rounds: 5, seconds: 3 }, latency: { rounds: 3, seconds: 2 }, requests: 50_000 };

/** A machine that needs longer has no time to be measured on. */
const DEADLINE_MS = 180_000;

const targets = await startTargets();
let peers: readonly Peer[] = [];
let cloud: Server | undefined;

async function endAll(): Promise<void> {
  if (cloud !== undefined) await end(cloud);
  for (const peer of peers) await peer.end();
  await end(targets.server);
}

setTimeout(() => {
  process.stderr.write(`not done in ${DEADLINE_MS / 1000} s: the machine is too busy\n`);
  void endAll().finally(() => process.exit(1));
}, DEADLINE_MS).unref();

try {
  peers = await startPeers(targets);
  cloud = await startCloud();
  const balancer = await createLoadBalancer(urlOf(cloud), targets);
  const pid = cloud.child.pid ?? 0;
  const direct = {
    name: "the target itself",
    url: `http://127.0.0.1:${targets.stable}`,
    pid: targets.server.child.pid ?? 0,
  };
  const own = { name: "load balancer, listener's port", url: balancer.url, pid };
  const named = { name: "load balancer, by its name", ...balancer.byName, pid };
  await benchThroughput([direct, ...peers, own, named], peers[0]?.name ?? "", size.throughput);
  await benchLatency(direct, [...peers, own], size.latency);
  if (!(await benchAccuracy(balancer, targets, size.requests))) process.exitCode = 1;
} finally {
  await endAll();
}
