// `npm run bench:cloud`: start-up and memory against moto_server, requests per second through API Gateway, a stage
// canary and VPC Lattice to a warm Python function against bare node:http, and the wire layer's CPU time per call.
// Loopback only; about two minutes.
import { benchStartUp } from "./cloud/start-up.ts";
import { benchThroughput } from "./cloud/throughput.ts";
import { printTable } from "./measure.ts";
import { wireRows } from "./wire.ts";

await benchStartUp();
await benchThroughput();
printTable("The wire layer alone, in process: decode and encode, microseconds a call", [
  ["operation", "us"],
  ...(await wireRows()),
]);
