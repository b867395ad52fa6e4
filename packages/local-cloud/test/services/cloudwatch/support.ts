import {
  CloudWatchClient,
  type CloudWatchClientConfig,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  PutMetricDataCommand,
} from "@aws-sdk/client-cloudwatch";
import { CreateTopicCommand, SNSClient } from "@aws-sdk/client-sns";
import { virtualClock } from "../../../src/clock.ts";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

export const START_MS = Date.parse("2026-11-20T10:00:00Z");
export const NAMESPACE = "Shop";

export interface WatchedCloud extends TestCloud {
  readonly watch: CloudWatchClient;
  /** Records one value now, as a high-resolution metric. */
  put(metricName: string, value: number): Promise<void>;
  /** An alarm on `metricName`: Sum > 10 over 10 seconds, one of one, unless said otherwise. */
  putAlarm(name: string, changes?: Partial<PutMetricAlarmCommandInput>): Promise<void>;
}

/** A cloud whose virtual clock starts at {@link START_MS}, a whole minute, and that has the topic "on-call". */
export async function startWatchedCloud(
  options: { readonly dataDirectory?: string; readonly startMs?: number } = {},
): Promise<WatchedCloud> {
  const { startMs = START_MS, ...others } = options;
  const clock = virtualClock(startMs, (error) => {
    throw error;
  });
  const cloud = await startTestCloud({ ...others, clock });
  const watch = cloud.client<CloudWatchClient>(CloudWatchClient);
  await cloud.client(SNSClient).send(new CreateTopicCommand({ Name: "on-call" }));
  return {
    ...cloud,
    watch,
    async put(metricName, value) {
      const Timestamp = new Date(cloud.nowMs());
      await watch.send(
        new PutMetricDataCommand({
          Namespace: NAMESPACE,
          MetricData: [{ MetricName: metricName, Value: value, Timestamp, StorageResolution: 1 }],
        }),
      );
    },
    async putAlarm(name, changes = {}) {
      await watch.send(
        new PutMetricAlarmCommand({
          AlarmName: name,
          ComparisonOperator: "GreaterThanThreshold",
          EvaluationPeriods: 1,
          Threshold: 10,
          ...(changes.Metrics === undefined && {
            Namespace: NAMESPACE,
            MetricName: "Errors",
            Statistic: "Sum",
            Period: 10,
          }),
          ...changes,
        }),
      );
    },
  };
}

export function clientOf(
  cloud: TestCloud,
  configuration: CloudWatchClientConfig,
): CloudWatchClient {
  return new CloudWatchClient({
    endpoint: cloud.url,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
    ...configuration,
  });
}
