/*
 * Protects that attributes do what they say to the traffic: what targets are told of clients and of the host, what clients
 * are told of the server, which targets are chosen, and that logs which cannot be written are not silently promised.
 */
import { once } from "node:events";
import { type IncomingHttpHeaders, request } from "node:http";
import {
  ModifyListenerAttributesCommand,
  ModifyLoadBalancerAttributesCommand,
  ModifyTargetGroupAttributesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import {
  type BalancerCloud,
  balancerCloud,
  forwardTo,
  startTarget,
  type TargetServer,
} from "./balancer-cloud.ts";
import { rawClient } from "./raw-client.ts";

let at: BalancerCloud;
let a: TargetServer;
let b: TargetServer;
let balancer: Awaited<ReturnType<BalancerCloud["balancer"]>>;
let group: Awaited<ReturnType<BalancerCloud["group"]>>;
let listener: Awaited<ReturnType<BalancerCloud["listener"]>>;
const warnings: string[] = [];
let seen: IncomingHttpHeaders = {};

beforeAll(async () => {
  at = await balancerCloud({ warn: (message) => void warnings.push(message) });
  a = await startTarget("a");
  b = await startTarget("b");
  for (const target of [a, b]) {
    target.handle = (message, response) => {
      seen = message.headers;
      response.end(target === a ? "a" : "b");
    };
  }
  balancer = await at.balancer();
  group = await at.group([a.port, b.port], { HealthCheckIntervalSeconds: 10 });
  listener = await at.listener(balancer.arn, forwardTo(group), { Port: 8080 });
  await at.cloud.advance(15_000);
});
afterEach(() => set({ ...DEFAULTS }));
afterAll(async () => {
  await at.close();
  a.close();
  b.close();
});

const DEFAULTS = {
  "routing.http.xff_header_processing.mode": "append",
  "routing.http.xff_client_port.enabled": "false",
  "routing.http.preserve_host_header.enabled": "false",
  "routing.http.drop_invalid_header_fields.enabled": "false",
  "access_logs.s3.enabled": "false",
};

function pairs(values: Readonly<Record<string, string>>) {
  return Object.entries(values).map(([Key, Value]) => ({ Key, Value }));
}

async function set(values: Readonly<Record<string, string>>): Promise<void> {
  await at.elb.send(
    new ModifyLoadBalancerAttributesCommand({
      LoadBalancerArn: balancer.arn,
      Attributes: pairs(values),
    }),
  );
}

/** What the target was told. */
async function headersFor(given: Readonly<Record<string, string>>): Promise<IncomingHttpHeaders> {
  const { hostname, port } = new URL(listener.url);
  const call = request({ hostname, port, path: "/", headers: given });
  call.end();
  const [answer] = await once(call, "response");
  answer.resume();
  return seen;
}

it.each([
  ["append", "10.0.0.9, 127.0.0.1"],
  ["preserve", "10.0.0.9"],
  ["remove", undefined],
])("X-Forwarded-For in mode %s", async (mode, expected) => {
  await set({ "routing.http.xff_header_processing.mode": mode });
  expect((await headersFor({ "X-Forwarded-For": "10.0.0.9" }))["x-forwarded-for"]).toBe(expected);
});

it("adds the client's port where that is asked for", async () => {
  await set({ "routing.http.xff_client_port.enabled": "true" });
  expect((await headersFor({}))["x-forwarded-for"]).toMatch(/^127\.0\.0\.1:\d+$/);
});

it("adds the listener's port to the host, unless it is told to leave the host alone", async () => {
  expect((await headersFor({ host: "shop.example" })).host).toBe("shop.example:8080");
  expect((await headersFor({ host: "shop.example:81" })).host).toBe("shop.example:81");
  await set({ "routing.http.preserve_host_header.enabled": "true" });
  expect((await headersFor({ host: "shop.example" })).host).toBe("shop.example");
});

it("drops headers with other names where that is asked for", async () => {
  expect(await headersFor({ x_y: "1", "x-y": "2" })).toMatchObject({ x_y: "1", "x-y": "2" });
  await set({ "routing.http.drop_invalid_header_fields.enabled": "true" });
  const { x_y: dropped, "x-y": kept } = await headersFor({ x_y: "1", "x-y": "2" });
  expect([dropped, kept]).toEqual([undefined, "2"]);
});

it("hides the server where that is asked for", async () => {
  const other = await at.listener(
    balancer.arn,
    { Type: "fixed-response", FixedResponseConfig: { StatusCode: "200" } },
    { Port: 8081 },
  );
  expect((await other.call("/")).headers.get("server")).toBe("awselb/2.0");
  await at.elb.send(
    new ModifyListenerAttributesCommand({
      ListenerArn: other.arn,
      Attributes: pairs({ "routing.http.response.server.enabled": "false" }),
    }),
  );
  expect((await other.call("/")).headers.get("server")).toBeNull();
});

it("sends a request to the target with the fewest, where that is asked for", async () => {
  const algorithm = (type: string) =>
    at.elb.send(
      new ModifyTargetGroupAttributesCommand({
        TargetGroupArn: group.arn,
        Attributes: pairs({ "load_balancing.algorithm.type": type }),
      }),
    );
  await algorithm("least_outstanding_requests");
  const before = a.handle;
  const held = Promise.withResolvers<() => void>();
  a.handle = (_message, response) => held.resolve(() => void response.end("a"));
  const call = async () => (await listener.call("/")).text();
  // Until one has come to it; from then on it has more than the other.
  const calls: Promise<string>[] = [];
  const isHeld = async () => {
    const made = call();
    calls.push(made);
    return Promise.race([held.promise.then(() => true), made.then(() => false)]);
  };
  while (!(await isHeld()));
  const next: string[] = [];
  for (let turn = 0; turn < 10; turn++) next.push(await call());
  expect(next.join("")).toBe("b".repeat(10));
  (await held.promise)();
  await Promise.all(calls);
  a.handle = before;
  await algorithm("round_robin");
});

it("says that connection logs are not written", async () => {
  await set({ "connection_logs.s3.enabled": "true", "connection_logs.s3.bucket": "logs" });
  expect(warnings.join()).toContain("these logs are not written here");
});

it("opens a websocket by the load balancer's name on the cloud's one port", async () => {
  const upgrade = (message: { url?: string | undefined }, socket: NodeJS.WritableStream) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nx-path: ${message.url ?? ""}\r\n\r\n`,
    );
    socket.write("welcome");
  };
  a.server.on("upgrade", upgrade);
  b.server.on("upgrade", upgrade);
  const client = await rawClient(at.cloud.port);
  const ask = (host: string) =>
    `GET /ws HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
  client.socket.write(ask(balancer.dnsName));
  await client.until("welcome");
  expect(client.heard()).toMatch(/^HTTP\/1\.1 101 /);
  expect(client.heard()).toContain("x-path: /ws");
  // Whoever else is asked for a websocket answers as to any request.
  const other = await rawClient(at.cloud.port);
  other.socket.write(ask("127.0.0.1"));
  await other.until("HTTP/1.1 ");
  expect(other.heard()).not.toContain(" 101 ");
  // Both are left open: the cloud closes all the same.
});
