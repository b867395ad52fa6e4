import type { PlaceState, ServiceRow } from "../state.ts";
import type { TaskGroupView } from "../task-groups.ts";
import type { Journal } from "./journal.ts";

/**
 * Failed tasks before a service is called impaired, and again each time that they have doubled.
 * Unverified: AWS does not say after how many.
 */
const IMPAIRED_AT = 3;

/** Tells in a service's events why its tasks fail. */
export interface FailureNews {
  tell(state: PlaceState, service: ServiceRow, id: string, view: TaskGroupView): void;
  forget(id: string): void;
}

export function createFailureNews(journal: Journal): FailureNews {
  const told = new Map<string, { readonly last: string | undefined; readonly at: number }>();
  return {
    tell(state, service, id, { lastFailure, failedCount }) {
      const before = told.get(id) ?? { last: undefined, at: 0 };
      if (lastFailure !== undefined && lastFailure !== before.last) {
        journal.say(state, service, sentence(lastFailure));
        if (lastFailure.startsWith("was unable to place a task")) {
          const reason = lastFailure;
          journal.action(state, service, "SERVICE_TASK_PLACEMENT_FAILURE", { reason });
        }
      }
      // Failures that were forgotten are counted anew.
      const at = Math.min(before.at, failedCount);
      const isDue = failedCount >= Math.max(IMPAIRED_AT, at * 2);
      told.set(id, { last: lastFailure, at: isDue ? failedCount : at });
      if (!isDue) return;
      journal.say(
        state,
        service,
        "is unable to consistently start tasks successfully. For more information, see the " +
          "Troubleshooting section of the Amazon ECS Developer Guide.",
      );
      journal.action(state, service, "SERVICE_TASK_START_IMPAIRED");
    },
    forget: (id) => void told.delete(id),
  };
}

const sentence = (text: string) => (text.endsWith(".") ? text : `${text}.`);
