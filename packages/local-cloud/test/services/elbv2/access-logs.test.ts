/*
 * Protects access logs: a line for each request with AWS's fields in AWS's order, in files with AWS's names, and nothing
 * that a client or an attribute says leads out of a line or out of the folder.
 */
import { ModifyLoadBalancerAttributesCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  type BalancerCloud,
  balancerCloud,
  forwardTo,
  startTarget,
  type TargetServer,
} from "./balancer-cloud.ts";
import { rawClient } from "./raw-client.ts";

const folder = mkdtempSync(join(tmpdir(), "headgate-access-logs-"));
const dataDirectory = join(folder, "data");
let at: BalancerCloud;
let target: TargetServer;
let balancer: Awaited<ReturnType<BalancerCloud["balancer"]>>;
let group: Awaited<ReturnType<BalancerCloud["group"]>>;
let listener: Awaited<ReturnType<BalancerCloud["listener"]>>;

beforeAll(async () => {
  at = await balancerCloud({ dataDirectory });
  target = await startTarget("a");
  balancer = await at.balancer();
  group = await at.group([target.port], { HealthCheckIntervalSeconds: 10 });
  listener = await at.listener(balancer.arn, forwardTo(group), { Port: 8080 });
  await at.cloud.advance(15_000);
});
afterAll(async () => {
  await at.close();
  target.close();
  rmSync(folder, { recursive: true });
});

function log(values: Readonly<Record<string, string>>) {
  const Attributes = Object.entries(values).map(([key, Value]) => ({
    Key: `access_logs.s3.${key}`,
    Value,
  }));
  const LoadBalancerArn = balancer.arn;
  return at.elb.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes }));
}

/** The lines of all files below a bucket, and the files. */
function written(bucket: string) {
  const files = globSync(`${bucket}/**/*.log.gz`, { cwd: join(dataDirectory, "s3") });
  const text = files.map((file) =>
    gunzipSync(readFileSync(join(dataDirectory, "s3", file))).toString(),
  );
  return { files, lines: text.join("").trimEnd().split("\n") };
}

/** The fields of a line; a quoted one is one field. */
const fieldsOf = (line: string) => line.match(/"[^"]*"|\S+/g) ?? [];

it("writes a line for each request, each five minutes, where S3 would have it", async () => {
  await log({ enabled: "true", bucket: "shop-logs", prefix: "web" });
  expect((await listener.call("/orders?id=7", { headers: { "user-agent": "test" } })).status).toBe(
    200,
  );
  expect(written("shop-logs").files).toEqual([]);
  await at.cloud.advance(300_000);
  const { files, lines } = written("shop-logs");
  expect(files).toHaveLength(1);
  expect(files[0]).toMatch(
    /^shop-logs\/web\/AWSLogs\/\d{12}\/elasticloadbalancing\/us-east-1\/\d{4}\/\d\d\/\d\d\/\d{12}_elasticloadbalancing_us-east-1_app\.[\w-]+\.[0-9a-f]{16}_\d{8}T\d{4}Z_127\.0\.0\.1_[0-9a-f]+\.log\.gz$/,
  );
  const fields = fieldsOf(lines[0] ?? "");
  expect(fields).toHaveLength(30);
  expect([fields[0], fields[8], fields[9]]).toEqual(["http", "200", "200"]);
  expect(fields[2]).toMatch(/^app\//);
  expect(fields[3]).toMatch(/^127\.0\.0\.1:\d+$/);
  expect(fields[4]).toBe(`127.0.0.1:${target.port}`);
  expect(fields[12]).toMatch(/^"GET http:\/\/[^ ]+:8080\/orders\?id=7 HTTP\/1\.1"$/);
  expect(fields[13]).toBe('"test"');
  expect(fields[16]).toBe(group.arn);
  expect([fields[20], fields[22], fields[26]]).toEqual(["0", '"forward"', '"200"']);
});

it("keeps a client's own bytes inside their field", async () => {
  await log({ enabled: "true", bucket: "odd-logs", prefix: "" });
  const client = await rawClient(Number(new URL(listener.url).port));
  client.socket.write(
    'GET /"quoted" HTTP/1.1\r\nHost: x\r\nUser-Agent: a"b\\c\r\nConnection: close\r\n\r\n',
  );
  await client.until("HTTP/1.1 ");
  await at.cloud.advance(300_000);
  const { lines } = written("odd-logs");
  expect(lines).toHaveLength(1);
  expect(fieldsOf(lines[0] ?? "")).toHaveLength(30);
  expect(lines[0]).toContain('"a\\x22b\\x5cc"');
});

it.each([
  { enabled: "true", bucket: "../../outside", prefix: "" },
  { enabled: "true", bucket: "logs", prefix: "../../../outside" },
])("writes nothing for %j, which names no place in S3", async (values) => {
  await log(values);
  await listener.call("/");
  await at.cloud.advance(300_000);
  expect(existsSync(join(folder, "outside"))).toBe(false);
  expect(written("logs").files).toEqual([]);
});
