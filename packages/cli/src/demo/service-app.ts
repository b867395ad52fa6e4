import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DEMO_NAMESPACE, type DemoRelease } from "./app.ts";

/** What a container of the demo starts, in its working directory. */
export const SERVICE_ENTRYPOINT = ["node", "server.mjs"] as const;
export const SERVICE_PORT = 8080;
/** Answers 200 while the service takes requests. */
export const SERVICE_HEALTH = "/health";

/**
 * The service's source. It counts its failed orders in its log, in CloudWatch's embedded metric format with a
 * resolution of one second, as the demo's function does.
 */
function serviceSource({ version, failureRate }: DemoRelease): string {
  return `import { randomUUID } from "node:crypto";
import { createServer } from "node:http";

const VERSION = "${version}";
const FAILURE_RATE = ${failureRate};

function count(failed) {
  console.log(JSON.stringify({
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [{
        Namespace: "${DEMO_NAMESPACE}",
        Dimensions: [[]],
        Metrics: [{ Name: "FailedOrders", Unit: "Count", StorageResolution: 1 }],
      }],
    },
    FailedOrders: failed,
  }));
}

const server = createServer((request, response) => {
  if (request.url === "${SERVICE_HEALTH}") {
    response.end("ok");
    return;
  }
  const hasFailed = Math.random() < FAILURE_RATE;
  count(hasFailed ? 1 : 0);
  response.writeHead(hasFailed ? 500 : 200, { "content-type": "application/json" });
  response.end(JSON.stringify(
    hasFailed ? { error: "the price list is empty" } : { version: VERSION, order: randomUUID() },
  ));
});
// The load balancer keeps its connections for a minute: who closes first must not be the service.
server.keepAliveTimeout = 65_000;
server.listen(${SERVICE_PORT});

process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
`;
}

/** The release's service in a folder of its own. @returns that folder. */
export function writeServiceCode(folder: string, release: DemoRelease): string {
  const code = join(folder, "service");
  mkdirSync(code, { recursive: true });
  writeFileSync(join(code, "server.mjs"), serviceSource(release));
  return code;
}
