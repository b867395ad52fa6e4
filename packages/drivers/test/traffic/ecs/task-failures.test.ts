// Protects the words about a version that does not come up: the tasks' own reasons once each, and of the service's events
// only those about its troubles since that version began.
import { expect, it } from "vitest";
import { describeFailures, remedyFor } from "../../../src/traffic/ecs/task-failures.ts";

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

it("does not say again what the tasks have said, and calls target groups by their names", () => {
  const group = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web-green/0123";
  const failed = `Task failed ELB health checks in (target-group ${group})`;
  const failures = [failed, `${failed}; container app: exit code 143`].map((reason, index) => ({
    taskId: String(index),
    reason,
  }));
  const events = [
    "(service web) is unable to consistently start tasks successfully. For more information, see the guide.",
    `(service web) (task 1) failed to start: ${failed}.`,
    `(service web) (port 80) is unhealthy in (target-group ${group}) due to (reason Health checks failed).`,
  ].map((message) => event(message, 3000));
  expect(describeFailures(failures, { events }, 2000)).toBe(
    [
      "Task failed ELB health checks in (target-group web-green); container app: exit code 143",
      "(service web) (port 80) is unhealthy in (target-group web-green) due to (reason Health checks failed).",
    ].join("; "),
  );
  expect(describeFailures([], { events: events.slice(0, 1) }, 2000)).toContain("is unable to");
});

it("sends people to the image when it could not be pulled, and else to the logs", () => {
  const healthPath = "/health";
  expect(remedyFor("CannotPullContainerError: not found", { healthPath })).toContain("Push");
  expect(remedyFor("ResourceInitializationError: unable", { healthPath })).toContain("execution");
  expect(remedyFor("exit code 1", { healthPath })).toContain("must answer /health");
  expect(remedyFor("exit code 1", { healthPath: "" })).toContain("must answer its health check");
});

it("says once what failed alike in several tasks, whose ids are all that differs", () => {
  const refused = (task: string, request: string) =>
    `ResourceInitializationError: RequestID: ${request}, api error AccessDeniedException: User: arn:aws:sts::000000000000:assumed-role/execution/${task} is not authorized`;
  const reasons = [
    refused("138877650ca9e1da59647dc5acd13ce0", "85c9bfdb-9c87-432e-bfd6-af8e9fd73df4"),
    refused("2f6b94eebf792b33de1aa16abb467320", "cec70aa7-be53-45ed-bb4a-9b0027219f8f"),
  ];
  const failures = reasons.map((reason, index) => ({ taskId: String(index), reason }));
  const third = refused("ccf075b6653bff74200908d4df875ab9", "61ad45f6-01d2-4c7c-91db-2d7206735f4d");
  const events = [
    {
      id: "e1",
      createdAt: new Date(3000),
      message: `(service web) (task ccf075b6653bff74200908d4df875ab9) failed to start: ${third}.`,
    },
  ];
  expect(describeFailures(failures, { events }, 2000)).toBe(reasons[0]);
});
