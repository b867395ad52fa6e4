import { randomUUID, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createMetrics } from "./metrics.js";
import { numberIn } from "./settings.js";

const ROUTES = ["/health", "/ready", "/metrics", "/api/data", "/admin/error-rate"];
const BODY_MAX_BYTES = 1024;

/**
 * /health: the process is alive. /ready: it takes requests. /metrics: for Prometheus. /api/data: what users want.
 * POST /admin/error-rate, with ADMIN_TOKEN and a number from 0 to 1: that share of /api/data fails from now on, in
 * the task that answers.
 */
export function createService({ version, errorRate, adminToken }) {
  const metrics = createMetrics(version, ROUTES);
  metrics.errorRate.set(errorRate);
  let rate = errorRate;
  let isReady = false;

  const routes = {
    "GET /health": () => json(200, { status: "healthy", version }),
    "GET /ready": () => json(isReady ? 200 : 503, { status: isReady ? "ready" : "ending" }),
    "GET /metrics": async () => [200, metrics.contentType, await metrics.text()],
    "GET /api/data": () =>
      Math.random() < rate
        ? json(500, { error: "the data cannot be read", version })
        : json(200, { version, id: randomUUID(), items: ["tea", "coffee", "cocoa"] }),
    "POST /admin/error-rate": async (request) => {
      if (!isAdmin(request, adminToken)) return json(403, { error: "only with ADMIN_TOKEN" });
      try {
        rate = numberIn("the error rate", await bodyOf(request), 0, 1);
      } catch (error) {
        return json(400, { error: error.message });
      }
      metrics.errorRate.set(rate);
      return json(200, { errorRate: rate });
    },
  };

  const server = createServer(async (request, response) => {
    const path = request.url.split("?")[0];
    metrics.watch(request, response, path);
    const route = routes[`${request.method === "HEAD" ? "GET" : request.method} ${path}`];
    const [status, type, body] = route
      ? await route(request)
      : json(ROUTES.includes(path) ? 405 : 404, { error: `no ${request.method} ${path}` });
    response.writeHead(status, { "content-type": type, "x-version": version });
    response.end(body);
  });
  // Longer than the load balancer's idle timeout of 60 seconds: who closes first must not be the service.
  server.keepAliveTimeout = 65_000;

  return {
    /** @returns the port, also when 0 asked for any. */
    async listen(port) {
      server.listen(port);
      await once(server, "listening");
      isReady = true;
      return server.address().port;
    },
    /** /ready turns 503 first; after `drainMs` no connection is taken, and what has begun is finished. */
    async close(drainMs) {
      isReady = false;
      await sleep(drainMs);
      server.close();
      server.closeIdleConnections();
      await once(server, "close");
    },
  };
}

function json(status, value) {
  return [status, "application/json", JSON.stringify(value)];
}

/** Compares in the same time whatever is wrong. */
function isAdmin({ headers }, token = "") {
  const given = Buffer.from(headers.authorization ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return token !== "" && given.length === wanted.length && timingSafeEqual(given, wanted);
}

async function bodyOf(request) {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) {
    body += chunk;
    if (body.length > BODY_MAX_BYTES) throw new RangeError(`more than ${BODY_MAX_BYTES} bytes`);
  }
  return body;
}
