import type { Cloud } from "../../../service.ts";
import type { Place } from "../../../telemetry/metric-sink.ts";
import { DEFAULT_BUS, type RuleRow } from "../state.ts";

type RuleMetric = "MatchedEvents" | "TriggeredRules" | "Invocations" | "FailedInvocations";

/** Counts one. Source: EventBridge user guide, "Monitoring Amazon EventBridge". */
export function countForRule(
  { metrics, clock }: Pick<Cloud, "metrics" | "clock">,
  place: Place,
  rule: RuleRow,
  metricName: RuleMetric,
): void {
  const bus = rule.busName === DEFAULT_BUS ? [] : [{ Name: "EventBusName", Value: rule.busName }];
  const dimensions = [...bus, { Name: "RuleName", Value: rule.name }];
  const id = { namespace: "AWS/Events", metricName, dimensions, unit: "Count" };
  metrics.series(place, id).record(1, clock.nowMs());
}
