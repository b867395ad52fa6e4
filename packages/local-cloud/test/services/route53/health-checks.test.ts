// Protects health checks: endpoints that are really asked when the cloud's clock says, thresholds, checks of checks,
// checks that follow an alarm, versions, and what a status does to weighted answers.
import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  GetMetricStatisticsCommand,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
} from "@aws-sdk/client-cloudwatch";
import {
  CreateHealthCheckCommand,
  DeleteHealthCheckCommand,
  GetHealthCheckCommand,
  GetHealthCheckLastFailureReasonCommand,
  GetHealthCheckStatusCommand,
  type HealthCheckConfig,
  TestDNSAnswerCommand,
  UpdateHealthCheckCommand,
} from "@aws-sdk/client-route-53";
import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { errorOf } from "../lambda/lambda-cloud.ts";
import { create, route53Cloud, type Route53Cloud, weighted } from "./route53-cloud.ts";

let at: Route53Cloud;
let server: Server;
let port: number;
let status: number;
let probes: number;
beforeEach(async () => {
  at = await route53Cloud();
  status = 200;
  probes = 0;
  server = createServer((_request, response) => {
    probes++;
    response.writeHead(status).end("all is well");
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  port = typeof address === "object" ? (address?.port ?? 0) : 0;
});
afterEach(async () => {
  await at.close();
  server.close();
});

let made = 0;
async function check(HealthCheckConfig: HealthCheckConfig): Promise<string> {
  const CallerReference = `check-${++made}`;
  const { HealthCheck } = await at.route53.send(
    new CreateHealthCheckCommand({ CallerReference, HealthCheckConfig }),
  );
  return HealthCheck?.Id ?? "";
}

const http = (more: Partial<HealthCheckConfig> = {}): HealthCheckConfig => ({
  Type: "HTTP",
  IPAddress: "127.0.0.1",
  Port: port,
  RequestInterval: 10,
  FailureThreshold: 2,
  ...more,
});

/** Whether the check counts as healthy: its set alone would then be drawn. */
async function watch(...checkIds: string[]) {
  const zoneId = await at.zone("example.com");
  for (const HealthCheckId of checkIds) {
    const name = `${HealthCheckId}.example.com`;
    await at.change(
      zoneId,
      create(weighted(name, "own", 1, "healthy", { HealthCheckId })),
      create(weighted(name, "spare", 0, "unhealthy")),
    );
  }
  return async () => {
    const seen: (string | undefined)[] = [];
    for (const id of checkIds) {
      const { RecordData } = await at.route53.send(
        new TestDNSAnswerCommand({
          HostedZoneId: zoneId,
          RecordName: `${id}.example.com`,
          RecordType: "CNAME",
        }),
      );
      seen.push(RecordData?.[0]);
    }
    return seen.join(" ");
  };
}

async function observed(HealthCheckId: string): Promise<string | undefined> {
  const { HealthCheckObservations = [] } = await at.route53.send(
    new GetHealthCheckStatusCommand({ HealthCheckId }),
  );
  return HealthCheckObservations[0]?.StatusReport?.Status;
}

describe("an endpoint", () => {
  it("is unhealthy after as many failures in a row as the threshold, and healthy again so", async () => {
    const id = await check(http());
    const now = await watch(id);
    await at.cloud.advance(1);
    expect(await observed(id)).toBe("Success: HTTP Status Code 200, OK");
    status = 503;
    await at.cloud.advance(10_000);
    expect(await observed(id)).toBe("Failure: HTTP Status Code 503, Service Unavailable");
    expect(await now()).toBe("healthy");
    await at.cloud.advance(10_000);
    expect(await now()).toBe("unhealthy");
    status = 302;
    await at.cloud.advance(10_000);
    expect(await now()).toBe("unhealthy");
    await at.cloud.advance(10_000);
    expect(await now()).toBe("healthy");
    const { HealthCheckObservations } = await at.route53.send(
      new GetHealthCheckLastFailureReasonCommand({ HealthCheckId: id }),
    );
    expect(HealthCheckObservations).toHaveLength(8);
    expect(HealthCheckObservations?.[0]?.StatusReport?.Status).toContain("503");
  });

  it("is searched for a string, reached by TCP, and asked as often as the interval says", async () => {
    const found = await check(http({ Type: "HTTP_STR_MATCH", SearchString: "is well" }));
    const missed = await check(http({ Type: "HTTP_STR_MATCH", SearchString: "is bad" }));
    const tcp = await check(http({ Type: "TCP" }));
    const now = await watch(found, missed, tcp);
    await at.cloud.advance(10_000);
    expect(await now()).toBe("healthy unhealthy healthy");
    const before = probes;
    await at.cloud.advance(60_000);
    // Two checks ask by HTTP, six times each.
    expect(probes - before).toBe(12);
    server.closeAllConnections();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
    await at.cloud.advance(20_000);
    expect(await now()).toBe("unhealthy unhealthy unhealthy");
    expect(await observed(tcp)).toMatch(/^Failure: .*ECONNREFUSED/);
  });

  it("is not asked while the check is disabled or gone", async () => {
    const id = await check(http({ Disabled: true, Inverted: true }));
    const now = await watch(id);
    await at.cloud.advance(30_000);
    expect(probes).toBe(0);
    expect(await now()).toBe("unhealthy");
    await at.route53.send(new UpdateHealthCheckCommand({ HealthCheckId: id, Disabled: false }));
    await at.cloud.advance(10_000);
    expect(probes).toBe(2);
    await at.route53.send(new DeleteHealthCheckCommand({ HealthCheckId: id }));
    await at.cloud.advance(30_000);
    expect(probes).toBe(2);
  });

  it("is measured in AWS/Route53", async () => {
    const id = await check(http({ FailureThreshold: 1 }));
    await at.cloud.advance(20_000);
    status = 500;
    await at.cloud.advance(20_000);
    const { Datapoints = [] } = await at.cloud.client(CloudWatchClient).send(
      new GetMetricStatisticsCommand({
        Namespace: "AWS/Route53",
        MetricName: "HealthCheckStatus",
        Dimensions: [{ Name: "HealthCheckId", Value: id }],
        StartTime: new Date(at.cloud.nowMs() - 300_000),
        EndTime: new Date(at.cloud.nowMs() + 60_000),
        Period: 300,
        Statistics: ["Minimum", "Maximum"],
      }),
    );
    expect(Datapoints.map(({ Minimum, Maximum }) => [Minimum, Maximum])).toEqual([[0, 1]]);
  });
});

it("counts the healthy children of a calculated check", async () => {
  const good = await check(http());
  const bad = await check(http({ FailureThreshold: 1, ResourcePath: "/", Inverted: true }));
  const calculated = (HealthThreshold: number) =>
    check({ Type: "CALCULATED", ChildHealthChecks: [good, bad], HealthThreshold });
  const all = await calculated(2);
  const any = await calculated(1);
  const now = await watch(all, any);
  await at.cloud.advance(1);
  expect(await now()).toBe("unhealthy healthy");
  const refused = at.route53.send(new GetHealthCheckStatusCommand({ HealthCheckId: all }));
  expect(await errorOf(refused)).toMatchObject({ name: "InvalidInput" });
});

it("follows an alarm, and without data does as the check says", async () => {
  const cloudwatch = at.cloud.client(CloudWatchClient);
  await cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName: "errors",
      Namespace: "App",
      MetricName: "Errors",
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 0,
      ComparisonOperator: "GreaterThanThreshold",
    }),
  );
  const follow = (InsufficientDataHealthStatus: "Healthy" | "Unhealthy" | "LastKnownStatus") =>
    check({
      Type: "CLOUDWATCH_METRIC",
      AlarmIdentifier: { Region: "us-east-1", Name: "errors" },
      InsufficientDataHealthStatus,
    });
  const ids = [await follow("Healthy"), await follow("Unhealthy"), await follow("LastKnownStatus")];
  const now = await watch(...ids);
  const setState = (StateValue: "OK" | "ALARM" | "INSUFFICIENT_DATA") =>
    cloudwatch.send(
      new SetAlarmStateCommand({ AlarmName: "errors", StateValue, StateReason: "test" }),
    );
  expect(await now()).toBe("healthy unhealthy healthy");
  await setState("OK");
  expect(await now()).toBe("healthy healthy healthy");
  await setState("ALARM");
  // Not asked in between: the last known status is known all the same.
  await setState("INSUFFICIENT_DATA");
  expect(await now()).toBe("healthy unhealthy unhealthy");
  await setState("ALARM");
  expect(await now()).toBe("unhealthy unhealthy unhealthy");

  const { HealthCheck } = await at.route53.send(
    new GetHealthCheckCommand({ HealthCheckId: ids[0] }),
  );
  expect(HealthCheck?.CloudWatchAlarmConfiguration).toMatchObject({
    MetricName: "Errors",
    Namespace: "App",
    Statistic: "Sum",
    Period: 60,
    ComparisonOperator: "GreaterThanThreshold",
  });
  await cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: ["errors"] }));
  expect(await errorOf(follow("Healthy"))).toMatchObject({ name: "InvalidInput", status: 400 });
});

describe("refusals", () => {
  it("updates only the version that is there", async () => {
    const id = await check(http());
    const update = (HealthCheckVersion: number) =>
      at.route53.send(
        new UpdateHealthCheckCommand({
          HealthCheckId: id,
          HealthCheckVersion,
          ResourcePath: "/health",
        }),
      );
    const { HealthCheck } = await update(1);
    expect(HealthCheck).toMatchObject({ HealthCheckVersion: 2 });
    expect(HealthCheck?.HealthCheckConfig).toMatchObject({ ResourcePath: "/health", Port: port });
    expect(await errorOf(update(1))).toMatchObject({
      name: "HealthCheckVersionMismatch",
      status: 409,
    });
  });

  it("answers the same call again, and never makes a second check of one reference", async () => {
    const send = (Port: number) =>
      at.route53.send(
        new CreateHealthCheckCommand({
          CallerReference: "same",
          HealthCheckConfig: { Type: "HTTP", IPAddress: "127.0.0.1", Port },
        }),
      );
    const { HealthCheck } = await send(port);
    expect((await send(port)).HealthCheck?.Id).toBe(HealthCheck?.Id);
    expect(await errorOf(send(1))).toMatchObject({ name: "HealthCheckAlreadyExists", status: 409 });
    const HealthCheckId = HealthCheck?.Id;
    await at.route53.send(new DeleteHealthCheckCommand({ HealthCheckId }));
    expect(await errorOf(send(port))).toMatchObject({ name: "HealthCheckAlreadyExists" });
    expect(
      await errorOf(at.route53.send(new GetHealthCheckCommand({ HealthCheckId }))),
    ).toMatchObject({
      name: "NoSuchHealthCheck",
      status: 404,
      message: `A health check with id ${HealthCheckId} does not exist.`,
    });
  });

  it.each<[what: string, HealthCheckConfig]>([
    ["no endpoint", { Type: "HTTP" }],
    ["an interval of 20", { Type: "HTTP", IPAddress: "192.0.2.1", RequestInterval: 20 }],
    ["TCP without a port", { Type: "TCP", IPAddress: "192.0.2.1" }],
    ["a search for nothing", { Type: "HTTP_STR_MATCH", IPAddress: "192.0.2.1" }],
    [
      "a child that is not there",
      { Type: "CALCULATED", HealthThreshold: 1, ChildHealthChecks: ["x"] },
    ],
    ["an alarm that is not named", { Type: "CLOUDWATCH_METRIC" }],
  ])("%s is InvalidInput", async (_what, config) => {
    expect(await errorOf(check(config))).toMatchObject({ name: "InvalidInput", status: 400 });
  });
});
