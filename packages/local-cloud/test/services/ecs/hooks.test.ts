import type { DeploymentLifecycleHook, DeploymentLifecycleHookStage } from "@aws-sdk/client-ecs";
import { ContinueServiceDeploymentCommand } from "@aws-sdk/client-ecs";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { trustOf } from "../../support/roles.ts";
import {
  type DeploymentsCloud,
  deploymentsCloud,
  HOOK,
  MINUTE,
  SECOND,
} from "./deployments-cloud.ts";

// Protects lifecycle hooks: what functions are told and what their answers do, hooks that wait for a person, both
// timeouts, and the way back, on which the hooks of the traffic shifts run again.

let at: DeploymentsCloud;
beforeEach(async () => {
  at = await deploymentsCloud();
});
afterEach(() => at.close());

const ROLE = "arn:aws:iam::000000000000:role/ecs";
const LAMBDA_STAGES = [
  "PRE_SCALE_UP",
  "POST_SCALE_UP",
  "TEST_TRAFFIC_SHIFT",
  "POST_TEST_TRAFFIC_SHIFT",
  "PRE_PRODUCTION_TRAFFIC_SHIFT",
  "PRODUCTION_TRAFFIC_SHIFT",
  "POST_PRODUCTION_TRAFFIC_SHIFT",
] as const satisfies readonly DeploymentLifecycleHookStage[];
const PAUSE_STAGES = LAMBDA_STAGES.filter(
  (stage) => stage !== "TEST_TRAFFIC_SHIFT" && stage !== "PRODUCTION_TRAFFIC_SHIFT",
);

const deploy = async (
  lifecycleHooks: DeploymentLifecycleHook[],
  strategy: "BLUE_GREEN" | "CANARY" = "BLUE_GREEN",
) => {
  await at.running({ strategy, bakeTimeInMinutes: 0, lifecycleHooks });
  await at.update("web:2");
};
const hook = (
  lifecycleStages: readonly DeploymentLifecycleHookStage[],
  more: Partial<DeploymentLifecycleHook> = {},
): DeploymentLifecycleHook => ({
  hookTargetArn: HOOK,
  roleArn: ROLE,
  lifecycleStages: [...lifecycleStages],
  ...more,
});
const pause = (
  lifecycleStages: readonly DeploymentLifecycleHookStage[],
  more: Partial<DeploymentLifecycleHook> = {},
): DeploymentLifecycleHook => ({
  targetType: "PAUSE",
  lifecycleStages: [...lifecycleStages],
  ...more,
});
const stagesCalled = () => at.hook.events.map(({ lifecycleStage }) => lifecycleStage);

describe("a function", () => {
  it("is told of each stage, and of shares only where traffic moves", async () => {
    await deploy([hook(LAMBDA_STAGES)]);
    const done = await at.untilStatus("SUCCESSFUL");
    const target = done.targetServiceRevision?.arn ?? "";
    const source = done.sourceServiceRevisions?.[0]?.arn ?? "";
    const all = { [target]: 100, [source]: 0 };
    const none = { [target]: 0, [source]: 100 };
    const told: Record<string, object> = {
      TEST_TRAFFIC_SHIFT: { testTrafficWeights: all },
      PRE_PRODUCTION_TRAFFIC_SHIFT: { productionTrafficWeights: none },
      PRODUCTION_TRAFFIC_SHIFT: { productionTrafficWeights: all },
    };
    expect(at.hook.events).toEqual(
      LAMBDA_STAGES.map((lifecycleStage) => ({
        executionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        lifecycleStage,
        resourceArn: done.serviceDeploymentArn,
        executionDetails: {
          serviceArn: done.serviceArn,
          targetServiceRevisionArn: target,
          testTrafficWeights: {},
          productionTrafficWeights: {},
          ...told[lifecycleStage],
        },
      })),
    );
  });

  it.each(LAMBDA_STAGES)("that fails at %s sends the deployment back", async (stage) => {
    at.hook.answer(
      () => ({ hookStatus: "FAILED" }),
      () => ({ hookStatus: "SUCCEEDED" }),
    );
    await deploy([hook([stage])]);
    const done = await at.untilStatus("ROLLBACK_SUCCESSFUL");
    expect(done.statusReason).toBe(
      `Service deployment rolled back because ${stage} lifecycle hook(s) failed. Lifecycle hook target ${HOOK} returned FAILED status.`,
    );
    expect(await at.weights(at.traffic.productionRule)).toMatchObject({ blue: 0 });
    expect(await at.weights(at.traffic.testRule)).toMatchObject({ blue: 0 });
  });

  it("runs again at the traffic shifts on the way back, with the shares swapped", async () => {
    at.hook.answer(({ lifecycleStage }) => ({
      hookStatus: lifecycleStage === "POST_PRODUCTION_TRAFFIC_SHIFT" ? "FAILED" : "SUCCEEDED",
    }));
    await deploy([hook(LAMBDA_STAGES)]);
    const done = await at.untilStatus("ROLLBACK_SUCCESSFUL");
    const target = done.targetServiceRevision?.arn ?? "";
    const source = done.sourceServiceRevisions?.[0]?.arn ?? "";
    const back = at.hook.events.slice(LAMBDA_STAGES.length);
    expect(back).toMatchObject([
      {
        lifecycleStage: "PRODUCTION_TRAFFIC_SHIFT",
        executionDetails: {
          targetServiceRevisionArn: target,
          productionTrafficWeights: { [target]: 0, [source]: 100 },
        },
      },
      {
        lifecycleStage: "TEST_TRAFFIC_SHIFT",
        executionDetails: { testTrafficWeights: { [target]: 0, [source]: 100 } },
      },
    ]);
  });

  it("that fails on the way back does not keep traffic and tasks from going back", async () => {
    at.hook.answer(
      () => ({ hookStatus: "SUCCEEDED" }),
      () => ({ hookStatus: "FAILED" }),
    );
    await deploy([hook(["PRODUCTION_TRAFFIC_SHIFT"]), pause(["POST_PRODUCTION_TRAFFIC_SHIFT"])]);
    await at.pause();
    await at.proceed("ROLLBACK");
    const done = await at.untilStatus("ROLLBACK_FAILED");
    expect(done.statusReason).toContain("PRODUCTION_TRAFFIC_SHIFT lifecycle hook(s) failed");
    expect(await at.weights(at.traffic.productionRule)).toEqual({ blue: 0, green: 100 });
    expect(done.targetServiceRevision?.runningTaskCount).toBe(0);
  });

  it("that is in progress is called again, after half a minute or when it says", async () => {
    at.hook.answer(
      () => ({ hookStatus: "IN_PROGRESS" }),
      () => ({ hookStatus: "IN_PROGRESS", callBackDelay: 5 }),
      () => ({ hookStatus: "SUCCEEDED" }),
    );
    await deploy([hook(["PRE_SCALE_UP"])]);
    expect(stagesCalled()).toHaveLength(1);
    expect((await at.describe()).lifecycleHookDetails).toMatchObject([
      { targetType: "AWS_LAMBDA", targetArn: HOOK, status: "IN_PROGRESS" },
    ]);
    await at.advance(30 * SECOND - 1);
    expect(stagesCalled()).toHaveLength(1);
    await at.advance(1);
    expect(stagesCalled()).toHaveLength(2);
    await at.advance(5 * SECOND);
    expect(stagesCalled()).toHaveLength(3);
    expect(new Set(at.hook.events.map(({ executionId }) => executionId)).size).toBe(1);
    await at.untilStatus("SUCCESSFUL");
  });

  it("gets its configured details, and over them what it gave back itself", async () => {
    at.hook.answer(
      () => ({ hookStatus: "IN_PROGRESS", callBackDelay: 1, hookDetails: { tries: 1 } }),
      () => ({
        hookStatus: "IN_PROGRESS",
        callBackDelay: 1,
        hookDetails: { tries: 2, bucket: "b" },
      }),
      () => ({ hookStatus: "SUCCEEDED" }),
    );
    await deploy([
      hook(["PRE_SCALE_UP"], { hookDetails: { bucket: "a" } }),
      hook(["POST_SCALE_UP"], { hookDetails: '{"bucket":"other"}' }),
    ]);
    await at.untilStatus("SUCCESSFUL");
    expect(at.hook.events.map(({ hookDetails }) => hookDetails)).toEqual([
      { bucket: "a" },
      { bucket: "a", tries: 1 },
      { bucket: "b", tries: 2 },
      { bucket: "other" },
    ]);
  });

  it.each<[string, object, string]>([
    [
      "gives no status",
      { ok: true },
      `ECS was unable to parse the response from ${HOOK} due to HookStatus must not be null`,
    ],
    [
      "gives an unknown status",
      { hookStatus: "MAYBE" },
      `ECS was unable to parse the response from ${HOOK} due to HookStatus "MAYBE" is not valid`,
    ],
    [
      "raises an error",
      { errorMessage: "boom", errorType: "ValueError" },
      `ECS was unable to parse the response from ${HOOK} due to HookStatus must not be null`,
    ],
    [
      "is not there",
      { kind: "refused", code: "ResourceNotFoundException", status: 404, message: "not found" },
      `ECS was unable to invoke hook target ${HOOK} due to not found`,
    ],
  ])("that %s sends the deployment back", async (_what, answer, why) => {
    at.hook.answer(() => answer);
    await deploy([hook(["POST_SCALE_UP"])]);
    const done = await at.untilStatus("ROLLBACK_SUCCESSFUL");
    expect(done.statusReason).toBe(
      `Service deployment rolled back because POST_SCALE_UP lifecycle hook(s) failed. ${why}`,
    );
  });

  it("is not called with a role that does not trust ECS", async () => {
    await at.client<IAMClient>(IAMClient).send(
      new CreateRoleCommand({
        RoleName: "other",
        AssumeRolePolicyDocument: trustOf("lambda.amazonaws.com"),
      }),
    );
    const roleArn = "arn:aws:iam::000000000000:role/other";
    await deploy([hook(["PRE_SCALE_UP"], { roleArn })]);
    const done = await at.untilStatus("ROLLBACK_SUCCESSFUL");
    expect(done.statusReason).toContain(`ECS was unable to assume role ${roleArn}`);
    expect(at.hook.events).toEqual([]);
  });

  it.each([
    ["ROLLBACK", "ROLLBACK_SUCCESSFUL"],
    ["CONTINUE", "SUCCESSFUL"],
  ] as const)("that never ends is given up in time: %s", async (action, status) => {
    at.hook.answer(() => ({ hookStatus: "IN_PROGRESS" }));
    const timeoutConfiguration = { timeoutInMinutes: 3, action };
    await deploy([hook(["POST_SCALE_UP"], { timeoutConfiguration })]);
    await at.until("POST_SCALE_UP");
    await at.advance(3 * MINUTE - SECOND);
    expect((await at.describe()).lifecycleStage).toBe("POST_SCALE_UP");
    await at.advance(SECOND);
    await at.untilStatus(status);
    expect(at.told("ECS Hook State Change")).toEqual(["HOOK_IN_PROGRESS", "HOOK_TIMED_OUT"]);
  });
});

describe("a pause", () => {
  it.each(PAUSE_STAGES)("at %s waits until somebody continues", async (stage) => {
    await deploy([pause([stage])]);
    const paused = await at.pause();
    expect(paused.lifecycleHookDetails).toEqual([
      {
        hookId: expect.stringMatching(/^ecs-pause-[\w-]{43}$/),
        targetType: "PAUSE",
        status: "AWAITING_ACTION",
        expiresAt: new Date(at.clock.nowMs() + 24 * 60 * MINUTE),
        timeoutAction: "ROLLBACK",
      },
    ]);
    await at.advance(23 * 60 * MINUTE);
    expect((await at.describe()).lifecycleHookDetails).toMatchObject([
      { status: "AWAITING_ACTION" },
    ]);
    await at.proceed();
    await at.untilStatus("SUCCESSFUL");
    expect(
      at.events.filter(({ detailType }) => detailType === "ECS Hook State Change"),
    ).toMatchObject([
      {
        resources: [paused.serviceDeploymentArn],
        detail: {
          eventType: "INFO",
          eventName: "HOOK_AWAITING_ACTION",
          hookId: paused.lifecycleHookDetails?.[0]?.hookId,
          hookType: "PAUSE",
          lifecycleStage: stage,
          serviceDeploymentArn: paused.serviceDeploymentArn,
        },
      },
      { detail: { eventName: "HOOK_SUCCEEDED" } },
    ]);
  });

  it.each(PAUSE_STAGES)("at %s goes back when somebody says so", async (stage) => {
    await deploy([pause([stage])]);
    await at.pause();
    await at.proceed("ROLLBACK");
    const done = await at.untilStatus("ROLLBACK_SUCCESSFUL");
    expect(done.statusReason).toContain(stage);
    expect(await at.weights(at.traffic.productionRule)).toMatchObject({ blue: 0 });
    expect(at.told("ECS Hook State Change")).toEqual(["HOOK_AWAITING_ACTION", "HOOK_FAILED"]);
  });

  it.each([
    ["ROLLBACK", "ROLLBACK_SUCCESSFUL"],
    ["CONTINUE", "SUCCESSFUL"],
  ] as const)("that nobody answers ends in time: %s", async (action, status) => {
    await deploy([
      pause(["POST_TEST_TRAFFIC_SHIFT"], {
        timeoutConfiguration: { timeoutInMinutes: 10, action },
      }),
    ]);
    await at.pause();
    await at.advance(10 * MINUTE);
    const done = await at.untilStatus(status);
    expect(done.statusReason).toBe(
      action === "CONTINUE"
        ? undefined
        : "Service deployment rolled back because POST_TEST_TRAFFIC_SHIFT pause hook timed out.",
    );
  });

  it("before production traffic comes at each step of a canary, each with an id of its own", async () => {
    await deploy([pause(["PRE_PRODUCTION_TRAFFIC_SHIFT"])], "CANARY");
    const ids: unknown[] = [];
    const shares: unknown[] = [];
    for (const _ of [5, 100]) {
      const paused = await at.pause(800);
      ids.push(paused.lifecycleHookDetails?.[0]?.hookId);
      shares.push((await at.weights(at.traffic.productionRule))["blue"]);
      await at.proceed();
    }
    expect(new Set(ids).size).toBe(2);
    expect(shares).toEqual([0, 5]);
    await at.untilStatus("SUCCESSFUL");
  });

  it("beside a function: both must agree, and one that fails is enough", async () => {
    await deploy([pause(["POST_SCALE_UP"]), hook(["POST_SCALE_UP"])]);
    const paused = await at.pause();
    await at.advance(MINUTE);
    expect(paused.lifecycleHookDetails).toHaveLength(2);
    expect((await at.describe()).lifecycleHookDetails).toMatchObject([
      { status: "AWAITING_ACTION" },
      { status: "SUCCEEDED" },
    ]);
    await at.proceed();
    await at.untilStatus("SUCCESSFUL");

    at.hook.answer(() => ({ hookStatus: "FAILED" }));
    await at.update("web:3");
    await at.untilStatus("ROLLBACK_SUCCESSFUL");
  });
});

describe("continuing", () => {
  const proceed = (input: { serviceDeploymentArn?: string; hookId: string }) =>
    at.ecs.send(
      new ContinueServiceDeploymentCommand({ serviceDeploymentArn: at.latest(), ...input }),
    );

  it("refuses what no hook waits for", async () => {
    await deploy([pause(["PRE_SCALE_UP"])]);
    const paused = await at.pause();
    const hookId = paused.lifecycleHookDetails?.[0]?.hookId ?? "";
    await expect(proceed({ hookId: "pause-1" })).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: "Invalid hookId: hookId must follow the format: ecs-{hookType}-{id}",
    });
    await expect(proceed({ hookId: "ecs-pause-1" })).rejects.toMatchObject({
      name: "InvalidParameterException",
      message:
        "Provided hookId is either completed, unavailable, or not associated with the given Resource ARN",
    });
    await expect(
      proceed({ hookId, serviceDeploymentArn: `${at.latest()}0` }),
    ).rejects.toMatchObject({
      name: "ServiceDeploymentNotFoundException",
      message: "The service deployment does not exist.",
    });
    await proceed({ hookId });
    await expect(proceed({ hookId })).rejects.toMatchObject({ name: "InvalidParameterException" });
    await at.untilStatus("SUCCESSFUL");
    await expect(proceed({ hookId })).rejects.toMatchObject({
      message:
        "Continuing a service deployment is not allowed for service deployment in terminal states.",
    });
  });
});
