import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import {
  type CloudWatchClient,
  GetMetricDataCommand,
  type GetMetricDataCommandInput,
  GetMetricStatisticsCommand,
  type GetMetricStatisticsCommandInput,
  ListMetricsCommand,
  type MetricDatum,
  PutMetricDataCommand,
} from "@aws-sdk/client-cloudwatch";
import {
  AwsJson1_0Protocol,
  AwsQueryProtocol,
  AwsSmithyRpcV2CborProtocol,
} from "@aws-sdk/core/protocols";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clientOf, NAMESPACE, START_MS, startWatchedCloud, type WatchedCloud } from "./support.ts";

// Protects the metric operations as a client sees them: what is written can be read, and AWS's refusals.

let cloud: WatchedCloud;
beforeEach(async () => {
  cloud = await startWatchedCloud();
});
afterEach(() => cloud.close());

const at = (seconds: number) => new Date(START_MS + seconds * 1000);

function put(data: MetricDatum[], namespace = NAMESPACE) {
  return cloud.watch.send(new PutMetricDataCommand({ Namespace: namespace, MetricData: data }));
}

function query(id: string, stat = "Sum", period = 60, metricName = "Orders", unit?: "Count") {
  return {
    Id: id,
    MetricStat: {
      Metric: { Namespace: NAMESPACE, MetricName: metricName },
      Period: period,
      Stat: stat,
      ...(unit !== undefined && { Unit: unit }),
    },
  };
}

async function data(
  queries: GetMetricDataCommandInput["MetricDataQueries"],
  more: Partial<GetMetricDataCommandInput> = {},
  client: CloudWatchClient = cloud.watch,
) {
  return client.send(
    new GetMetricDataCommand({
      MetricDataQueries: queries,
      StartTime: at(0),
      EndTime: at(600),
      ScanBy: "TimestampAscending",
      ...more,
    }),
  );
}

describe("PutMetricData and GetMetricData", () => {
  it("counts values, values with counts and statistic sets", async () => {
    await put([
      { MetricName: "Orders", Value: 3, Timestamp: at(0) },
      { MetricName: "Orders", Values: [1, 2], Counts: [10, 5], Timestamp: at(30) },
      {
        MetricName: "Orders",
        StatisticValues: { SampleCount: 4, Sum: 40, Minimum: 1, Maximum: 25 },
        Timestamp: at(60),
      },
    ]);
    const { MetricDataResults = [] } = await data([
      query("sum"),
      query("count", "SampleCount"),
      query("max", "Maximum"),
      query("p50", "p50"),
    ]);
    expect(MetricDataResults.map(({ Values }) => Values)).toEqual([
      [23, 40],
      [16, 4],
      [3, 25],
      [1],
    ]);
    expect(MetricDataResults[0]).toMatchObject({
      Id: "sum",
      Label: "Orders Sum",
      StatusCode: "Complete",
      Timestamps: [at(0), at(60)],
    });
  });

  it("computes expressions over other queries", async () => {
    await put([
      { MetricName: "Orders", Value: 200, Timestamp: at(0) },
      { MetricName: "Failures", Value: 5, Timestamp: at(0) },
      { MetricName: "Orders", Value: 100, Timestamp: at(120) },
    ]);
    const { MetricDataResults = [] } = await data([
      { ...query("m1"), ReturnData: false },
      { ...query("m2", "Sum", 60, "Failures"), ReturnData: false },
      { Id: "rate", Expression: "100 * FILL(m2, 0) / m1", Label: "Failure rate" },
      { Id: "all", Expression: 'SUM(METRICS("m"))' },
    ]);
    expect(MetricDataResults).toMatchObject([
      { Id: "rate", Label: "Failure rate", Values: [2.5, 0], Timestamps: [at(0), at(120)] },
      { Id: "all", Label: "all", Values: [205, 100] },
    ]);
  });

  it("gives an array one result for each series", async () => {
    await put([
      { MetricName: "Orders", Value: 1, Timestamp: at(0) },
      { MetricName: "Failures", Value: 2, Timestamp: at(0) },
    ]);
    const { MetricDataResults = [] } = await data([
      { ...query("m1"), ReturnData: false },
      { ...query("m2", "Sum", 60, "Failures"), ReturnData: false },
      { Id: "both", Expression: "METRICS() * 10" },
    ]);
    expect(MetricDataResults.map(({ Id, Label, Values }) => [Id, Label, Values])).toEqual([
      ["both", "Orders", [10]],
      ["both", "Failures", [20]],
    ]);
  });

  it("cuts pages by data points, newest first by default", async () => {
    await put(
      [0, 60, 120].map((second) => ({
        MetricName: "Orders",
        Value: second,
        Timestamp: at(second),
      })),
    );
    const more = { ScanBy: undefined, MaxDatapoints: 2 };
    const first = await data([query("m1"), query("m2", "Maximum")], more);
    expect(first.MetricDataResults?.map(({ Values, StatusCode }) => [Values, StatusCode])).toEqual([
      [[120, 60], "PartialData"],
      [[], "PartialData"],
    ]);
    const second = await data([query("m1"), query("m2", "Maximum")], {
      ...more,
      MaxDatapoints: 10,
      NextToken: first.NextToken,
    });
    expect(second.MetricDataResults?.map(({ Values }) => Values)).toEqual([[0], [120, 60, 0]]);
    expect(second.NextToken).toBeUndefined();
  });

  it("takes the first unit by name and says that there are more", async () => {
    await put([
      { MetricName: "Orders", Value: 5, Unit: "Seconds", Timestamp: at(0) },
      { MetricName: "Orders", Value: 7, Unit: "Count", Timestamp: at(0) },
    ]);
    const { MetricDataResults = [] } = await data([
      query("any"),
      query("count", "Sum", 60, "Orders", "Count"),
    ]);
    expect(MetricDataResults).toMatchObject([
      {
        Values: [7],
        Messages: [{ Code: "MultipleUnits", Value: "Multiple units returned: '[Count, Seconds]'" }],
      },
      { Values: [7] },
    ]);
    expect(MetricDataResults[1]?.Messages ?? []).toEqual([]);
  });

  it.each([
    [["Sum", 60], ["Minimum", 30], "Orders Sum 60", "Orders Minimum 30"],
    [["Sum", 60], ["Minimum", 60], "Orders Sum", "Orders Minimum"],
    [["Sum", 60], ["Sum", 30], "Orders 60", "Orders 30"],
    [["Sum", 60], ["Sum", 60], "Orders", "Orders"],
  ] as const)("labels %s and %s by what differs", async (one, other, ...labels) => {
    const result = await data([query("a", one[0], one[1]), query("b", other[0], other[1])]);
    expect(result.MetricDataResults?.map(({ Label }) => Label)).toEqual(labels);
  });

  it.each([
    ["awsJson 1.0", AwsJson1_0Protocol],
    ["awsQuery", AwsQueryProtocol],
    ["rpcv2Cbor", AwsSmithyRpcV2CborProtocol],
  ])("speaks %s", async (_name, protocol) => {
    const client = clientOf(cloud, { protocol });
    await client.send(
      new PutMetricDataCommand({
        Namespace: NAMESPACE,
        MetricData: [{ MetricName: "Orders", Values: [1.5, 2], Counts: [2, 1], Timestamp: at(0) }],
      }),
    );
    const { MetricDataResults } = await data([query("m1")], {}, client);
    expect(MetricDataResults).toMatchObject([{ Values: [5], Timestamps: [at(0)] }]);
    await expect(data([{ Id: "e1", Expression: "1 +" }], {}, client)).rejects.toMatchObject({
      message: "Error in expression 'e1': Invalid syntax",
      $metadata: { httpStatusCode: 400 },
    });
    client.destroy();
  });
});

describe("GetMetricData", () => {
  const minutes = (...numbers: number[]) => numbers.map((minute) => at(minute * 60));

  it("rounds the start down and counts periods from there", async () => {
    await put(
      [0, 1, 2, 3, 4, 5, 6].map((n) => ({ MetricName: "Orders", Value: n, Timestamp: at(n * 60) })),
    );
    const times = async (period: number, startS: number) => {
      const found = await data([query("m1", "Sum", period)], { StartTime: at(startS) });
      const [result] = found.MetricDataResults ?? [];
      return [result?.Timestamps, result?.Values];
    };
    expect(await times(60, 323)).toEqual([minutes(5, 6), [5, 6]]);
    expect(await times(180, 130)).toEqual([minutes(2, 5), [9, 11]]);
    await put([{ MetricName: "Fast", Value: 1, Timestamp: at(25), StorageResolution: 1 }]);
    const fast = await data([query("m1", "Sum", 10, "Fast")], { StartTime: at(27) });
    expect(fast.MetricDataResults?.[0]?.Timestamps).toEqual([at(20)]);
  });

  it("fills labels with what they name", async () => {
    await put([{ MetricName: "Orders", Values: [1, 4], Timestamp: at(0) }]);
    const Label =
      "${PROP('MetricName')} ${PROP('Stat')}: at most ${MAX}, ${PROP('Region')} ${NOTHING}";
    const { MetricDataResults } = await data([{ ...query("m1"), Label }]);
    expect(MetricDataResults?.[0]?.Label).toBe("Orders Sum: at most 5, us-east-1 ${NOTHING}");
  });
});

describe("an answered PutMetricData", () => {
  it("is on disk already: a kill -9 does not lose it", async () => {
    const dataDirectory = mkdtempSync(join(tmpdir(), "headgate-metrics-"));
    const durable = await startWatchedCloud({ dataDirectory });
    await durable.put("Orders", 42);
    const reader = new DatabaseSync(join(dataDirectory, "cloud.sqlite"), { readOnly: true });
    expect(reader.prepare("SELECT sum, count FROM metric_buckets").all()).toMatchObject([
      { sum: 42, count: 1 },
    ]);
    reader.close();
    await durable.close();
    rmSync(dataDirectory, { recursive: true });
  });
});

describe("PutMetricData refuses", () => {
  const name = "MetricData.member.1";
  // prettier-ignore
  it.each<[string, Partial<MetricDatum>, string, string]>([
    ["two kinds of values", { Value: 1, Values: [1] }, "InvalidParameterCombination", `The parameters ${name}.Value and ${name}.Values are mutually exclusive and you have specified both.`],
    ["a value and a set", { Value: 1, StatisticValues: { Sum: 1, SampleCount: 1, Minimum: 1, Maximum: 1 } }, "InvalidParameterCombination", `The parameters ${name}.Value and ${name}.StatisticValues are mutually exclusive and you have specified both.`],
    ["counts of another size", { Values: [1, 2], Counts: [1] }, "InvalidParameterValue", `The parameters ${name}.Values and ${name}.Counts must be of the same size.`],
    ["no value at all", {}, "MissingRequiredParameter", "At least one of the parameters must be specified."],
    ["NaN", { Value: Number.NaN }, "InvalidParameterValue", `The value NaN for parameter ${name}.Value is invalid.`],
    ["infinity", { Values: [Infinity] }, "InvalidParameterValue", `The value Infinity for parameter ${name}.Values is invalid.`],
    ["values out of range", { Value: 2 ** 361 }, "InvalidParameterValue", `The value ${2 ** 361} for parameter ${name}.Value is invalid.`],
    ["151 values", { Values: Array.from({ length: 151 }, () => 1) }, "InvalidParameterValue", `The collection ${name}.Values must not have a size greater than 150.`],
    ["what is too old", { Value: 1, Timestamp: at(-15 * 86_400) }, "InvalidParameterValue", `The parameter ${name}.Timestamp must specify a time no more than two weeks in the past.`],
    ["what is too far ahead", { Value: 1, Timestamp: at(3 * 3600) }, "InvalidParameterValue", `The parameter ${name}.Timestamp must specify a time no more than two hours in the future.`],
    ["an odd resolution", { Value: 1, StorageResolution: 30 }, "InvalidParameterValue", `The value 30 for parameter ${name}.StorageResolution is invalid.`],
  ])("%s", async (_what, datum, code, message) => {
    const bad = put([{ MetricName: "Orders", ...datum }]);
    await expect(bad).rejects.toMatchObject({ message, $metadata: { httpStatusCode: 400 } });
    await expect(bad).rejects.toHaveProperty("name", expect.stringContaining(code));
  });

  it("AWS's own namespaces, and everything when one datum is wrong", async () => {
    await expect(put([{ MetricName: "Orders", Value: 1 }], "AWS/Lambda")).rejects.toThrow(
      "The value AWS/ for parameter Namespace is invalid.",
    );
    await expect(
      put([
        { MetricName: "Orders", Value: 1, Timestamp: at(0) },
        { MetricName: "Orders", Value: Number.NaN },
      ]),
    ).rejects.toThrow("The value NaN for parameter MetricData.member.2.Value is invalid.");
    const { MetricDataResults } = await data([query("m1")]);
    expect(MetricDataResults?.[0]?.Values).toEqual([]);
  });
});

describe("GetMetricData refuses", () => {
  // prettier-ignore
  it.each<[string, NonNullable<GetMetricDataCommandInput["MetricDataQueries"]>, string]>([
    ["equal ids", [query("m1"), query("m1")], "The values for parameter id in MetricDataQueries are not unique."],
    ["an odd id", [query("M1")], "The value for parameter MetricDataQueries.member.1.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$."],
    ["neither metric nor expression", [{ Id: "m1" }], "The parameter MetricDataQueries.member.1.MetricStat is required.\n"],
    ["both", [{ ...query("m1"), Expression: "1" }], "The parameters MetricDataQueries.member.1.Expression and MetricDataQueries.member.1.MetricStat are mutually exclusive and you have specified both."],
    ["an unknown function", [query("m1"), { Id: "e1", Expression: "FOO(m1)" }], "Error in expression 'e1': Function 'FOO' not found"],
    ["an unknown name", [query("m1"), { Id: "e1", Expression: "m2" }], "Error in expression 'e1': Undefined variable 'm2'"],
    ["expressions in a circle", [{ Id: "e1", Expression: "e2" }, { Id: "e2", Expression: "e1" }], "Error in expression 'e1': Circular reference"],
    ["a number", [query("m1"), { Id: "e1", Expression: "SUM(m1)" }], "Error in expression 'e1': The expression must return a time series"],
  ])("%s", async (_what, queries, message) => {
    await expect(data(queries)).rejects.toMatchObject({ message });
  });

  it("an end before the start, and a strange token", async () => {
    await expect(data([query("m1")], { EndTime: at(-60) })).rejects.toThrow(
      "The parameter EndTime must be greater than StartTime.",
    );
    await expect(data([query("m1")], { EndTime: at(0) })).rejects.toThrow(
      "The parameter StartTime must not equal parameter EndTime.",
    );
    await expect(data([query("m1")], { NextToken: "x" })).rejects.toMatchObject({
      name: "InvalidNextToken",
    });
  });
});

describe("GetMetricStatistics", () => {
  const statistics = (more: Partial<GetMetricStatisticsCommandInput> = {}) =>
    cloud.watch.send(
      new GetMetricStatisticsCommand({
        Namespace: NAMESPACE,
        MetricName: "Orders",
        StartTime: at(0),
        EndTime: at(600),
        Period: 60,
        Statistics: ["Sum", "Average"],
        ...more,
      }),
    );

  it("gives simple and extended statistics for each unit", async () => {
    await put([
      { MetricName: "Orders", Values: [1, 2, 3, 4], Timestamp: at(0), Unit: "Count" },
      { MetricName: "Orders", Value: 9, Timestamp: at(60) },
    ]);
    const simple = await statistics();
    expect(simple.Label).toBe("Orders");
    expect(simple.Datapoints).toHaveLength(2);
    expect(simple.Datapoints).toEqual(
      expect.arrayContaining([
        { Timestamp: at(0), Unit: "Count", Sum: 10, Average: 2.5 },
        { Timestamp: at(60), Unit: "None", Sum: 9, Average: 9 },
      ]),
    );
    const extended = await statistics({
      Statistics: undefined,
      ExtendedStatistics: ["p50", "tm75"],
      Unit: "Count",
    });
    expect(extended.Datapoints).toEqual([
      { Timestamp: at(0), Unit: "Count", ExtendedStatistics: { p50: 2, tm75: 2 } },
    ]);
  });

  it("refuses what AWS refuses", async () => {
    await expect(statistics({ EndTime: at(0) })).rejects.toThrow(
      "The parameter StartTime must be less than the parameter EndTime.",
    );
    await expect(statistics({ EndTime: at(86_400), Period: 1 })).rejects.toThrow(
      "You have requested up to 86400 datapoints, which exceeds the limit of 1440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.",
    );
    await expect(statistics({ Statistics: undefined })).rejects.toThrow(
      "Must specify either Statistics or ExtendedStatistics",
    );
    await expect(statistics({ ExtendedStatistics: ["p200"] })).rejects.toThrow(
      "The value p200 for parameter ExtendedStatistics is not supported.",
    );
    await expect(statistics({ Period: 45 })).rejects.toThrow("Period");
  });
});

describe("ListMetrics", () => {
  const dimension = (Name: string, Value: string) => ({ Name, Value });

  it("filters by name and dimensions, recently active ones only when asked", async () => {
    await put([
      { MetricName: "Old", Value: 1, Timestamp: at(-4 * 3600) },
      { MetricName: "Orders", Value: 1, Dimensions: [dimension("Stage", "prod")] },
      {
        MetricName: "Orders",
        Value: 1,
        Dimensions: [dimension("Stage", "test"), dimension("Az", "a")],
      },
    ]);
    const list = async (more: object) => {
      const { Metrics } = await cloud.watch.send(new ListMetricsCommand(more));
      return Metrics?.map(({ MetricName, Dimensions = [] }) => {
        const pairs = Dimensions.map(({ Name, Value }) => `${Name}=${Value}`);
        return [MetricName].concat(pairs);
      });
    };
    expect(await list({})).toEqual([
      ["Old"],
      ["Orders", "Stage=prod"],
      ["Orders", "Az=a", "Stage=test"],
    ]);
    expect(await list({ RecentlyActive: "PT3H" })).toHaveLength(2);
    expect(await list({ Dimensions: [{ Name: "Az" }] })).toEqual([
      ["Orders", "Az=a", "Stage=test"],
    ]);
    expect(await list({ Dimensions: [dimension("Stage", "prod")] })).toEqual([
      ["Orders", "Stage=prod"],
    ]);
    expect(await list({ Namespace: "Other" })).toEqual([]);
  });

  it("pages by 500", async () => {
    const many = Array.from({ length: 501 }, (_, index) => ({ MetricName: `m${index}`, Value: 1 }));
    await put(many);
    const first = await cloud.watch.send(new ListMetricsCommand({}));
    expect(first.Metrics).toHaveLength(500);
    const rest = await cloud.watch.send(new ListMetricsCommand({ NextToken: first.NextToken }));
    expect(rest.Metrics?.map(({ MetricName }) => MetricName)).toEqual(["m500"]);
    expect(rest.NextToken).toBeUndefined();
  });
});
