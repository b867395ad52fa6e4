// Protects what is said before a release by CodeDeploy: everything that would make CodeDeploy do something else than
// the strategy says, refuse, or stop at once.
import type { CreateDeploymentGroupCommandInput } from "@aws-sdk/client-codedeploy";
import type { PreflightFinding } from "@headgate/core";
import { describe, expect, it } from "vitest";
import type { DeployPlace } from "../../../src/traffic/code-deploy/deploy-api.ts";
import { codeDeployLambdaDriver } from "../../../src/traffic/code-deploy/lambda.ts";
import { describeSchedule, scheduleOf } from "../../../src/traffic/code-deploy/schedule.ts";
import { codeDeployEcsDriver } from "../../../src/traffic/code-deploy/ecs.ts";
import { cloudWithFunction } from "../../support/alias-driver.ts";
import { canary, deployGroup, linear, PLACE } from "../../support/deploy-group.ts";
import { ecsCloud, target } from "../../support/ecs-cloud.ts";
import { ALIAS, FUNCTION_NAME, publish, pythonHandler } from "../../support/lambda-cloud.ts";

async function found(
  parts: {
    readonly place?: DeployPlace;
    readonly schedule?: ReturnType<typeof canary>;
    readonly platform?: "Lambda" | "ECS";
    readonly group?: Partial<CreateDeploymentGroupCommandInput>;
    readonly before?: (group: Awaited<ReturnType<typeof deployGroup>>) => Promise<unknown>;
  } = {},
): Promise<readonly PreflightFinding[]> {
  const { place = PLACE, schedule = canary(10, 5), group: more = {} } = parts;
  const cloud = await cloudWithFunction();
  await publish(cloud, { "app.py": pythonHandler("two") });
  const group = await deployGroup(cloud.url, "Lambda", canary(10, 5), more);
  await parts.before?.(group);
  const driver = codeDeployLambdaDriver({
    ...cloud,
    functionName: FUNCTION_NAME,
    alias: ALIAS,
    revision: { kind: "version", version: "2" },
    deploy: place,
    schedule: scheduleOf(schedule),
  });
  return driver.preflight();
}

async function problemIn(...parts: Parameters<typeof found>): Promise<PreflightFinding> {
  const problems = (await found(...parts)).filter(({ outcome }) => outcome === "problem");
  expect(problems).toHaveLength(1);
  const [problem] = problems;
  if (problem === undefined) throw new Error("no problem");
  expect(problem.hint).not.toBe("");
  return problem;
}

describe("before a release by CodeDeploy", () => {
  it("is content with a group that does what the strategy says", async () => {
    const findings = await found();
    expect(findings.filter(({ outcome }) => outcome === "problem")).toEqual([]);
    const shifts = findings.find(({ check }) => check === "CodeDeploy shifts as the strategy says");
    expect(shifts?.detail).toBe("of-the-team: 10% at once, 100% after 5m");
  });

  it("names both when the configuration has other times than the strategy", async () => {
    const { detail } = await problemIn({ schedule: linear(20, 1) });
    expect(detail).toBe(
      "of-the-team shifts 10% at once, 100% after 5m; the strategy says 20% at once, 40% after 1m, and so on until 100% after 4m",
    );
  });

  it("reads AWS's own configurations by their names", async () => {
    const config = "CodeDeployDefault.LambdaLinear10PercentEvery1Minute";
    const { detail } = await problemIn({ place: { ...PLACE, config } });
    expect(detail).toContain(`${config} shifts 10% at once, 20% after 1m`);
  });

  it.each([
    ["application", { ...PLACE, application: "none" }, "CodeDeploy application none exists"],
    ["group", { ...PLACE, deploymentGroup: "none" }, "deployment group none exists"],
    ["configuration", { ...PLACE, config: "none" }, "CodeDeploy shifts as the strategy says"],
  ])("says which %s there is not", async (_, place, check) => {
    expect((await problemIn({ place })).check).toBe(check);
  });

  it("says which alarm of the group would stop every deployment", async () => {
    const problem = await problemIn({
      group: { alarmConfiguration: { enabled: true, alarms: [{ name: "shop-errors" }] } },
      before: (group) => group.alarm("shop-errors", "ALARM"),
    });
    expect(problem.detail).toContain("in ALARM: shop-errors");
  });

  it("says that CodeDeploy is busy", async () => {
    const Properties = {
      Name: FUNCTION_NAME,
      Alias: ALIAS,
      CurrentVersion: "1",
      TargetVersion: "2",
    };
    const Resources = [{ own: { Type: "AWS::Lambda::Function", Properties } }];
    const content = JSON.stringify({ version: 0.0, Resources });
    const problem = await problemIn({
      before: ({ deploy }) =>
        deploy.createDeployment({
          applicationName: PLACE.application,
          deploymentGroupName: PLACE.deploymentGroup,
          revision: { revisionType: "AppSpecContent", appSpecContent: { content } },
        }),
    });
    expect(problem.check).toBe("no deployment is under way");
    expect(problem.hint).toContain("aws deploy stop-deployment --deployment-id d-");
  });

  it("refuses a service that CodeDeploy may not change, and an application of the other platform", async () => {
    const cloud = await ecsCloud("ECS");
    await deployGroup(cloud.url, "Lambda", canary(10, 5));
    const driver = codeDeployEcsDriver({
      ...cloud,
      target: target(),
      revision: { kind: "image", image: "web:two" },
      deploy: PLACE,
      schedule: [],
      bakeMs: 0,
    });
    const problems = (await driver.preflight()).filter(({ outcome }) => outcome === "problem");
    expect(problems.map(({ detail }) => detail)).toEqual([
      "the service's deployment controller is ECS; via.codeDeploy needs CODE_DEPLOY",
      "its compute platform is Lambda; this target needs ECS",
    ]);
  });
});

describe("a deployment configuration's times", () => {
  it.each([
    [{ type: "AllAtOnce" as const }, "100% at once"],
    [canary(25, 60), "25% at once, 100% after 1h"],
    [linear(50, 2), "50% at once, 100% after 2m"],
    [linear(40, 1), "40% at once, 80% after 1m, 100% after 2m"],
  ])("are told: %o", (routing, text) => {
    expect(describeSchedule(scheduleOf(routing))).toBe(text);
  });
});
