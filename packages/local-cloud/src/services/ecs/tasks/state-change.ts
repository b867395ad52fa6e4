import type { CloudEventOf } from "../../../bus.ts";
import type { Cloud } from "../../../service.ts";
import type { PlaceState, TaskRow } from "../state.ts";
import { taskOutput } from "./output.ts";

/** Source: AWS docs, Amazon ECS task state change events: the task as DescribeTasks tells it, dates as text. */
export function taskStateChange(
  { clock }: Cloud,
  state: PlaceState,
  row: TaskRow,
): CloudEventOf<"stateChanged"> {
  const { tags: _tags, ...task } = taskOutput(state, row, false);
  const detail: Record<string, unknown> = {};
  for (const [key, value] of Object.entries({ ...task, updatedAt: new Date(clock.nowMs()) })) {
    if (value !== undefined) detail[key] = value instanceof Date ? value.toISOString() : value;
  }
  return {
    kind: "stateChanged",
    account: state.place.account,
    region: state.place.region,
    source: "aws.ecs",
    detailType: "ECS Task State Change",
    resources: [row.arn],
    detail,
  };
}
