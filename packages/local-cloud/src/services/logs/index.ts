import type { Cloud, Service } from "../../service.ts";
import { logsFacts } from "./facts.ts";
import { logGroupOperations } from "./operations/log-group.ts";
import { logStreamOperations } from "./operations/log-stream.ts";
import { metricFilterOperations } from "./operations/metric-filter.ts";
import { putLogEventsOperations } from "./operations/put-log-events.ts";
import { queryOperations } from "./operations/query.ts";
import { readLogEventsOperations } from "./operations/read-log-events.ts";
import { resourcePolicyOperations } from "./operations/resource-policy.ts";
import { tagOperations } from "./operations/tag.ts";
import { createLogQueryPort } from "./query-port.ts";
import type { LogsHandlers } from "./sdk.ts";

/** CloudWatch Logs. Its state is the cloud's log store, which functions write to as well. */
export function createLogs(cloud: Cloud): Service {
  const handlers = {
    ...logGroupOperations(cloud),
    ...logStreamOperations(cloud),
    ...putLogEventsOperations(cloud),
    ...readLogEventsOperations(cloud),
    ...tagOperations(cloud),
    ...metricFilterOperations(cloud),
    ...queryOperations(cloud),
    ...resourcePolicyOperations(cloud),
  } satisfies LogsHandlers;
  return { handlers, ports: { logQueries: createLogQueryPort(cloud) }, facts: logsFacts(cloud) };
}
