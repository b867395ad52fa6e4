import { type Looked, problem, warning } from "../../preflight.ts";
import type { TaskSetView } from "./service.ts";

/** Whether the task set that serves can be stable. @param primaryHint What makes it the primary one. */
export function servingLooked(set: TaskSetView, primaryHint: (id: string) => string): Looked {
  const { id, version, status, desiredCount, runningCount, isSteady } = set;
  const text = `task set ${id} of ${version}: ${status}, ${runningCount} of ${desiredCount} tasks run`;
  if (status !== "PRIMARY") {
    return problem(`${text}; it is not the service's primary task set`, primaryHint(id));
  }
  if (isSteady) return text;
  return warning(
    `${text}; it is not steady`,
    "Let it come to rest, so that both versions start alike.",
  );
}
