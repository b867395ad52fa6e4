import type { Scheduled } from "../../clock.ts";
import type { Cloud } from "../../service.ts";
import { type PlaceState, targetKey, type TargetRow } from "./state.ts";

export interface Draining {
  /** Sees to it that every target that drains goes when its time is over. */
  follow(state: PlaceState): void;
  close(): void;
}

/** @param cut ends the requests that a target still has when its time is over. */
export function createDraining(
  { clock }: Cloud,
  cut: (groupArn: string, key: string) => void,
): Draining {
  const tasks = new Map<TargetRow, Scheduled>();

  const end = (state: PlaceState, groupArn: string, row: TargetRow) => {
    tasks.delete(row);
    const key = targetKey(row);
    // Registered again in between.
    if (state.targets(groupArn).get(key) !== row) return;
    state.targets(groupArn).delete(key);
    cut(groupArn, key);
  };

  return {
    follow(state) {
      for (const { arn } of state.groups.values()) {
        for (const row of state.targets(arn).values()) {
          if (row.drainedAtMs === undefined || tasks.has(row)) continue;
          tasks.set(
            row,
            clock.schedule(row.drainedAtMs, () => end(state, arn, row)),
          );
        }
      }
    },
    close() {
      for (const task of tasks.values()) task.cancel();
      tasks.clear();
    },
  };
}
