import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** Paths that are not routes count as one, or anybody could make metrics without end. */
const OTHER = "other";

/** The service's own metrics, beside those of Node.js: requests with their times, and how many fail on purpose. */
export function createMetrics(version, routes) {
  const registry = new Registry();
  registry.setDefaultLabels({ version });
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: "http_request_duration_seconds",
    help: "Requests by method, route and status, with the time until the last byte",
    labelNames: ["method", "route", "status"],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    registers: [registry],
  });
  const errorRate = new Gauge({
    name: "error_rate",
    help: "The share of the requests for data that fail on purpose, 0 to 1",
    registers: [registry],
  });
  return {
    errorRate,
    contentType: registry.contentType,
    text: () => registry.metrics(),
    /** Counts the answer to one request when it has ended. */
    watch(request, response, path) {
      const end = requests.startTimer({
        method: request.method,
        route: routes.includes(path) ? path : OTHER,
      });
      response.once("close", () => end({ status: response.statusCode }));
    },
  };
}
