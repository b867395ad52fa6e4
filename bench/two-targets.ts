// Two targets in one process, each on a port of its own: they answer a few bytes and count what they answered.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

const BODY = JSON.stringify({ version: "1.0.0", environment: "blue" });
const HEADERS = { "content-type": "application/json", "content-length": BODY.length };

const counts = [0, 0];

async function start(index: number): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume();
    if (request.url === "/counts") return void response.end(JSON.stringify(counts));
    if (request.url === "/work") counts[index] = (counts[index] ?? 0) + 1;
    response.writeHead(200, HEADERS).end(BODY);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

const servers = await Promise.all([start(0), start(1)]);
const ports = servers.map((server) => (server.address() as AddressInfo).port);
process.stdout.write(`ready: ${ports.join(" ")}\n`);
process.once("SIGTERM", () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});
