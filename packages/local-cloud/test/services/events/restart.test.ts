import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  FilterLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { afterEach, expect, it } from "vitest";
import { startTestCloud, type TestCloud } from "../../support/test-cloud.ts";

// Protects schedules from being forgotten: a cloud that starts on its data directory again fires them without a call.

const dataDirectory = mkdtempSync(join(tmpdir(), "headgate-events-"));
let cloud: TestCloud | undefined;
afterEach(async () => {
  await cloud?.close();
  rmSync(dataDirectory, { recursive: true });
});

it("a schedule goes on after a restart", async () => {
  const first = await startTestCloud({ dataDirectory, clock: "virtual" });
  cloud = first;
  const logGroupName = "/aws/events/ticks";
  await first.client(CloudWatchLogsClient).send(new CreateLogGroupCommand({ logGroupName }));
  const events = first.client(EventBridgeClient);
  await events.send(new PutRuleCommand({ Name: "tick", ScheduleExpression: "rate(1 hour)" }));
  const Arn = `arn:aws:logs:us-east-1:000000000000:log-group:${logGroupName}`;
  await events.send(new PutTargetsCommand({ Rule: "tick", Targets: [{ Id: "1", Arn }] }));
  await first.close();

  const second = await startTestCloud({ dataDirectory, clock: "virtual" });
  cloud = second;
  // Through the route, which waits until what was stored goes on.
  const advanced = await fetch(`${second.url}/_headgate/advance`, {
    method: "POST",
    headers: { "x-headgate-admin": "1" },
    body: JSON.stringify({ by: "2h" }),
  });
  expect(advanced.status).toBe(200);
  const found = await second
    .client(CloudWatchLogsClient)
    .send(new FilterLogEventsCommand({ logGroupName }));
  expect(found.events).toHaveLength(2);
});
