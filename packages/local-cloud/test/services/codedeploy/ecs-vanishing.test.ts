// Protects deployments of container services from what others take away while they run: listeners, target groups,
// deployment groups and applications. Each ends at its next step with a word on what is missing, and never hangs.
import {
  DeleteApplicationCommand,
  DeleteDeploymentGroupCommand,
  type ErrorCode,
} from "@aws-sdk/client-codedeploy";
import {
  DeleteListenerCommand,
  DeleteTargetGroupCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterEach, beforeEach, expect, it } from "vitest";
import { errorOf } from "../lambda/lambda-cloud.ts";
import { MINUTE_MS } from "./deploy-cloud.ts";
import { ecsDeployCloud, type EcsDeployCloud } from "./ecs-deploy-cloud.ts";

let at: EcsDeployCloud;
beforeEach(async () => {
  at = await ecsDeployCloud();
});
afterEach(() => at.close());

const removeListener = ({ arn }: { readonly arn: string }) =>
  at.elb.send(new DeleteListenerCommand({ ListenerArn: arn }));

const cases: readonly (readonly [string, () => Promise<unknown>, ErrorCode, string])[] = [
  [
    "the users' listener",
    () => removeListener(at.prod),
    "ELASTIC_LOAD_BALANCING_INVALID",
    "The listener arn:",
  ],
  [
    "both listeners and the target group of the new tasks",
    async () => {
      await removeListener(at.prod);
      await removeListener(at.test);
      await at.elb.send(new DeleteTargetGroupCommand({ TargetGroupArn: at.green }));
    },
    "ELASTIC_LOAD_BALANCING_INVALID",
    "The listener arn:",
  ],
  [
    "the deployment group",
    () =>
      at.deploy.send(
        new DeleteDeploymentGroupCommand({ applicationName: "web", deploymentGroupName: "prod" }),
      ),
    "DEPLOYMENT_GROUP_MISSING",
    "The deployment group prod does not exist any more.",
  ],
  [
    "the application",
    () => at.deploy.send(new DeleteApplicationCommand({ applicationName: "web" })),
    "APPLICATION_MISSING",
    "The application web does not exist any more.",
  ],
];

it.each(cases)("%s, between two shifts", async (_what, remove, code, message) => {
  await at.group({
    deploymentConfigName: "CodeDeployDefault.ECSCanary10Percent5Minutes",
    autoRollbackConfiguration: { enabled: true, events: ["DEPLOYMENT_FAILURE"] },
  });
  const id = await at.start();
  await at.begun(id, "AllowTraffic");
  await remove();
  await at.cloud.advance(5 * MINUTE_MS);
  const { status, errorInformation, rollbackInfo } = await at.get(id);
  expect([status, errorInformation?.code]).toEqual(["Failed", code]);
  expect(errorInformation?.message).toContain(message);
  await at.cloud.advance(MINUTE_MS);
  const rollback = await at.get(rollbackInfo?.rollbackDeploymentId ?? "");
  expect(rollback.errorInformation?.code).toBe(code);
});

it("a target group that a listener leads to stays, as AWS has it", async () => {
  await at.group({ deploymentConfigName: "CodeDeployDefault.ECSCanary10Percent5Minutes" });
  const id = await at.start();
  await at.begun(id, "AllowTraffic");
  const remove = at.elb.send(new DeleteTargetGroupCommand({ TargetGroupArn: at.green }));
  expect((await errorOf(remove)).name).toBe("ResourceInUseException");
  await at.cloud.advance(6 * MINUTE_MS);
  expect((await at.get(id)).status).toBe("Succeeded");
});

it("the target group of a pair before the deployment: it says so and touches nothing", async () => {
  await at.group();
  await at.elb.send(new DeleteTargetGroupCommand({ TargetGroupArn: at.green }));
  const { status, errorInformation } = await at.end(await at.start());
  expect([status, errorInformation]).toEqual([
    "Failed",
    {
      code: "ELASTIC_LOAD_BALANCING_INVALID",
      message: "A target group of the deployment group's pair does not exist.",
    },
  ]);
  expect([await at.route(at.prod), await at.taskSets()]).toEqual(["blue:1", ["PRIMARY 1"]]);
});

it("an AppSpec of functions for a service: refused before anything is touched", async () => {
  await at.group();
  const content = JSON.stringify({
    version: 0.0,
    Resources: [{ orders: { Type: "AWS::Lambda::Function", Properties: {} } }],
  });
  const id = await at.start({
    revision: { revisionType: "AppSpecContent", appSpecContent: { content } },
  });
  const { errorInformation } = await at.end(id);
  expect(errorInformation?.code).toBe("INVALID_REVISION");
  expect(errorInformation?.message).toContain(
    'The Type of resource "orders" must be AWS::ECS::Service, got "AWS::Lambda::Function".',
  );
  expect(await at.route(at.prod)).toBe("blue:1");
});
