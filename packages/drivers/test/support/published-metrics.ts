import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { onTestFinished } from "vitest";
import { ACCESS, type LambdaCloud, startLambdaCloud } from "./lambda-cloud.ts";

const MINUTE_MS = 60_000;
/** Source: AWS docs, API_PutMetricData. */
const DATA_PER_CALL = 1000;

/** One metric's samples of one moment. */
export interface Published {
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly atMs: number;
  readonly values: readonly number[];
  /** In seconds. */
  readonly resolution?: 1 | 60;
}

/** A cloud without functions that takes metrics as a service or a program publishes them. */
export interface MetricCloud {
  readonly cloud: LambdaCloud;
  /** At a whole hour. */
  readonly startMs: number;
  publish(...metrics: readonly Published[]): Promise<void>;
}

export async function metricCloud(): Promise<MetricCloud> {
  const cloud = await startLambdaCloud();
  onTestFinished(() => cloud.close());
  const cloudWatch = new CloudWatch({ ...ACCESS, endpoint: cloud.url, maxAttempts: 1 });
  onTestFinished(() => cloudWatch.destroy());
  const nowMs = cloud.clock.nowMs();
  const startMs = Math.ceil(nowMs / (60 * MINUTE_MS)) * 60 * MINUTE_MS;
  await cloud.advance(startMs - nowMs);
  return {
    cloud,
    startMs,
    async publish(...metrics) {
      const byNamespace = Map.groupBy(
        metrics.filter(({ values }) => values.length > 0),
        ({ namespace }) => namespace,
      );
      for (const [Namespace, published] of byNamespace) {
        for (let start = 0; start < published.length; start += DATA_PER_CALL) {
          const MetricData = published.slice(start, start + DATA_PER_CALL).map(datumOf);
          await cloudWatch.putMetricData({ Namespace, MetricData });
        }
      }
    },
  };
}

function datumOf({ metricName, dimensions, atMs, values, resolution = 60 }: Published) {
  return {
    MetricName: metricName,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    Timestamp: new Date(atMs),
    Values: [...values],
    StorageResolution: resolution,
  };
}
