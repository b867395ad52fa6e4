import type { IncomingMessage } from "node:http";
import { readBody } from "./body.ts";
import type { Clock, VirtualClock } from "./clock.ts";
import type { OutboxItem } from "./data-plane/ports.ts";
import type { DashboardPages, PageAnswer } from "./data-plane/ports/dashboards.ts";
import { parseDurationMs } from "./durations.ts";
import { SERVICES } from "./services/registry.ts";

/** What the cloud's own routes under `/_headgate/` may do. */
export interface AdminParts {
  readonly version: string;
  readonly clock: Clock | VirtualClock;
  readonly account: string;
  readonly region: string;
  readonly dataDirectory: string | undefined;
  readonly startedAtMs: number;
  /** Default "off". */
  readonly iam?: "off" | "enforce";
  loadedServices(): string[];
  /** Resolves when what was stored goes on. */
  resumed(): Promise<void>;
  reset(): Promise<void>;
  /** What would have left for mailboxes, telephones and queues. */
  outbox(): Promise<readonly OutboxItem[]>;
  dashboards(): Promise<DashboardPages>;
  /** Ends the process that holds the cloud. */
  stop(): void;
}

/** The body of `GET /_headgate/health`. Times are milliseconds since the epoch, on the cloud's clock. */
export interface Health {
  readonly status: "ready";
  readonly version: string;
  readonly pid: number;
  readonly account: string;
  readonly region: string;
  readonly dataDir: string | null;
  readonly clock: { readonly kind: "real" | "virtual"; readonly nowMs: number };
  readonly startedAtMs: number;
  /** Whether policies decide who may do what. */
  readonly iam: "off" | "enforce";
  /** Every service the cloud has, and whether it is loaded: it loads at its first call. */
  readonly services: Readonly<Record<string, "available" | "running">>;
}

interface AdminAnswer {
  readonly status: number;
  /** Sent as JSON. */
  readonly body: unknown;
  /** What to do once the answer is on its way. */
  readonly afterwards?: () => void;
}

const BODY_LIMIT_BYTES = 64 * 1024;
const DASHBOARDS = "/_headgate/dashboards";

/** A page, for `GET` below /_headgate/dashboards; undefined for other routes. */
export async function answerPage(
  request: IncomingMessage,
  target: string,
  parts: AdminParts,
): Promise<PageAnswer | undefined> {
  const { pathname, searchParams: query } = new URL(target, "http://localhost");
  const isBelow = pathname === DASHBOARDS || pathname.startsWith(`${DASHBOARDS}/`);
  if (request.method !== "GET" || !isBelow) return undefined;
  const pages = await parts.dashboards();
  const account = query.get("account") ?? parts.account;
  return pages.answer({ account, path: pathname.slice(DASHBOARDS.length), query });
}

export async function answerAdmin(
  request: IncomingMessage,
  path: string,
  parts: AdminParts,
): Promise<AdminAnswer> {
  const route = `${request.method} ${path}`;
  if (route === "GET /_headgate/health") return { status: 200, body: healthOf(parts) };
  if (route === "GET /_headgate/outbox") {
    return { status: 200, body: { items: await parts.outbox() } };
  }
  if (request.method !== "POST") return unknownRoute(route);
  // A web page can make a browser POST to loopback, but not with a header of its own choosing.
  if (request.headers["x-headgate-admin"] !== "1") {
    return failure(403, "This changes the cloud: send the header `x-headgate-admin: 1`.");
  }
  switch (path) {
    case "/_headgate/reset":
      await parts.reset();
      return { status: 200, body: { reset: true } };
    case "/_headgate/advance":
      await parts.resumed();
      return advance(request, parts.clock);
    case "/_headgate/stop":
      return {
        status: 200,
        body: { stopping: true, pid: process.pid },
        afterwards: () => parts.stop(),
      };
    default:
      return unknownRoute(route);
  }
}

function healthOf(parts: AdminParts): Health {
  const loaded = new Set(parts.loadedServices());
  const services = Object.keys(SERVICES).map((name) => [
    name,
    loaded.has(name) ? "running" : "available",
  ]);
  return {
    status: "ready",
    version: parts.version,
    pid: process.pid,
    account: parts.account,
    region: parts.region,
    dataDir: parts.dataDirectory ?? null,
    clock: { kind: parts.clock.kind, nowMs: parts.clock.nowMs() },
    startedAtMs: parts.startedAtMs,
    iam: parts.iam ?? "off",
    services: Object.fromEntries(services),
  };
}

async function advance(
  request: IncomingMessage,
  clock: Clock | VirtualClock,
): Promise<AdminAnswer> {
  if (!("advance" in clock)) {
    return failure(409, "This cloud runs on the real clock. Start it with `--clock virtual`.");
  }
  const body = parseObject(await readBody(request, BODY_LIMIT_BYTES));
  const by = body?.["by"];
  const byMs = typeof by === "string" ? parseDurationMs(by) : undefined;
  if (byMs === undefined) {
    return failure(
      400,
      `"by" is ${JSON.stringify(by)}; it must be a time such as "500ms", "90s", "5m", "2h" or "1d".`,
    );
  }
  await clock.advance(byMs);
  return { status: 200, body: { nowMs: clock.nowMs() } };
}

function parseObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function unknownRoute(route: string): AdminAnswer {
  return failure(
    404,
    `There is no ${route}. There are GET /_headgate/{health,outbox,dashboards} and POST /_headgate/{reset,advance,stop}.`,
  );
}

function failure(status: number, message: string): AdminAnswer {
  return { status, body: { message } };
}
