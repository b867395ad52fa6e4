import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  GetLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import {
  CompleteLayerUploadCommand,
  CreateRepositoryCommand,
  ECRClient,
  InitiateLayerUploadCommand,
  PutImageCommand,
  UploadLayerPartCommand,
} from "@aws-sdk/client-ecr";
import { StopTaskCommand } from "@aws-sdk/client-ecs";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { expect, it, onTestFinished, vi } from "vitest";
import { ProcessRuntime } from "../../../src/data-plane/tasks/processes/process-runtime.ts";
import { imageOf, layerOf } from "../../support/runnable-image.ts";
import { type EcsCloud, startEcsCloud } from "./ecs-cloud.ts";

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

/** Pushes an image of one layer, and says by what name a task definition finds it. */
async function push(cloud: EcsCloud, app: string): Promise<string> {
  const ecr = cloud.client(ECRClient);
  const repositoryName = "web";
  await ecr.send(new CreateRepositoryCommand({ repositoryName }));
  const layer = await layerOf({ "app/server.js": app });
  const image = imageOf([layer], { Cmd: ["node", "server.js"], WorkingDir: "/app" });
  const upload = async (bytes: Buffer) => {
    const { uploadId } = await ecr.send(new InitiateLayerUploadCommand({ repositoryName }));
    await ecr.send(
      new UploadLayerPartCommand({
        repositoryName,
        uploadId,
        partFirstByte: 0,
        partLastByte: bytes.length - 1,
        layerPartBlob: bytes,
      }),
    );
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    const layerDigests = [digest];
    await ecr.send(new CompleteLayerUploadCommand({ repositoryName, uploadId, layerDigests }));
    return { digest, size: bytes.length };
  };
  const config = await upload(await image.config());
  const blob = await upload(await buffer(layer.open()));
  await ecr.send(
    new PutImageCommand({
      repositoryName,
      imageTag: "1",
      imageManifest: JSON.stringify({
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        config: { mediaType: "application/vnd.oci.image.config.v1+json", ...config },
        layers: [{ mediaType: layer.mediaType, ...blob }],
      }),
    }),
  );
  return "000000000000.dkr.ecr.us-east-1.amazonaws.com/web:1";
}

it("runs a pushed image as a program, keeps what it says, and ends it as it asks to be ended", async () => {
  const scratchDirectory = mkdtempSync(join(tmpdir(), "headgate-ecs-"));
  const runtime = new ProcessRuntime({ scratchDirectory, reason: "a test asked for them" });
  const cloud = await startEcsCloud({ clock: "real", taskRuntime: runtime });
  onTestFinished(async () => {
    await cloud.close();
    await runtime.close();
    rmSync(scratchDirectory, { recursive: true, force: true });
  });
  const image = await push(cloud, APP);
  const logs = cloud.client(CloudWatchLogsClient);
  await logs.send(new CreateLogGroupCommand({ logGroupName: "/ecs/web" }));
  const name = await cloud.register({
    containerDefinitions: [
      {
        name: "web",
        image,
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
