// Protects the words about a version that does not come up: the tasks' own reasons once each, and of the service's events
// only those about its troubles since that version began.
import { expect, it } from "vitest";
import { describeFailures } from "../../../src/traffic/ecs/task-failures.ts";

const event = (message: string, ms: number) => ({ message, createdAt: new Date(ms) });

it("says each reason once, and leaves out what is older or no trouble", () => {
  const failures = ["exit code 1", "exit code 1", "out of memory"].map((reason, index) => ({
    taskId: String(index),
    reason,
  }));
  const events = [
    event("(service web) was unable to place a task because no container instance met it.", 3000),
    event("(service web) has started 2 tasks.", 2500),
    event("(service web) was unable to place a task: of yesterday.", 1000),
  ];
  expect(describeFailures(failures, { events }, 2000)).toBe(
    "exit code 1; out of memory; (service web) was unable to place a task because no container instance met it.",
  );
});
