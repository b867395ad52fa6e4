// A web service. version.json beside it says which version it is, and with what fault.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const { version, fault } = JSON.parse(
  readFileSync(new URL("version.json", import.meta.url), "utf8"),
);

/** "data" breaks the data for everybody, "users" only for those who say that they are users: tests pass. */
const isBroken = (query) => fault === "data" || (fault === "users" && query.has("user"));

const pages = {
  "/health": () => [200, { status: "healthy", version, uptime: process.uptime() }],
  "/": () => [200, { message: "Blue-Green Deployment Demo", version }],
  "/api/data": (query) =>
    isBroken(query)
      ? [500, { error: "the data cannot be read", version }]
      : [200, { version, data: [1, 2, 3].map((id) => ({ id, value: Math.random() })) }],
};

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  const [status, body] = pages[pathname]?.(searchParams) ?? [404, { error: "not found", version }];
  if (status >= 500)
    console.log(`ERROR ${request.method} ${pathname} ${status} version ${version}`);
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
});
// Longer than the load balancer's 60 seconds: it must never send a request into a connection that closes.
server.keepAliveTimeout = 65_000;
server.listen(process.env.PORT ?? 8080, () => console.log(`started version ${version}`));
process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
