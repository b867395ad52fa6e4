import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import type { Cloud } from "../../../service.ts";
import type { LogEvent } from "../../../telemetry/log-sink.ts";
import type { PlaceState, TaskRow } from "../state.ts";
import type { ExecutionRole } from "./execution-role.ts";
import { logGroupDenied, logGroupMissing, logStreamDenied } from "./failure.ts";

/** Longer lines are cut into events of this size. Source: AWS docs, CloudWatch Logs quotas (256 KiB an event). */
const EVENT_CHARACTERS_MAX = 256 * 1024 - 26;

/**
 * Where a container's lines go. The stream is PREFIX/CONTAINER/TASK. Source: AWS docs, awslogs log driver.
 * Other drivers than awslogs are accepted, and what they would have sent is dropped.
 *
 * @throws {TaskFailure} when the log group is missing, or the execution role may not make what is missing.
 */
export async function openContainerLog(
  cloud: Cloud,
  { place }: PlaceState,
  task: TaskRow,
  container: { readonly definition: ContainerDefinition; readonly role: ExecutionRole },
): Promise<(line: string) => void> {
  const { role, definition } = container;
  const { name = "", logConfiguration } = definition;
  if (logConfiguration?.logDriver !== "awslogs") return () => {};
  const options = logConfiguration.options ?? {};
  const group = options["awslogs-group"] ?? "";
  const region = options["awslogs-region"] ?? place.region;
  const at = { account: place.account, region };
  const prefix = options["awslogs-stream-prefix"];
  const stream = prefix === undefined ? task.id : `${prefix}/${name}/${task.id}`;
  const groupArn = `arn:aws:logs:${region}:${place.account}:log-group:${group}`;
  const refusal = (operation: string, resource: string) =>
    role.refusal(`CloudWatch Logs: ${operation}`, {
      action: `logs:${operation}`,
      resource,
      service: "logs",
    });

  // The driver asks for the stream first, and for the group when it hears that there is none.
  const noStream = await refusal("CreateLogStream", `${groupArn}:log-stream:${stream}`);
  if (noStream !== undefined) throw logStreamDenied(noStream);
  if (cloud.logs.group(at, group) === undefined) {
    if (options["awslogs-create-group"] !== "true") throw logGroupMissing();
    const noGroup = await refusal("CreateLogGroup", `${groupArn}:log-stream:`);
    if (noGroup !== undefined) throw logGroupDenied(noGroup);
    cloud.logs.putGroup(at, {
      name: group,
      createdAtMs: cloud.clock.nowMs(),
      logGroupClass: "STANDARD",
      tags: {},
      metricFilters: [],
    });
  }
  if (cloud.logs.stream(at, group, stream) === undefined) {
    cloud.logs.createStream(at, group, stream);
  }
  const append = (events: readonly LogEvent[]) => cloud.logs.append(at, group, stream, events);
  const deliver =
    cloud.authority === undefined
      ? append
      : checked(append, async () => {
          const no = await refusal("PutLogEvents", `${groupArn}:log-stream:${stream}`);
          return no === undefined;
        });
  return (line) => {
    const atMs = cloud.clock.nowMs();
    const events = [];
    for (let start = 0; start === 0 || start < line.length; start += EVENT_CHARACTERS_MAX) {
      events.push({ atMs, message: line.slice(start, start + EVENT_CHARACTERS_MAX) });
    }
    deliver(events);
  };
}

/**
 * Asks before each delivery; what comes meanwhile goes with it. The container runs on when it may not, and its lines are
 * lost, as AWS's driver loses them.
 */
function checked(
  append: (events: readonly LogEvent[]) => void,
  isAllowed: () => Promise<boolean>,
): (events: readonly LogEvent[]) => void {
  let waiting: LogEvent[] = [];
  const deliver = async () => {
    const may = await isAllowed().catch(() => false);
    const events = waiting;
    waiting = [];
    if (may) append(events);
  };
  return (events) => {
    waiting.push(...events);
    if (waiting.length === events.length) void deliver();
  };
}
