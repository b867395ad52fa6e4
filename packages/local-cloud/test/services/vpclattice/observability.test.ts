/*
 * Protects what is measured and logged: AWS's metrics by service and by target group, read back as a canary's
 * analysis would read them, and the access log's records.
 */
import {
  CloudWatchClient,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  type Statistic,
} from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateAccessLogSubscriptionCommand,
  CreateServiceNetworkVpcAssociationCommand,
  ListAccessLogSubscriptionsCommand,
} from "@aws-sdk/client-vpc-lattice";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  answering,
  forwardTo,
  latticeCloud,
  type LatticeCloud,
  START_MS,
  VPC,
} from "./lattice-cloud.ts";

let at: LatticeCloud;
let good: { readonly id: string; readonly arn: string };
let bad: { readonly id: string; readonly arn: string };
let service: Awaited<ReturnType<LatticeCloud["service"]>>;
const LOG_GROUP = "arn:aws:logs:us-east-1:000000000000:log-group:/lattice/access:*";

beforeAll(async () => {
  at = await latticeCloud();
  good = await at.functionGroup("good", answering("good"));
  bad = await at.functionGroup("bad", answering("bad", 503));
  service = await at.service(forwardTo({ ...good, weight: 1 }, { ...bad, weight: 1 }));
  await at.lattice.send(
    new CreateServiceNetworkVpcAssociationCommand({
      serviceNetworkIdentifier: service.networkId,
      vpcIdentifier: VPC,
    }),
  );
  await at.lattice.send(
    new CreateAccessLogSubscriptionCommand({
      resourceIdentifier: service.arn,
      destinationArn: LOG_GROUP,
    }),
  );
  await at.settle();
  for (let index = 0; index < 40; index++) {
    const response = await service.call(`/item/${index}?x=1`);
    await response.arrayBuffer();
  }
});
afterAll(() => at.close());

async function statistic(
  metricName: string,
  dimensions: Readonly<Record<string, string>>,
  wanted: Statistic,
) {
  const { Datapoints = [] } = await at.cloud.client(CloudWatchClient).send(
    new GetMetricStatisticsCommand({
      Namespace: "AWS/VpcLattice",
      MetricName: metricName,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      StartTime: new Date(START_MS),
      EndTime: new Date(START_MS + 3_600_000),
      Period: 60,
      Statistics: [wanted],
    }),
  );
  const [point] = Datapoints;
  return { value: point?.[wanted], unit: point?.Unit };
}

describe("metrics", () => {
  it("counts requests and answers by target group and by service", async () => {
    const sum = async (name: string, dimensions: Readonly<Record<string, string>>) =>
      (await statistic(name, dimensions, "Sum")).value ?? 0;
    const goods = await sum("TotalRequestCount", { TargetGroup: good.id });
    const bads = await sum("TotalRequestCount", { TargetGroup: bad.id });
    expect(goods + bads).toBe(40);
    expect(bads).toBeGreaterThan(0);
    expect(await sum("HTTPCode_2XX_Count", { TargetGroup: good.id })).toBe(goods);
    expect(await sum("HTTPCode_5XX_Count", { TargetGroup: bad.id })).toBe(bads);
    expect(await sum("HTTPCode_5XX_Count", { TargetGroup: good.id })).toBe(0);
    expect(await sum("TotalRequestCount", { Service: service.id })).toBe(40);
    expect(await sum("HTTPCode_5XX_Count", { Service: service.id })).toBe(bads);
    const zone = { TargetGroup: good.id, AvailabilityZone: "us-east-1a" };
    expect(await sum("TotalRequestCount", zone)).toBe(goods);
  });

  it("has AWS's names and units", async () => {
    expect(await statistic("RequestTime", { Service: service.id }, "Average")).toMatchObject({
      unit: "Milliseconds",
    });
    const { Metrics = [] } = await at.cloud
      .client(CloudWatchClient)
      .send(new ListMetricsCommand({ Namespace: "AWS/VpcLattice" }));
    const names = Metrics.filter(
      ({ Dimensions = [] }) => Dimensions.length === 1 && Dimensions[0]?.Value === good.id,
    ).map(({ MetricName = "" }) => MetricName);
    expect(names.toSorted((left, right) => left.localeCompare(right))).toEqual([
      "ActiveRequestCount",
      "HTTPCode_2XX_Count",
      "RequestTime",
      "TotalReceivedConnectionBytes",
      "TotalRequestCount",
      "TotalSentConnectionBytes",
    ]);
  });
});

describe("access logs", () => {
  it("writes a record of each request to the log group", async () => {
    const { events = [] } = await at.cloud
      .client(CloudWatchLogsClient)
      .send(new FilterLogEventsCommand({ logGroupName: "/lattice/access", limit: 100 }));
    expect(events).toHaveLength(40);
    const records: Record<string, unknown>[] = events.map(({ message = "" }) =>
      JSON.parse(message),
    );
    expect(records[0]).toMatchObject({
      serviceArn: service.arn,
      serviceNetworkArn: service.networkArn,
      sourceVpcArn: `arn:aws:ec2:us-east-1:000000000000:vpc/${VPC}`,
      sourceVpcId: VPC,
      requestMethod: "GET",
      requestPath: "/item/0",
      protocol: "HTTP/1.1",
      startTime: expect.stringMatching(/^2026-11-20T10:\d\d:\d\dZ$/),
      callerPrincipal: "-",
      failureReason: "-",
      targetIpPort: "-",
    });
    const byGroup = records.filter(({ targetGroupArn }) => targetGroupArn === bad.arn);
    expect(new Set(byGroup.map(({ responseCode }) => responseCode))).toEqual(new Set([503]));
    for (const { bytesSent, bytesReceived } of records) {
      expect(bytesSent).toBeGreaterThan(0);
      expect(bytesReceived).toBeGreaterThan(0);
    }
  });

  it("has one subscription of each kind", async () => {
    const again = at.lattice.send(
      new CreateAccessLogSubscriptionCommand({
        resourceIdentifier: service.id,
        destinationArn: "arn:aws:logs:us-east-1:000000000000:log-group:other",
      }),
    );
    await expect(again).rejects.toMatchObject({ name: "ConflictException" });
    const { items } = await at.lattice.send(
      new ListAccessLogSubscriptionsCommand({ resourceIdentifier: service.id }),
    );
    expect(items).toMatchObject([{ destinationArn: LOG_GROUP, resourceArn: service.arn }]);
  });
});
