import type { Cloud, Service } from "../../service.ts";
import { placeOfArn } from "../place-of-arn.ts";
import { createActionRunner } from "./alarms/actions.ts";
import { createAlarmPort } from "./alarms/port.ts";
import { AlarmScheduler } from "./alarms/scheduler.ts";
import { createDashboardPages } from "./dashboard/routes.ts";
import { alarmDescriptionOperations } from "./operations/alarm-descriptions.ts";
import { compositeAlarmOperations } from "./operations/composite-alarms.ts";
import { dashboardOperations } from "./operations/dashboards.ts";
import { metricAlarmOperations } from "./operations/metric-alarms.ts";
import { metricDataOperations } from "./operations/metric-data.ts";
import { metricStatisticsOperations } from "./operations/metric-statistics.ts";
import { metricOperations } from "./operations/metrics.ts";
import { tagOperations } from "./operations/tags.ts";
import type { CloudWatchHandlers } from "./sdk.ts";
import { stateOf } from "./state.ts";

/** Metrics, metric math, alarms and dashboards. Alarms act through the ports `topics` and `functions`. */
export function createCloudWatch(given: Cloud): Service {
  const actions = createActionRunner(given);
  const cloud = { ...given, actions };
  const scheduler = new AlarmScheduler(cloud);
  const handlers = {
    ...metricOperations(cloud),
    ...metricDataOperations(cloud),
    ...metricStatisticsOperations(cloud),
    ...metricAlarmOperations(cloud, scheduler),
    ...compositeAlarmOperations(cloud, scheduler),
    ...alarmDescriptionOperations(cloud),
    ...dashboardOperations(cloud),
    ...tagOperations(cloud),
  } satisfies CloudWatchHandlers;
  return {
    handlers,
    ports: { alarms: createAlarmPort(cloud), dashboards: createDashboardPages(cloud) },
    facts: { tagsOf: (arn) => stateOf(cloud, placeOfArn(arn)).tags.get(arn) },
    resume() {
      scheduler.arm();
      actions.resume();
    },
    async close() {
      scheduler.close();
      actions.close();
    },
  };
}
