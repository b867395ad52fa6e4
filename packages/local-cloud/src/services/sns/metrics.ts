import type { Cloud } from "../../service.ts";
import type { MetricSeries, Place } from "../../telemetry/metric-sink.ts";
import type { FilterMetric } from "./filter-policy/accepts.ts";

export type MetricName =
  | FilterMetric
  | "NumberOfMessagesPublished"
  | "NumberOfNotificationsDelivered"
  | "NumberOfNotificationsFailed"
  | "NumberOfNotificationsFilteredOut"
  | "PublishSize";

export interface TopicMetrics {
  record(place: Place, topicName: string, name: MetricName, value: number, atMs: number): void;
}

/** Source: AWS docs, "Monitoring Amazon SNS topics using CloudWatch". Keeps the series it has found. */
export function createTopicMetrics({ metrics }: Pick<Cloud, "metrics">): TopicMetrics {
  const known = new Map<string, MetricSeries>();
  return {
    record(place, topicName, name, value, atMs) {
      const id = `${place.account}/${place.region}/${topicName}/${name}`;
      let series = known.get(id);
      if (series === undefined) {
        series = metrics.series(place, {
          namespace: "AWS/SNS",
          metricName: name,
          dimensions: [{ Name: "TopicName", Value: topicName }],
          unit: name === "PublishSize" ? "Bytes" : "Count",
        });
        known.set(id, series);
      }
      series.record(value, atMs);
    },
  };
}
