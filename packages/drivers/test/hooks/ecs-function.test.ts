// Protects functions that teams wrote for lifecycle hooks of Amazon ECS: they get the event that ECS sends, are asked
// again for as long as they say IN_PROGRESS and no longer than the hook may take, and only their word is a verdict.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { EcsDeploymentFacts } from "../../src/hooks/ecs-function.ts";
import { hookRunner } from "../../src/hooks/index.ts";
import { cloudWithFunction } from "../support/alias-driver.ts";
import { hookCall } from "../support/hook-call.ts";
import { FUNCTION_NAME, settle } from "../support/lambda-cloud.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { zipOf } from "../support/zip.ts";

const FACTS: EcsDeploymentFacts = {
  serviceArn: "arn:aws:ecs:us-east-1:000000000000:service/shop/web",
  resourceArn: "arn:aws:ecs:us-east-1:000000000000:service-deployment/shop/web/d1",
  stableArn: "arn:aws:ecs:us-east-1:000000000000:service-revision/shop/web/1",
  targetArn: "arn:aws:ecs:us-east-1:000000000000:service-revision/shop/web/2",
};

/** A function that writes its events down and answers the n-th with the n-th answer, the last one for ever. */
async function asked(
  answers: readonly string[],
  options: {
    readonly timeoutMs?: number;
    readonly details?: string;
    readonly when?: string;
    readonly facts?: EcsDeploymentFacts | undefined;
  } = {},
) {
  const { timeoutMs = 300_000, details, when = "beforeTraffic" } = options;
  const cloud = await cloudWithFunction();
  const root = await temporaryFolder({ "events.jsonl": "" });
  const file = join(root, "events.jsonl");
  const source = [
    "import json",
    "def handler(event, context):",
    `    with open(${JSON.stringify(file)}, 'a') as file:`,
    "        file.write(json.dumps(event) + '\\n')",
    `    with open(${JSON.stringify(file)}) as file:`,
    "        asked = len(file.readlines())",
    `    answers = [${answers.join(", ")}]`,
    "    answer = answers[min(asked, len(answers)) - 1]",
    "    return answer() if callable(answer) else answer",
  ];
  await cloud.lambda.updateFunctionCode({
    FunctionName: FUNCTION_NAME,
    ZipFile: await zipOf({ "app.py": source.join("\n") }),
  });
  await settle(cloud);
  const facts = "facts" in options ? options.facts : FACTS;
  const runner = hookRunner({ ...cloud, ecsDeployment: facts && (async () => facts) });
  const target = { kind: "ecsFunction", functionName: FUNCTION_NAME, details } as const;
  const call = hookCall(target, timeoutMs);
  const startMs = cloud.clock.nowMs();
  const outcome = await runner.run({ ...call, input: { ...call.input, when } });
  const events = (await readFile(file, "utf8"))
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Record<string, unknown> => JSON.parse(line));
  return { outcome, events, tookSeconds: (cloud.clock.nowMs() - startMs) / 1000 };
}

const SUCCEEDED = "{'hookStatus': 'SUCCEEDED'}";
const IN_PROGRESS = "{'hookStatus': 'IN_PROGRESS'}";

describe("the event", () => {
  it("is the one that ECS sends before production traffic", async () => {
    const { outcome, events } = await asked([SUCCEEDED], { details: '{"bucket":"b"}' });
    expect(outcome).toEqual({ verdict: "pass", detail: "hookStatus SUCCEEDED" });
    expect(events).toEqual([
      {
        executionId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
        lifecycleStage: "PRE_PRODUCTION_TRAFFIC_SHIFT",
        resourceArn: FACTS.resourceArn,
        executionDetails: {
          serviceArn: FACTS.serviceArn,
          targetServiceRevisionArn: FACTS.targetArn,
          testTrafficWeights: {},
          productionTrafficWeights: {
            [FACTS.stableArn ?? ""]: 90,
            [FACTS.targetArn ?? ""]: 10,
          },
        },
        hookDetails: { bucket: "b" },
      },
    ]);
  });

  it.each([
    ["beforeInstall", "PRE_SCALE_UP"],
    ["afterInstall", "POST_SCALE_UP"],
    ["afterTestTraffic", "POST_TEST_TRAFFIC_SHIFT"],
    ["step", "PRODUCTION_TRAFFIC_SHIFT"],
    ["afterTraffic", "POST_PRODUCTION_TRAFFIC_SHIFT"],
  ])("at %s is of the stage %s", async (when, stage) => {
    const { events } = await asked([SUCCEEDED], { when });
    expect(events[0]).toMatchObject({ lifecycleStage: stage });
  });

  it("names no revision before there is one", async () => {
    const facts = { ...FACTS, resourceArn: FACTS.serviceArn, targetArn: undefined };
    const { events } = await asked([SUCCEEDED], { when: "beforeInstall", facts });
    expect(events[0]).toMatchObject({
      resourceArn: FACTS.serviceArn,
      executionDetails: { serviceArn: FACTS.serviceArn, productionTrafficWeights: {} },
    });
    expect(JSON.stringify(events[0])).not.toContain("targetServiceRevisionArn");
  });
});

describe("IN_PROGRESS", () => {
  it("is asked again after its delay, with the details that it gave and those of the file", async () => {
    const first = "{'hookStatus': 'IN_PROGRESS', 'callBackDelay': 60, 'hookDetails': {'id': 7}}";
    const answers = [first, IN_PROGRESS, "{'hookStatus': 'SUCCEEDED', 'detail': 'approved'}"];
    const { outcome, events, tookSeconds } = await asked(answers, { details: '{"bucket":"b"}' });
    expect(outcome).toEqual({ verdict: "pass", detail: "approved" });
    expect(events.map(({ hookDetails }) => hookDetails)).toEqual([
      { bucket: "b" },
      { bucket: "b", id: 7 },
      { bucket: "b", id: 7 },
    ]);
    expect(new Set(events.map(({ executionId }) => executionId)).size).toBe(1);
    // ECS's own delay where the function gives none.
    expect(tookSeconds).toBe(60 + 30);
  });

  it("ends with the hook's deadline", async () => {
    const { outcome, events, tookSeconds } = await asked([IN_PROGRESS], { timeoutMs: 100_000 });
    expect(outcome.verdict).toBe("error");
    expect(outcome.detail).toContain("still IN_PROGRESS at the hook's deadline, 100 s");
    expect(events).toHaveLength(4);
    expect(tookSeconds).toBe(90);
  });

  it("with a delay of nothing is not asked in a circle", async () => {
    const at_once = "{'hookStatus': 'IN_PROGRESS', 'callBackDelay': 0}";
    const { events, tookSeconds } = await asked([at_once], { timeoutMs: 5000 });
    expect(events).toHaveLength(5);
    expect(tookSeconds).toBe(4);
  });

  it("may end in FAILED", async () => {
    const { outcome } = await asked([IN_PROGRESS, "{'hookStatus': 'FAILED', 'detail': 'no'}"]);
    expect(outcome).toEqual({ verdict: "fail", detail: "no" });
  });
});

describe("an error is", () => {
  it.each([
    ["Headgate's own word", "{'verdict': 'pass'}"],
    ["an unknown status", "{'hookStatus': 'OK'}"],
    ["silence", "None"],
    ["a list", "[{'hookStatus': 'SUCCEEDED'}]"],
    ["an exception", "lambda: 1 / 0"],
  ])("%s", async (_, answer) => {
    const { outcome, events } = await asked([answer]);
    expect(outcome.verdict).toBe("error");
    expect(events).toHaveLength(1);
  });

  it("a target that is no service", async () => {
    const { outcome, events } = await asked([SUCCEEDED], { facts: undefined });
    expect(outcome.verdict).toBe("error");
    expect(events).toEqual([]);
  });
});
