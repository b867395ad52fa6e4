import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  GetLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { StopTaskCommand } from "@aws-sdk/client-ecs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { ProcessRuntime } from "../../../src/data-plane/tasks/processes/process-runtime.ts";
import { startEcsCloud } from "./ecs-cloud.ts";
import { pushImages } from "./pushed-image.ts";

// Protects the whole way of a container on this machine: pushed to the registry, run as a program, heard, stopped.

const APP = `
const { createServer } = require("node:http");
const server = createServer((request, response) => response.end("hello"));
server.listen(80, async () => {
  const answer = await fetch(process.env.ECS_CONTAINER_METADATA_URI_V4 + "/task");
  const { TaskARN } = await answer.json();
  const own = await fetch("http://localhost:80/");
  console.log([process.env.COLOUR, TaskARN, await own.text()].join(" "));
});
process.on("SIGTERM", () => { console.log("asked to end"); process.exit(3); });
`;

it("runs a pushed image as a program, keeps what it says, and ends it as it asks to be ended", async () => {
  const scratchDirectory = mkdtempSync(join(tmpdir(), "headgate-ecs-"));
  const runtime = new ProcessRuntime({ scratchDirectory, reason: "a test asked for them" });
  const cloud = await startEcsCloud({ clock: "real", taskRuntime: runtime });
  onTestFinished(async () => {
    await cloud.close();
    await runtime.close();
    rmSync(scratchDirectory, { recursive: true, force: true });
  });
  const { images } = await pushImages(cloud, { "app/server.js": APP }, [
    { Cmd: ["node", "server.js"], WorkingDir: "/app" },
  ]);
  const logs = cloud.client(CloudWatchLogsClient);
  await logs.send(new CreateLogGroupCommand({ logGroupName: "/ecs/web" }));
  const name = await cloud.register({
    containerDefinitions: [
      {
        name: "web",
        image: images[0],
        portMappings: [{ containerPort: 80 }],
        environment: [{ name: "COLOUR", value: "green" }],
        logConfiguration: {
          logDriver: "awslogs",
          options: { "awslogs-group": "/ecs/web", "awslogs-stream-prefix": "ecs" },
        },
      },
    ],
  });
  const [task] = await cloud.run(name);
  const arn = task?.taskArn ?? "";
  const logStreamName = `ecs/web/${arn.slice(arn.lastIndexOf("/") + 1)}`;
  const said = async () => {
    const { events = [] } = await logs.send(
      new GetLogEventsCommand({ logGroupName: "/ecs/web", logStreamName, startFromHead: true }),
    );
    return events.map(({ message }) => message);
  };
  await vi.waitFor(async () => expect(await said()).toEqual([`green ${arn} hello`]), 30_000);
  expect(await cloud.task(arn)).toMatchObject({
    lastStatus: "RUNNING",
    containers: [{ imageDigest: expect.stringMatching(/^sha256:/), lastStatus: "RUNNING" }],
  });
  await cloud.ecs.send(new StopTaskCommand({ task: arn }));
  await vi.waitFor(
    async () =>
      expect(await cloud.task(arn)).toMatchObject({
        lastStatus: "STOPPED",
        containers: [{ exitCode: 3 }],
      }),
    30_000,
  );
  expect((await said()).at(-1)).toBe("asked to end");
  expect(cloud.warnings).toEqual([]);
}, 90_000);
