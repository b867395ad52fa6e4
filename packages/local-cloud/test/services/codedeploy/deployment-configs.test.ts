// Protects deployment configurations of users: what they may say, and what AWS keeps for itself.
import { CreateDeploymentConfigCommand } from "@aws-sdk/client-codedeploy";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorOf } from "../lambda/lambda-cloud.ts";
import { deployCloud, type DeployCloud } from "./deploy-cloud.ts";

let at: DeployCloud;
beforeAll(async () => {
  at = await deployCloud();
});
afterAll(() => at.close());

describe("deployment configurations", () => {
  const linear = (linearPercentage: number, linearInterval: number) => ({
    type: "TimeBasedLinear" as const,
    timeBasedLinear: { linearPercentage, linearInterval },
  });
  const create = (more: Partial<CreateDeploymentConfigCommand["input"]>) =>
    at.deploy.send(
      new CreateDeploymentConfigCommand({
        deploymentConfigName: "mine",
        computePlatform: "Lambda",
        trafficRoutingConfig: linear(10, 1),
        ...more,
      }),
    );
  it.each([
    [
      "AWS's own prefix",
      { deploymentConfigName: "CodeDeployDefault.Mine" },
      "InvalidDeploymentConfigNameException",
    ],
    [
      "hosts of a function",
      { minimumHealthyHosts: { type: "HOST_COUNT", value: 1 } },
      "InvalidMinimumHealthyHostValueException",
    ],
    [
      "no routing",
      { trafficRoutingConfig: undefined },
      "InvalidTrafficRoutingConfigurationException",
    ],
    [
      "0 percent",
      { trafficRoutingConfig: linear(0, 1) },
      "InvalidTrafficRoutingConfigurationException",
    ],
    [
      "100 percent",
      { trafficRoutingConfig: linear(100, 1) },
      "InvalidTrafficRoutingConfigurationException",
    ],
    [
      "more than two days",
      { trafficRoutingConfig: linear(1, 30) },
      "InvalidTrafficRoutingConfigurationException",
    ],
    [
      "a type without its section",
      { trafficRoutingConfig: { type: "TimeBasedCanary" } },
      "InvalidTrafficRoutingConfigurationException",
    ],
  ] as const)("refuse %s", async (_name, more, name) => {
    expect((await errorOf(create(more))).name).toBe(name);
  });

  it.each([
    [{ type: "TimeBasedLinear" }, "the type TimeBasedLinear needs timeBasedLinear"],
    [
      { type: "AllAtOnce", timeBasedCanary: { canaryPercentage: 10, canaryInterval: 5 } },
      "timeBasedCanary does not belong to the type AllAtOnce",
    ],
    [
      { ...linear(10, 1), timeBasedCanary: { canaryPercentage: 10, canaryInterval: 5 } },
      "timeBasedCanary does not belong to the type TimeBasedLinear",
    ],
  ] as const)("say of %j what is wrong", async (trafficRoutingConfig, message) => {
    expect((await errorOf(create({ trafficRoutingConfig }))).message).toBe(message);
  });
});
