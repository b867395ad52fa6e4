/*
 * Protects what a request meets on its way through a load balancer: its split by weights, its headers, its bodies
 * as streams, and the answers that AWS documents for targets in trouble.
 */
import { once } from "node:events";
import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import {
  DeregisterTargetsCommand,
  ModifyListenerCommand,
  ModifyLoadBalancerAttributesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type BalancerCloud,
  balancerCloud,
  forwardTo,
  startTarget,
  type TargetServer,
} from "./balancer-cloud.ts";

let at: BalancerCloud;
let a: TargetServer;
let b: TargetServer;
let balancer: Awaited<ReturnType<BalancerCloud["balancer"]>>;
let groupA: Awaited<ReturnType<BalancerCloud["group"]>>;
let groupB: Awaited<ReturnType<BalancerCloud["group"]>>;
let listener: Awaited<ReturnType<BalancerCloud["listener"]>>;

beforeAll(async () => {
  at = await balancerCloud();
  a = await startTarget("a");
  b = await startTarget("b");
  balancer = await at.balancer();
  groupA = await at.group([a.port]);
  groupB = await at.group([b.port]);
  listener = await at.listener(balancer.arn, forwardTo(groupA));
});
beforeEach(() => {
  a.handle = (_message, response) => void response.end("a");
});
afterAll(async () => {
  await at.close();
  a.close();
  b.close();
});

async function weigh(weightA: number, weightB: number) {
  await at.elb.send(
    new ModifyListenerCommand({
      ListenerArn: listener.arn,
      DefaultActions: [forwardTo({ ...groupA, weight: weightA }, { ...groupB, weight: weightB })],
    }),
  );
  await at.settle();
}

async function split(count: number) {
  const seen = { a: 0, b: 0 };
  for (let index = 0; index < count; index++) {
    const name = await (await listener.call("/")).text();
    if (name === "a" || name === "b") seen[name]++;
  }
  return seen;
}

describe("weights", () => {
  it("draws a group for each request", async () => {
    await weigh(90, 10);
    const { a: ofA, b: ofB } = await split(300);
    expect(ofA + ofB).toBe(300);
    // Four standard deviations about 30.
    expect(ofB).toBeGreaterThan(9);
    expect(ofB).toBeLessThan(51);
  });

  it("sends nothing to a weight of 0, and answers 503 when all are 0", async () => {
    await weigh(0, 1);
    expect(await split(20)).toEqual({ a: 0, b: 20 });
    await weigh(0, 0);
    const answer = await listener.call("/");
    expect([answer.status, answer.headers.get("server")]).toEqual([503, "awselb/2.0"]);
    expect(await answer.text()).toContain("<h1>503 Service Unavailable</h1>");
    await weigh(1, 0);
  });
});

it("is reached by its name on the cloud's one port, and by path", async () => {
  const port = Number(balancer.dnsName.split(":")[1]);
  expect(port).toBe(at.cloud.port);
  const call = request({
    port,
    host: "127.0.0.1",
    path: "/x",
    headers: { host: balancer.dnsName },
  });
  call.end();
  const [answer]: IncomingMessage[] = await once(call, "response");
  if (answer === undefined) throw new Error("no response");
  expect(await text(answer)).toBe("a");
  const label = balancer.dnsName.split(".")[0] ?? "";
  const byPath = await fetch(`${at.cloud.url}/_aws/elb/${label}:80/x`);
  expect(await byPath.text()).toBe("a");
  expect((await fetch(`${at.cloud.url}/_aws/elb/${label}:81/x`)).status).toBe(404);
});

it("passes method, target, headers and body on, and adds its own headers", async () => {
  let seen: IncomingMessage | undefined;
  let body = "";
  a.handle = async (message, response) => {
    seen = message;
    body = await text(message);
    response.writeHead(207, { "x-answer": "yes", connection: "close" }).end("done");
  };
  const answer = await listener.call("/a%20b?c=d&e", {
    method: "PATCH",
    headers: {
      "X-Custom": "v",
      "x-forwarded-for": "10.0.0.9",
      "x-amzn-trace-id": "Root=1-67891233-abcdef012345678912345678;CalledFrom=app",
    },
    body: "payload",
  });
  expect([answer.status, answer.headers.get("x-answer")]).toEqual([207, "yes"]);
  expect(await answer.text()).toBe("done");
  expect([seen?.method, seen?.url, body]).toEqual(["PATCH", "/a%20b?c=d&e", "payload"]);
  expect(seen?.headers).toMatchObject({
    "x-custom": "v",
    "x-forwarded-for": "10.0.0.9, 127.0.0.1",
    "x-forwarded-port": "80",
    "x-forwarded-proto": "http",
  });
  expect(seen?.headers["x-amzn-trace-id"]).toMatch(
    /^Self=1-[0-9a-f]{8}-[0-9a-f]{24};Root=1-67891233-abcdef012345678912345678;CalledFrom=app$/,
  );
});

it("streams: the first bytes of both bodies arrive before the last are sent", async () => {
  let endAnswer = () => {};
  a.handle = async (message, response) => {
    const [first] = await once(message, "data");
    response.writeHead(200).write(`got ${String(first)};`);
    endAnswer = () => void response.end("end");
    message.resume();
  };
  const { hostname, port } = new URL(listener.url);
  const call = request({ hostname, port, path: "/", method: "POST" });
  call.write("one");
  const [answer]: IncomingMessage[] = await once(call, "response");
  if (answer === undefined) throw new Error("no response");
  const [chunk] = await once(answer, "data");
  expect(String(chunk)).toBe("got one;");
  call.end("two");
  endAnswer();
  expect(await text(answer)).toBe("end");
});

it("answers HEAD and 204 without a body", async () => {
  a.handle = (message, response) =>
    void response.writeHead(message.method === "HEAD" ? 200 : 204, { "x-a": "b" }).end();
  const head = await listener.call("/", { method: "HEAD" });
  expect([head.status, head.headers.get("x-a"), await head.text()]).toEqual([200, "b", ""]);
  const empty = await listener.call("/", { method: "DELETE" });
  expect([empty.status, await empty.text()]).toEqual([204, ""]);
});

describe("targets in trouble", () => {
  it("answers 502 for a target that resets the connection, and counts it", async () => {
    const name = { LoadBalancer: balancer.dimension };
    const before = await at.sum("HTTPCode_ELB_502_Count", name);
    a.handle = (message) => void message.socket.resetAndDestroy();
    expect((await listener.call("/")).status).toBe(502);
    expect(await at.sum("HTTPCode_ELB_502_Count", name)).toBe(before + 1);
  });

  it("answers 502 for an answer with 33 KiB of headers, and passes 30 KiB on", async () => {
    a.handle = (message, response) =>
      void response.setHeader("x-long", "x".repeat(Number(message.headers["x-size"]))).end("a");
    const answer = await listener.call("/", { headers: { "x-size": String(33 * 1024) } });
    expect(answer.status).toBe(502);
  });

  it("refuses a request header of more than 16 KiB, and one of 60 KiB in all it takes", async () => {
    const { hostname, port } = new URL(listener.url);
    const statusOf = async (headers: Record<string, string>) => {
      const call = request({ hostname, port, path: "/", headers });
      call.end();
      const [answer]: IncomingMessage[] = await once(call, "response");
      answer?.resume();
      return answer?.statusCode;
    };
    const long = (bytes: number) => "x".repeat(bytes);
    expect(await statusOf({ "x-a": long(17 * 1024) })).toBe(400);
    // A target of Node itself takes 16 KiB in all: what it answers shows that the request came through.
    const fifteen = long(15 * 1024);
    expect(await statusOf({ "x-a": fifteen, "x-b": fifteen, "x-c": fifteen, "x-d": fifteen })).toBe(
      431,
    );
  });

  it("answers 463 for more than 30 forwarded addresses, 405 for TRACE", async () => {
    const addresses = Array.from({ length: 31 }, () => "10.0.0.1").join(", ");
    const answer = await listener.call("/", { headers: { "x-forwarded-for": addresses } });
    expect(answer.status).toBe(463);
    const { hostname, port } = new URL(listener.url);
    const call = request({ hostname, port, path: "/", method: "TRACE" });
    call.end();
    const [traced]: IncomingMessage[] = await once(call, "response");
    traced?.resume();
    expect(traced?.statusCode).toBe(405);
  });

  it("answers 504 when a target is silent for the idle timeout", async () => {
    await at.elb.send(
      new ModifyLoadBalancerAttributesCommand({
        LoadBalancerArn: balancer.arn,
        Attributes: [{ Key: "idle_timeout.timeout_seconds", Value: "20" }],
      }),
    );
    const arrived = Promise.withResolvers<void>();
    a.handle = () => arrived.resolve();
    const call = listener.call("/");
    await arrived.promise;
    await at.cloud.advance(20_000);
    expect((await call).status).toBe(504);
  });

  it("ends the client's connection when a target breaks off in the middle", async () => {
    a.handle = (_message, response) => {
      response.writeHead(200, { "content-length": "100" }).write("half");
      response.socket?.destroySoon();
    };
    const answer = await listener.call("/");
    await expect(answer.text()).rejects.toThrow("terminated");
  });

  it("counts a client that went away as 460, not as the target's failure", async () => {
    const name = { LoadBalancer: balancer.dimension };
    const before = [
      await at.sum("HTTPCode_ELB_4XX_Count", name),
      await at.sum("HTTPCode_ELB_5XX_Count", name),
    ];
    const arrived = Promise.withResolvers<ServerResponse>();
    a.handle = (_message, response) => arrived.resolve(response);
    const abort = new AbortController();
    const call = listener.call("/", { signal: abort.signal });
    const held = await arrived.promise;
    abort.abort();
    await expect(call).rejects.toThrow("aborted");
    // The load balancer lets go of the target, too.
    await once(held, "close");
    a.handle = (_message, response) => void response.end();
    await (await listener.call("/")).text();
    expect([
      await at.sum("HTTPCode_ELB_4XX_Count", name),
      await at.sum("HTTPCode_ELB_5XX_Count", name),
    ]).toEqual([(before[0] ?? 0) + 1, before[1]]);
  });

  it("answers 502 for a port where nobody listens and 503 for a group without targets", async () => {
    const gone = await startTarget("gone");
    const group = await at.group([gone.port]);
    gone.close();
    const other = await at.listener(balancer.arn, forwardTo(group), { Port: 8081 });
    expect((await other.call("/")).status).toBe(502);
    const both = { LoadBalancer: balancer.dimension, TargetGroup: group.dimension };
    expect(await at.sum("TargetConnectionErrorCount", both)).toBe(1);
    await at.elb.send(
      new DeregisterTargetsCommand({
        TargetGroupArn: group.arn,
        Targets: [{ Id: "127.0.0.1", Port: gone.port }],
      }),
    );
    expect((await other.call("/")).status).toBe(503);
  });
});

describe("websockets", () => {
  it("passes an upgrade on and every byte both ways", async () => {
    a.server.on("upgrade", (message, socket) => {
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nx-for: ${String(message.headers["x-forwarded-for"])}\r\n\r\n`,
      );
      socket.pipe(socket);
    });
    const { hostname, port } = new URL(listener.url);
    const socket = connect(Number(port), hostname);
    socket.setEncoding("utf8");
    let heard = "";
    socket.on("data", (chunk) => (heard += String(chunk)));
    const has = async (part: string) => {
      while (!heard.includes(part)) await once(socket, "data");
    };
    socket.write(
      "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    await has("\r\n\r\n");
    expect(heard).toMatch(/^HTTP\/1\.1 101 /);
    expect(heard).toContain("x-for: 127.0.0.1");
    socket.write("hello");
    await has("hello");
    socket.write("again");
    await has("again");
    socket.destroy();
  });
});

it("keeps the same numbers for the load balancer and the group in AWS's dimensions", async () => {
  await weigh(1, 0);
  const own = { LoadBalancer: balancer.dimension };
  const both = { ...own, TargetGroup: groupA.dimension };
  const before = [
    await at.sum("RequestCount", own),
    await at.sum("HTTPCode_Target_2XX_Count", both),
  ];
  for (let index = 0; index < 3; index++) await (await listener.call("/")).text();
  expect([
    await at.sum("RequestCount", own),
    await at.sum("HTTPCode_Target_2XX_Count", both),
  ]).toEqual([(before[0] ?? 0) + 3, (before[1] ?? 0) + 3]);
  expect(await at.sum("TargetResponseTime", both)).toBeGreaterThan(0);
  expect(await at.sum("HealthyHostCount", both)).toBeGreaterThan(0);
  expect(await at.sum("NewConnectionCount", own)).toBeGreaterThan(0);
});
