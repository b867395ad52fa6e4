/*
 * Protects the way to addresses: requests and answers pass as they came, both as streams, with the headers that
 * VPC Lattice adds and without those of the connection.
 */
import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import { once } from "node:events";
import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { forwardTo, latticeCloud, type LatticeCloud, START_MS } from "./lattice-cloud.ts";

let at: LatticeCloud;
let server: Server;
let group: { readonly id: string };
let service: Awaited<ReturnType<LatticeCloud["service"]>>;
let handle: (message: IncomingMessage, response: ServerResponse) => void | Promise<void>;

beforeAll(async () => {
  server = createServer((message, response) => void handle(message, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  at = await latticeCloud();
  group = await at.addressGroup([port]);
  service = await at.service(forwardTo(group));
});
beforeEach(() => {
  handle = (_message, response) => void response.end();
});
afterAll(async () => {
  await at.close();
  server.close();
});

it("passes method, target, headers and body on, and adds its own headers", async () => {
  let seen: IncomingMessage | undefined;
  let body = "";
  handle = async (message, response) => {
    seen = message;
    body = await text(message);
    response.writeHead(207, { "x-answer": "yes", connection: "close" }).end("done");
  };
  const response = await service.call("/a%20b?c=d&e", {
    method: "PATCH",
    headers: { "X-Custom": "v", "x-forwarded-for": "10.0.0.9", "x-amzn-lattice-target": "mine" },
    body: "payload",
  });
  expect(response.status).toBe(207);
  expect(response.headers.get("x-answer")).toBe("yes");
  expect(await response.text()).toBe("done");
  expect([seen?.method, seen?.url, body]).toEqual(["PATCH", "/a%20b?c=d&e", "payload"]);
  expect(seen?.headers).toMatchObject({
    "x-custom": "v",
    host: new URL(at.cloud.url).host,
    "x-forwarded-for": "10.0.0.9, 127.0.0.1",
    "x-forwarded-port": "80",
    "x-forwarded-proto": "http",
    "x-amzn-requestid": response.headers.get("x-amzn-requestid"),
  });
  expect(seen?.headers["x-amzn-lattice-target"]).toContain(`ServiceArn=${service.arn}`);
});

async function count(MetricName: string): Promise<number> {
  const { Datapoints = [] } = await at.cloud.client(CloudWatchClient).send(
    new GetMetricStatisticsCommand({
      Namespace: "AWS/VpcLattice",
      MetricName,
      Dimensions: [{ Name: "TargetGroup", Value: group.id }],
      StartTime: new Date(START_MS),
      EndTime: new Date(START_MS + 3_600_000),
      Period: 3600,
      Statistics: ["Sum"],
    }),
  );
  return Datapoints[0]?.Sum ?? 0;
}

it("does not count a client that went away as a failure of the target", async () => {
  const before = [await count("TotalRequestCount"), await count("HTTPCode_5XX_Count")];
  const arrived = Promise.withResolvers<ServerResponse>();
  handle = (_message, response) => arrived.resolve(response);
  const abort = new AbortController();
  const call = service.call("/", { signal: abort.signal });
  const held = await arrived.promise;
  abort.abort();
  await expect(call).rejects.toThrow("aborted");
  held.end("late");
  // By the time that a later request is answered, the late answer has been dealt with.
  handle = (_message, response) => void response.end();
  await (await service.call("/")).text();
  const after = [await count("TotalRequestCount"), await count("HTTPCode_5XX_Count")];
  expect(after).toEqual([(before[0] ?? 0) + 1, before[1]]);
});

it("counts the connections to targets, which carry many requests", async () => {
  for (let index = 0; index < 5; index++) await (await service.call("/")).text();
  const requests = await count("TotalRequestCount");
  expect(requests).toBeGreaterThanOrEqual(5);
  const opened = await count("TotalConnectionCount");
  expect(opened).toBeGreaterThan(0);
  expect(opened).toBeLessThan(requests);
});

it("streams: the first bytes of both bodies arrive before the last are sent", async () => {
  let endAnswer = () => {};
  handle = async (message, response) => {
    const [first] = await once(message, "data");
    response.writeHead(200).write(`got ${String(first)};`);
    endAnswer = () => void response.end("end");
    message.resume();
  };
  const { hostname, port } = new URL(at.cloud.url);
  const path = `/_aws/vpc-lattice/${service.id}/`;
  const call = request({ hostname, port, path, method: "POST" });
  call.write("one");
  const [response]: IncomingMessage[] = await once(call, "response");
  if (response === undefined) throw new Error("no response");
  const [chunk] = await once(response, "data");
  expect(String(chunk)).toBe("got one;");
  call.end("two");
  endAnswer();
  expect(await text(response)).toBe("end");
});

it("answers HEAD and 204 without a body, and keeps the connection", async () => {
  handle = (message, response) =>
    void response.writeHead(message.method === "HEAD" ? 200 : 204, { "x-a": "b" }).end();
  const head = await service.call("/", { method: "HEAD" });
  expect([head.status, head.headers.get("x-a"), await head.text()]).toEqual([200, "b", ""]);
  const empty = await service.call("/", { method: "DELETE" });
  expect([empty.status, await empty.text()]).toEqual([204, ""]);
});

it("ends the client's connection when a target breaks off in the middle", async () => {
  handle = (_message, response) => {
    response.writeHead(200, { "content-length": "100" }).write("half");
    response.socket?.destroySoon();
  };
  const response = await service.call("/");
  await expect(response.text()).rejects.toThrow("terminated");
});
