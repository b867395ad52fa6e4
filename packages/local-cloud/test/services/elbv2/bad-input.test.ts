/*
 * Protects the load balancer from clients and targets that misbehave, over real sockets: each gets the answer that
 * AWS documents, it is counted, what never ends is held back instead of piling up, and the next request is served.
 */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Socket } from "node:net";
import {
  CreateListenerCommand,
  ModifyListenerCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import {
  type BalancerCloud,
  balancerCloud,
  forwardTo,
  startTarget,
  type TargetServer,
} from "./balancer-cloud.ts";
import { rawClient } from "./raw-client.ts";

let at: BalancerCloud;
let target: TargetServer;
let balancer: Awaited<ReturnType<BalancerCloud["balancer"]>>;
let group: Awaited<ReturnType<BalancerCloud["group"]>>;
let listener: Awaited<ReturnType<BalancerCloud["listener"]>>;
let port: number;
const clients: Socket[] = [];

beforeAll(async () => {
  at = await balancerCloud();
  target = await startTarget("target");
  balancer = await at.balancer();
  group = await at.group([target.port]);
  listener = await at.listener(balancer.arn, forwardTo(group));
  port = Number(new URL(listener.url).port);
});
beforeEach(() => {
  target.handle = (_message, response) => void response.end("fine");
});
afterEach(async () => {
  for (const socket of clients.splice(0)) socket.destroy();
  // Whatever happened, the next request is served.
  target.handle = (_message, response) => void response.end("fine");
  const next = await (await listener.call("/")).text();
  if (next !== "fine") throw new Error(`the next request was answered with ${next}`);
});
afterAll(async () => {
  await at.close();
  target.close();
});

async function client(toPort = port) {
  const made = await rawClient(toPort);
  clients.push(made.socket);
  return made;
}

const own = (metric: string) => at.sum(metric, { LoadBalancer: balancer.dimension });

/** What a metric grows by while `work` runs. */
async function added(metric: string, work: () => Promise<unknown>): Promise<number> {
  const before = await own(metric);
  await work();
  return (await own(metric)) - before;
}

/** Far more than the buffers of the sockets on the way hold together. */
const MUCH = 256 * 1024 * 1024;
const CHUNK = Buffer.alloc(64 * 1024, "x");

/** Writes until nobody takes any more. @returns how much was taken. */
async function fill(socket: Socket | ServerResponse, most: number): Promise<number> {
  let taken = 0;
  let isStuck = false;
  while (taken < most && !isStuck) {
    taken += CHUNK.length;
    if (socket.write(CHUNK)) continue;
    isStuck = !(await drains(socket));
  }
  return taken;
}

/** Whether it takes more before the machine has done everything that it had to do many times over. */
async function drains(socket: Socket | ServerResponse): Promise<boolean> {
  for (let turn = 0; turn < 2000 && socket.writableNeedDrain; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  return !socket.writableNeedDrain;
}

it("answers 503 when the weights sum to 0, and counts it", async () => {
  const weigh = (weight: number) =>
    at.elb.send(
      new ModifyListenerCommand({
        ListenerArn: listener.arn,
        DefaultActions: [forwardTo({ ...group, weight })],
      }),
    );
  await weigh(0);
  const answers = await added("HTTPCode_ELB_503_Count", async () => {
    expect((await listener.call("/")).status).toBe(503);
  });
  expect(answers).toBe(1);
  await weigh(1);
});

it("refuses six target groups, and the listener keeps what it had", async () => {
  const groups = await Promise.all(Array.from({ length: 6 }, () => at.group([])));
  await expect(
    at.elb.send(
      new ModifyListenerCommand({
        ListenerArn: listener.arn,
        DefaultActions: [forwardTo(...groups)],
      }),
    ),
  ).rejects.toMatchObject({ name: "TooManyTargetGroupsException" });
  await expect(
    at.elb.send(
      new CreateListenerCommand({
        LoadBalancerArn: balancer.arn,
        Protocol: "HTTP",
        Port: 90,
        DefaultActions: [forwardTo(...groups)],
      }),
    ),
  ).rejects.toMatchObject({ name: "TooManyTargetGroupsException" });
});

it("answers 408 to a client that stops in the middle of its head, and counts it", async () => {
  const slow = await client();
  slow.socket.write("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ");
  await untilRead(slow.socket);
  const refused = await added("HTTPCode_ELB_4XX_Count", async () => {
    await at.cloud.advance(121_000);
    expect(await slow.ended()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
  });
  expect(refused).toBe(1);
});

it("ends a connection that says nothing, without an answer", async () => {
  const idle = await client();
  idle.socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await idle.until("fine");
  const before = idle.heard();
  await at.cloud.advance(121_000);
  expect(await idle.ended()).toBe(before);
});

it("answers 408 to a client that stops in the middle of its body, and lets go of the target", async () => {
  const arrived = Promise.withResolvers<IncomingMessage>();
  target.handle = (message) => {
    message.resume();
    message.on("error", () => undefined);
    arrived.resolve(message);
  };
  const slow = await client();
  slow.socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nten bytes!");
  const held = await arrived.promise;
  const gone = new Promise((resolve) => held.once("close", resolve));
  const refused = await added("HTTPCode_ELB_4XX_Count", async () => {
    await at.cloud.advance(61_000);
    await slow.until("408 Request Timeout");
  });
  expect(refused).toBe(1);
  await gone;
});

it("keeps a slow reader's answer at the target instead of in memory", async () => {
  const taken = Promise.withResolvers<number>();
  target.handle = async (_message, response) => {
    response.on("error", () => undefined);
    response.writeHead(200);
    taken.resolve(await fill(response, MUCH));
  };
  const slow = await client();
  slow.socket.pause();
  slow.socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  expect(await taken.promise).toBeLessThan(MUCH / 4);
  expect(process.memoryUsage().arrayBuffers).toBeLessThan(MUCH / 2);
});

it("holds a body that never ends back when the target does not read it", async () => {
  target.handle = (message) => void message.on("error", () => undefined);
  const endless = await client();
  endless.socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n");
  expect(await fill(endless.socket, MUCH)).toBeLessThan(MUCH / 4);
  expect(process.memoryUsage().arrayBuffers).toBeLessThan(MUCH / 2);
});

it("passes a body that never ends on to a target that reads it, and ends it with the answer", async () => {
  let read = 0;
  target.handle = (message, response) => {
    message.on("data", (chunk: Buffer) => {
      read += chunk.length;
      if (read >= MUCH / 8 && !response.headersSent) response.writeHead(413).end("enough");
    });
    message.on("error", () => undefined);
  };
  const endless = await client();
  endless.socket.write("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  const chunk = `${CHUNK.length.toString(16)}\r\n${CHUNK.toString()}\r\n`;
  while (!endless.socket.destroyed && !endless.heard().includes("enough")) {
    if (!endless.socket.write(chunk)) await drains(endless.socket);
  }
  expect(endless.heard()).toMatch(/^HTTP\/1\.1 413 /);
  expect(endless.heard().toLowerCase()).toContain("connection: close");
});

it.each([
  ["before its answer", "", 502],
  ["in the middle of its headers", "HTTP/1.1 200 OK\r\nx: ", 502],
  ["after nonsense", "nonsense\r\n\r\n", 502],
  [
    "after a length that is two",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    502,
  ],
  ["after headers of 33 KiB", `HTTP/1.1 200 OK\r\nx: ${"x".repeat(33 * 1024)}\r\n\r\n`, 502],
])("answers 502 to a target that resets %s, and counts it", async (_when, said, status) => {
  target.handle = (message) => {
    const { socket } = message;
    if (said === "") socket.resetAndDestroy();
    else socket.write(said, () => socket.resetAndDestroy());
  };
  const count = await added("HTTPCode_ELB_502_Count", async () => {
    expect((await listener.call("/")).status).toBe(status);
  });
  expect(count).toBe(1);
});

it.each([
  ["a line of nonsense", "nonsense\r\n\r\n"],
  [
    "a length and chunks",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  [
    "two lengths",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
  ],
  ["a space before the colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n"],
  [
    "90 KiB of headers",
    `GET / HTTP/1.1\r\nHost: x\r\n${`X-A: ${"x".repeat(9000)}\r\n`.repeat(10)}\r\n`,
  ],
])("answers 400 to %s, counts it, and ends the connection", async (_what, bytes) => {
  let reached = 0;
  target.handle = (_message, response) => {
    reached++;
    response.end();
  };
  const bad = await client();
  const count = await added("HTTPCode_ELB_4XX_Count", async () => {
    bad.socket.write(bytes);
    expect(await bad.ended()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  });
  expect([count, reached]).toEqual([1, 0]);
});

it("answers requests that are sent ahead in their order", async () => {
  const held = Promise.withResolvers<ServerResponse>();
  target.handle = (message, response) => {
    if (message.url === "/1") held.resolve(response);
    else response.end("two");
  };
  const ahead = await client();
  ahead.socket.write("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  (await held.promise).end("one");
  await ahead.until("two");
  expect(ahead.heard().indexOf("one")).toBeLessThan(ahead.heard().indexOf("two"));
});

it("never takes what a target sends unasked for the answer to the next request", async () => {
  const answer = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n";
  const sly = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", () => void socket.write(`${answer}mine${answer}evil`));
  }).listen(0, "127.0.0.1");
  await once(sly, "listening");
  const address = sly.address();
  const slyPort = typeof address === "object" ? (address?.port ?? 0) : 0;
  const other = await at.listener(balancer.arn, forwardTo(await at.group([slyPort])), { Port: 91 });
  for (let turn = 0; turn < 5; turn++) expect(await (await other.call("/")).text()).toBe("mine");
  sly.close();
});

it("uses a connection to a target again, and opens another when the target has closed it", async () => {
  const sockets = new Set<Socket>();
  target.handle = (message, response) => {
    sockets.add(message.socket);
    response.end("fine");
  };
  for (let turn = 0; turn < 3; turn++) await (await listener.call("/")).text();
  expect(sockets.size).toBe(1);
  const [first] = sockets;
  if (first === undefined) throw new Error("no request arrived");
  const closed = once(first, "close");
  first.end();
  await closed;
  expect((await listener.call("/")).status).toBe(200);
});

/** Until the listener has taken what this socket sent. */
async function untilRead(socket: Socket): Promise<void> {
  while (socket.writableLength > 0) await once(socket, "drain");
  // A request of another connection that comes later is answered later.
  await (await listener.call("/")).text();
}
