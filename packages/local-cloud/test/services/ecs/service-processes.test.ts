/*
 * Protects services whose tasks are processes of this machine: a rolling update that answers every request, and a
 * cloud that was stopped in the midst of one and goes on with it from its data directory.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { virtualClock } from "../../../src/clock.ts";
import { ProcessRuntime } from "../../../src/data-plane/tasks/processes/process-runtime.ts";
import type { RunnableImage, TaskRuntime } from "../../../src/data-plane/tasks/task-runtime.ts";
import { imageOf, layerOf } from "../../support/runnable-image.ts";
import { START_MS } from "../elbv2/balancer-cloud.ts";
import { isStable, serviceCloud, type ServiceCloud } from "./service-cloud.ts";

const SERVER = `
import { createServer } from "node:http";
createServer((_request, response) => response.end(process.env.VERSION)).listen(8080);
process.on("SIGTERM", () => process.exit(0));
`;

let directory: string;
let images: ReadonlyMap<string, RunnableImage>;
const open: ServiceCloud[] = [];
const runtimes: TaskRuntime[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "headgate-services-"));
  const layer = await layerOf({ "app/server.mjs": SERVER });
  const versionOf = (VERSION: string) =>
    imageOf([layer], { Entrypoint: ["node", "/app/server.mjs"], Env: [`VERSION=${VERSION}`] });
  images = new Map([
    ["web:1", versionOf("web:1")],
    ["web:2", versionOf("web:2")],
  ]);
});
afterEach(async () => {
  for (const at of open.splice(0)) await at.close();
  for (const runtime of runtimes.splice(0)) await runtime.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Local processes, with images that need no registry. */
function processes(name: string): TaskRuntime {
  const scratchDirectory = join(directory, name);
  const runtime = new ProcessRuntime({ scratchDirectory, reason: "a test" });
  runtimes.push(runtime);
  return {
    kind: runtime.kind,
    description: runtime.description,
    endpointFor: (url) => runtime.endpointFor(url),
    start(launch) {
      const image =
        launch.image.kind === "foreign" ? images.get(launch.image.reference) : undefined;
      if (image === undefined) throw new Error("the test has no such image");
      return runtime.start({ ...launch, image: { kind: "stored", image } });
    },
    close: () => runtime.close(),
  };
}

async function start(name: string, options: Parameters<typeof serviceCloud>[0], isNew: boolean) {
  const at = await serviceCloud({ taskRuntime: processes(name), ...options }, isNew);
  open.push(at);
  return at;
}

/** Long enough for a process to begin to listen. */
const GRACE = { healthCheckGracePeriodSeconds: 7200 };

it("answers every request while its tasks are replaced", async () => {
  const at = await start("one", {}, true);
  await at.define("web", "web:1");
  const { listener, loadBalancers } = await at.door();
  await at.create({ taskDefinition: "web", desiredCount: 2, loadBalancers, ...GRACE });
  await at.until(isStable);
  await at.define("web", "web:2");
  await at.update({ taskDefinition: "web" });
  const answers = new Set<string>();
  await at.until(isStable, async () => {
    const response = await listener.call("/");
    expect(response.status).toBe(200);
    answers.add(await response.text());
  });
  expect(await (await listener.call("/")).text()).toBe("web:2");
  expect(answers).toEqual(new Set(["web:1", "web:2"]));
});

it("goes on with a deployment after a restart of the cloud", async () => {
  const clock = virtualClock(START_MS, (error) => {
    throw error;
  });
  const dataDirectory = join(directory, "data");
  const before = await start("one", { clock, dataDirectory }, true);
  await before.define("web", "web:1");
  const { arn, loadBalancers } = await before.door();
  await before.create({ taskDefinition: "web", desiredCount: 2, loadBalancers, ...GRACE });
  await before.until(isStable);
  const wanted = await before.define("web", "web:2");
  await before.update({ taskDefinition: wanted });
  await before.until(({ deployments }) => deployments?.length === 2);
  await before.close();
  open.pop();

  const nowMs = clock.nowMs();
  const again = virtualClock(nowMs, (error) => {
    throw error;
  });
  const after = await start("two", { clock: again, dataDirectory }, false);
  const service = await after.until(isStable);
  expect(service).toMatchObject({ taskDefinition: wanted, runningCount: 2 });
  expect(service.events?.map(({ message }) => message)).toContain(
    `(service web) (deployment ${service.deployments?.[0]?.id}) deployment completed.`,
  );
  await after.until(() => true);
  expect((await after.states(arn)).filter((state) => state === "healthy")).toHaveLength(2);
});
