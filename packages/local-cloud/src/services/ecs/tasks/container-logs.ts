import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import type { Cloud } from "../../../service.ts";
import type { PlaceState, TaskRow } from "../state.ts";
import { logGroupMissing } from "./failure.ts";

/** Longer lines are cut into events of this size. Source: AWS docs, CloudWatch Logs quotas (256 KiB an event). */
const EVENT_CHARACTERS_MAX = 256 * 1024 - 26;

/**
 * Where a container's lines go. The stream is PREFIX/CONTAINER/TASK. Source: AWS docs, awslogs log driver.
 * Other drivers than awslogs are accepted, and what they would have sent is dropped.
 *
 * @throws {TaskFailure} when the log group is missing.
 */
export function openContainerLog(
  cloud: Cloud,
  { place }: PlaceState,
  task: TaskRow,
  { name = "", logConfiguration }: ContainerDefinition,
): (line: string) => void {
  if (logConfiguration?.logDriver !== "awslogs") return () => {};
  const options = logConfiguration.options ?? {};
  const group = options["awslogs-group"] ?? "";
  const region = options["awslogs-region"] ?? place.region;
  const at = { account: place.account, region };
  if (cloud.logs.group(at, group) === undefined) {
    if (options["awslogs-create-group"] !== "true") throw logGroupMissing();
    cloud.logs.putGroup(at, {
      name: group,
      createdAtMs: cloud.clock.nowMs(),
      logGroupClass: "STANDARD",
      tags: {},
      metricFilters: [],
    });
  }
  const prefix = options["awslogs-stream-prefix"];
  const stream = prefix === undefined ? task.id : `${prefix}/${name}/${task.id}`;
  if (cloud.logs.stream(at, group, stream) === undefined) {
    cloud.logs.createStream(at, group, stream);
  }
  return (line) => {
    const atMs = cloud.clock.nowMs();
    const events = [];
    for (let start = 0; start === 0 || start < line.length; start += EVENT_CHARACTERS_MAX) {
      events.push({ atMs, message: line.slice(start, start + EVENT_CHARACTERS_MAX) });
    }
    cloud.logs.append(at, group, stream, events);
  };
}
